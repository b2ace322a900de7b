// Witness 2 on real captures: every program's is one of its scenario's runs, on every build; it is no
// run of another scenario, nor with a record taken out, two exchanged or a field changed.

#include "sim/base/input_file.hpp"
#include "sim/check/schedule.hpp"
#include "sim/check/schedule_items.hpp"
#include "sim/model/model.hpp"
#include "sim/trace/capture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace kflow;

namespace {

std::string const kSource = KFLOW_SOURCE_DIR;

scenario::Replay const& load(std::string const& name, std::string const& build) {
    static auto const model = model::Model::load(kSource + "/model");
    static std::map<std::string, std::unique_ptr<scenario::Replay>> loaded;
    auto& replay = loaded[build + name];
    if (!replay) {
        scenario::ReplayOptions options;
        options.model_dir = kSource + "/model";
        options.model = model;
        options.build = build;
        auto made =
            scenario::Replay::load(kSource + "/scenarios/" + name + ".scenario", options);
        REQUIRE(std::holds_alternative<std::unique_ptr<scenario::Replay>>(made));
        replay = std::get<std::unique_ptr<scenario::Replay>>(std::move(made));
    }
    return *replay;
}

trace::Capture capture_of(std::string const& name, std::string const& mode,
                          std::string const& build) {
    auto const file = kSource + "/tests/captures/" + build + "/" + name + "." + mode + ".trace.zst";
    auto const input = read_input(file);
    REQUIRE(std::holds_alternative<std::string>(input));
    return trace::read_trace(std::get<std::string>(input), file);
}

bool is_found(std::string const& scenario, std::string const& build, trace::Capture const& c) {
    return check::find_schedule(load(scenario, build), c).found;
}

/// Where the program's own process begins: behind its exec.
std::size_t begin_of(trace::Capture const& capture, std::string const& name, std::int32_t& pid) {
    for (std::size_t n = 0; n < capture.events.size(); ++n) {
        auto const* const event = capture.events[n].as<trace::TraceEvent>();
        if (event && event->name.view() == "sched_process_exec" &&
            event->text("filename").ends_with("/" + name)) {
            pid = capture.events[n].pid->value;
            return n;
        }
    }
    FAIL("the program is not in the capture");
    return 0;
}

trace::Name name_of(trace::Event const& event) {
    auto const* const call = event.as<trace::FunctionEntry>();
    return call ? call->ip.symbol : event.as<trace::TraceEvent>()->name;
}

/// The program's own records that a run must repeat, in its first process: places in the capture.
/// Without those whose name occurs but once: were they not there, nobody could tell that they were traced.
std::vector<std::size_t> records_of(trace::Capture const& capture, std::string const& name) {
    std::int32_t pid = 0;
    std::vector<std::size_t> records;
    for (auto n = begin_of(capture, name, pid) + 1; n < capture.events.size(); ++n) {
        auto const& event = capture.events[n];
        auto const* const found = event.as<trace::TraceEvent>();
        bool const in_interrupt = event.flags && (event.flags->hardirq || event.flags->softirq);
        if (event.pid && event.pid->value == pid && !in_interrupt &&
            (event.as<trace::FunctionEntry>() ||
             (found && check::is_compared_event(found->name.view())))) {
            records.push_back(n);
        }
    }
    std::map<std::string_view, int> times;
    for (auto const& event : capture.events) {
        if (event.as<trace::FunctionEntry>() || event.as<trace::TraceEvent>()) {
            ++times[name_of(event).view()];
        }
    }
    std::erase_if(records, [&](std::size_t n) {
        return times[name_of(capture.events[n]).view()] == 1;
    });
    return records;
}

/// Changes a number in the first such event from a place on.
void change(trace::Capture& capture, std::size_t from, std::string_view event,
            std::string_view key, std::int64_t to) {
    for (auto n = from; n < capture.events.size(); ++n) {
        auto* const found = std::get_if<trace::TraceEvent>(&capture.events[n].payload);
        if (!found || found->name.view() != event || !found->find(key)) {
            continue;
        }
        for (auto& field : found->fields) {
            if (field.key.view() == key) {
                field.value = to;
            }
        }
        return;
    }
    FAIL("no " << event << " with " << key);
}

} // namespace

