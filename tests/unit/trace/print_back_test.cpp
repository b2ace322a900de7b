// What is read prints the same, from fields alone: a changed field changes its columns and nothing
// else.
#include "excerpts.hpp"
#include "sim/trace/capture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace kflow;
using namespace kflow::trace;
using namespace kflow::trace::test;

namespace {

/// The lines of `before` and `after` that differ, by number from 0.
std::vector<std::size_t> changed_lines(std::string const& before, std::string const& after) {
    auto const a = lines_of(before);
    auto const b = lines_of(after);
    REQUIRE(a.size() == b.size());
    std::vector<std::size_t> changed;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i]) {
            changed.push_back(i);
        }
    }
    return changed;
}

bool has_context_columns(TraceFormat const& format, Event const& event) {
    return format.context_info && !format.latency_format && !format.is_graph() && event.pid &&
           !event.as<LostEvents>() && !event.as<BufferStarted>();
}

bool has_graph_columns(TraceFormat const& format, Event const& event) {
    return format.is_graph() && format.context_info && !format.latency_format &&
           !event.as<TaskSwitchMark>() && !event.as<LostEvents>();
}

std::size_t graph_time_width(TraceFormat const& format) {
    return format.graph.abstime ? 16 : 0;
}

/// `name-pid` centered in 14 columns, as trace_functions_graph.c says, written down here a second
/// time.
std::string centered(std::string const& task) {
    std::size_t const spaces = task.size() < 14 ? 14 - task.size() : 0;
    return std::string(spaces / 2, ' ') + task + std::string(spaces - spaces / 2, ' ');
}

} // namespace

TEST_CASE("every kind of trace is read without a line left over and printed back to the byte") {
    REQUIRE(excerpts().size() >= 30);
    for (Excerpt const& excerpt : excerpts()) {
        INFO(excerpt.name);
        Capture const capture = read_trace(excerpt.text, excerpt.name);
        CHECK(capture.summary.unread == 0);
        CHECK(to_string(capture.diagnostics) == "");
        CHECK_FALSE(capture.events.empty());
        CHECK(write_trace(capture.format, capture.events) == excerpt.text);
    }
}

TEST_CASE("reading what was written gives the same events") {
    for (Excerpt const& excerpt : excerpts()) {
        INFO(excerpt.name);
        Capture const first = read_trace(excerpt.text, "a");
        Capture const second = read_trace(write_trace(first.format, first.events), "a");
        CHECK(second == first);
    }
}

TEST_CASE("the tracer is known by the header, and without one by the lines") {
    for (Excerpt const& excerpt : excerpts()) {
        INFO(excerpt.name);
        bool const graph = excerpt.name.find("graph") != std::string::npos;
        CHECK(read_trace(excerpt.text, "a").format.is_graph() == graph);
        std::string text;
        for (std::string const& line : lines_of(excerpt.text)) {
            text += line[0] == '#' && line[1] != '#' ? "" : line;
        }
        Capture const bare = read_trace(text, "a");
        CHECK(bare.format.is_graph() == graph);
        CHECK(bare.summary.unread == 0);
        CHECK(write_trace(bare.format, bare.events) == text);
    }
}

TEST_CASE("another pid changes the pid's column of its record and nothing else") {
    for (Excerpt const& excerpt : excerpts()) {
        Capture const capture = read_trace(excerpt.text, excerpt.name);
        auto const before = lines_of(excerpt.text);
        for (std::size_t i = 0; i < capture.events.size(); ++i) {
            Event const& event = capture.events[i];
            INFO(excerpt.name << " line " << event.line);
            auto events = capture.events;
            events[i].pid = Pid{54321};
            std::string const after = write_trace(capture.format, events);
            std::string line = before[event.line - 1];
            bool const context = has_context_columns(capture.format, event);
            bool const graph =
                has_graph_columns(capture.format, event) && capture.format.graph.proc;
            if (context) {
                line.replace(17, 7, "54321  ");
            } else if (graph) {
                std::size_t const at = graph_time_width(capture.format) + 4;
                line.replace(at, 14, centered(std::string(event.comm.view()) + "-54321"));
            }
            if (context || graph) {
                CHECK(changed_lines(excerpt.text, after) ==
                      std::vector<std::size_t>{event.line - 1u});
                CHECK(lines_of(after)[event.line - 1] == line);
            } else if (!event.as<TaskSwitchMark>() && !capture.format.latency_format) {
                CHECK(after == excerpt.text); // no column shows it
            }
        }
    }
}

TEST_CASE("another cpu changes the cpu's column of its record and nothing else") {
    for (Excerpt const& excerpt : excerpts()) {
        Capture const capture = read_trace(excerpt.text, excerpt.name);
        auto const before = lines_of(excerpt.text);
        for (std::size_t i = 0; i < capture.events.size(); ++i) {
            Event const& event = capture.events[i];
            INFO(excerpt.name << " line " << event.line);
            auto events = capture.events;
            events[i].cpu = Cpu{7};
            std::string const after = write_trace(capture.format, events);
            std::string line = before[event.line - 1];
            if (has_context_columns(capture.format, event)) {
                line.replace(line.find(" [0") + 2, 3, "007");
            } else if (has_graph_columns(capture.format, event) && capture.format.graph.cpu) {
                line.replace(graph_time_width(capture.format), 4, " 7) ");
            } else {
                continue;
            }
            CHECK(changed_lines(excerpt.text, after) == std::vector<std::size_t>{event.line - 1u});
            CHECK(lines_of(after)[event.line - 1] == line);
        }
    }
}

TEST_CASE("another depth changes the indentation of its record and nothing else") {
    for (Excerpt const& excerpt : excerpts()) {
        Capture const capture = read_trace(excerpt.text, excerpt.name);
        auto const before = lines_of(excerpt.text);
        for (std::size_t i = 0; i < capture.events.size(); ++i) {
            Event const& event = capture.events[i];
            INFO(excerpt.name << " line " << event.line);
            auto events = capture.events;
            events[i].depth += 3;
            std::string const after = write_trace(capture.format, events);
            bool const indented = capture.format.is_graph() && !event.as<InterruptMark>() &&
                                  !event.as<TaskSwitchMark>() && !event.as<LostEvents>();
            if (!indented) {
                CHECK(after == excerpt.text);
                continue;
            }
            std::string line = before[event.line - 1];
            std::size_t const bar = line.rfind("|  ");
            line.insert(bar == std::string::npos ? 4 : bar + 3, "      ");
            CHECK(changed_lines(excerpt.text, after) == std::vector<std::size_t>{event.line - 1u});
            CHECK(lines_of(after)[event.line - 1] == line);
        }
    }
}

TEST_CASE("records are what they look like") {
    Capture const capture = read_trace(excerpt("opt-function-6.1.trace"), "a");
    REQUIRE(capture.events.size() == 10);
    CHECK(capture.format.tracer == Name("function"));
    CHECK(capture.format.entries_in_buffer == 323);
    CHECK(capture.format.cpus == 4);
    Event const& first = capture.events[0];
    CHECK(first.comm == Name("bash"));
    CHECK(first.pid == Pid{116});
    CHECK(first.cpu == Cpu{1});
    CHECK(first.time == Nanos{357'217'388'000});
    CHECK(first.flags->irqs_off);
    CHECK(first.flags->hardirq);
    REQUIRE(first.as<FunctionEntry>());
    CHECK(first.as<FunctionEntry>()->ip.symbol == Name("ktime_get_update_offsets_now"));
    CHECK(first.as<FunctionEntry>()->parent.symbol == Name("hrtimer_interrupt"));
    TraceEvent const* waking = capture.events[1].as<TraceEvent>();
    REQUIRE(waking);
    CHECK(waking->name == Name("sched_waking"));
    CHECK(waking->text("comm") == "rcu_sched");
    CHECK(waking->number("pid") == 14);
    CHECK(waking->number("target_cpu") == 3);
}

TEST_CASE("a stack belongs to its record, with offsets") {
    Capture const capture = read_trace(excerpt("stack-exit-7.2.trace"), "a");
    StackTrace const* stack = nullptr;
    for (Event const& event : capture.events) {
        stack = event.as<StackTrace>() ? event.as<StackTrace>() : stack;
    }
    REQUIRE(stack);
    REQUIRE(stack->frames.size() >= 3);
    CHECK(stack->frames[0].has_offset());
    CHECK(stack->frames[0].size > 0);
    CHECK(capture.format.sym_offset);
}

TEST_CASE("arguments of functions are typed") {
    Capture const capture = read_trace(excerpt("opt-func-args-7.2.trace"), "a");
    auto const* copy_process = capture.events.at(2).as<FunctionEntry>();
    REQUIRE(copy_process);
    REQUIRE(copy_process->arguments);
    REQUIRE(copy_process->arguments->size() == 4);
    CHECK(copy_process->arguments->at(1).name == Name("trace"));
    CHECK(copy_process->arguments->at(2).form == Argument::Form::decimal);
    CHECK(copy_process->arguments->at(2).words.at(0) == 4294967295);
    CHECK(copy_process->arguments->at(3).form == Argument::Form::hex);
}