TEST_CASE("every program's captures are runs of its scenario") {
    for (auto const* const build : {"debian-6.1-arm64", "debian-6.12-arm64", "debian-7.2-arm64"}) {
        for (auto const* const name :
             {"clone_einval", "clone_shares", "fork_wait", "many_children", "many_files",
              "many_vmas", "orphan", "pids_max", "raspbian_proc", "rlimit_nproc", "rpi_proc_exit",
              "segv", "sigchld_ignore", "sigterm_handler", "stop_cont", "threads_exit",
              "vfork_exec"}) {
            for (std::string_view const mode : {"stack", "events"}) {
                auto const result =
                    check::find_schedule(load(name, build), capture_of(name, std::string(mode), build));
                INFO(build << " " << name << "." << mode << ": " << result.explanation);
                CHECK(result.found);
                CHECK(result.spine_matched == result.spine_total);
                CHECK(result.events_matched == result.events_total);
                CHECK(result.events_total > 1);
            }
        }
    }
}

TEST_CASE("which start a capture shows is said") {
    auto const build = "debian-6.12-arm64";
    auto const capture = capture_of("raspbian_proc", "stack", build);
    CHECK(check::find_schedule(load("raspbian_proc", build), capture).start == "batch");
}

TEST_CASE("a capture is no run of a program that does something else") {
    // The same names, other deeds: the capture's program is taken for the scenario's by its name.
    auto const build = "debian-6.12-arm64";
    for (auto const& [program, other] : std::map<std::string, std::string>{
             {"fork_wait", "segv"}, {"many_files", "sigchld_ignore"}, {"segv", "fork_wait"}}) {
        for (auto const* const mode : {"stack", "events"}) {
            auto capture = capture_of(program, mode, build);
            for (auto& event : capture.events) {
                auto* const found = std::get_if<trace::TraceEvent>(&event.payload);
                for (std::size_t n = 0; found && n < found->fields.size(); ++n) {
                    auto& value = found->fields[n].value;
                    auto const* const text = std::get_if<trace::Name>(&value);
                    if (text && text->view() == program) {
                        value = trace::Name(other);
                    } else if (text && text->view() == "/progs/" + program) {
                        value = trace::Name("/progs/" + other);
                    }
                }
            }
            INFO(program << " as " << other << ", " << mode);
            CHECK(!is_found(other, build, capture));
        }
    }
}

TEST_CASE("a capture with a record taken out, or two exchanged, is no run") {
    auto const build = "debian-6.12-arm64";
    for (auto const* const name : {"fork_wait", "sigterm_handler", "stop_cont", "vfork_exec"}) {
        for (auto const* const mode : {"stack", "events"}) {
            auto const capture = capture_of(name, mode, build);
            auto const records = records_of(capture, name);
            REQUIRE(records.size() > 3);
            for (std::size_t n = 0; n < records.size(); ++n) {
                INFO(name << "." << mode << ", line " << capture.events[records[n]].line);
                auto without = capture;
                without.events.erase(without.events.begin() +
                                     static_cast<std::ptrdiff_t>(records[n]));
                CHECK(!is_found(name, build, without));
                if (n + 1 < records.size()) {
                    auto exchanged = capture;
                    std::swap(exchanged.events[records[n]], exchanged.events[records[n + 1]]);
                    CHECK(!is_found(name, build, exchanged));
                }
            }
        }
    }
}

TEST_CASE("a capture with a changed field is no run") {
    struct Change {
        std::string_view event;
        std::string_view key;
        std::int64_t to;
    };
    auto const build = "debian-6.12-arm64";
    for (auto const* const name : {"sigterm_handler", "stop_cont"}) {
        for (auto const* const mode : {"stack", "events"}) {
            for (auto const& [event, key, to] :
                 {Change{"task_newtask", "clone_flags", 0x4100}, Change{"signal_generate", "sig", 1},
                  Change{"signal_generate", "code", 4}, Change{"signal_deliver", "sig", 2},
                  Change{"signal_generate", "group", 0}, Change{"signal_generate", "result", 3},
                  Change{"signal_deliver", "code", 7},
                  Change{"sched_process_fork", "child_pid", 1}}) {
                auto capture = capture_of(name, mode, build);
                std::int32_t pid = 0;
                auto const from = begin_of(capture, name, pid);
                change(capture, from, event, key, to);
                INFO(name << "." << mode << ": " << event << " " << key);
                CHECK(!is_found(name, build, capture));
            }
        }
    }
}
