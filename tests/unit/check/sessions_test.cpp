// The lecture's two sessions, real captures on every build: each is a run of its scenario, and of no
// other; what a kernel or a bash cannot do is reported.

#include "sim/base/input_file.hpp"
#include "sim/check/schedule.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>

using namespace kflow;

namespace {

std::string const kSource = KFLOW_SOURCE_DIR;
std::array<std::string, 3> const kBuilds{"debian-6.1-arm64", "debian-6.12-arm64",
                                         "debian-7.2-arm64"};

std::unique_ptr<scenario::Replay> load(std::string const& build, std::string const& name) {
    scenario::ReplayOptions options;
    options.model_dir = kSource + "/model";
    options.build = build;
    auto loaded = scenario::Replay::load(kSource + "/scenarios/" + name + ".scenario", options);
    REQUIRE(std::holds_alternative<std::unique_ptr<scenario::Replay>>(loaded));
    return std::get<std::unique_ptr<scenario::Replay>>(std::move(loaded));
}

trace::Capture read(std::string const& build, std::string const& name, std::string const& mode) {
    auto const file =
        kSource + "/tests/captures/" + build + "/session-" + name + "." + mode + ".trace.zst";
    auto const input = read_input(file);
    REQUIRE(std::holds_alternative<std::string>(input));
    return trace::read_trace(std::get<std::string>(input), file);
}

check::ScenarioResult find(std::string const& build, std::string const& scenario,
                           trace::Capture const& capture) {
    return check::find_schedule(*load(build, scenario), capture);
}

bool is_entry(trace::Event const& event, Pid pid, std::string_view function) {
    auto const* const entry = event.as<trace::FunctionEntry>();
    return entry && event.pid == pid && entry->ip.symbol.view() == function;
}

bool is_signal(trace::Event const& event, std::string_view name, std::int64_t signal) {
    auto const* const found = event.as<trace::TraceEvent>();
    return found && found->name.view() == name && found->number("sig") == signal;
}

using Events = std::vector<trace::Event>;

/// The last record for which `is_it` holds.
template <class Question>
Events::iterator last(Events& events, Question is_it) {
    auto const found = std::find_if(events.rbegin(), events.rend(), is_it);
    REQUIRE(found != events.rend());
    return std::prev(found.base());
}

/// The shell of the lab: three bashes run in a session, and this one hangs up on itself.
Pid shell_of(trace::Capture& capture) {
    auto const hangup =
        last(capture.events, [](auto const& e) { return is_signal(e, "signal_generate", 1); });
    return *hangup->pid;
}

} // namespace

TEST_CASE("every session is a run of its scenario, matched completely") {
    for (auto const& build : kBuilds) {
        for (auto const* name : {"raspbian_proc", "rpi_proc_exit"}) {
            for (auto const* mode : {"stack", "function", "events"}) {
                auto const result = find(build, name, read(build, name, mode));
                INFO(build << " " << name << "." << mode << ": " << result.explanation);
                CHECK(result.found);
                CHECK(result.spine_matched == result.spine_total);
                CHECK(result.events_matched == result.events_total);
                CHECK(result.events_total >= 12);
                CHECK((result.spine_total > 45) == (std::string_view(mode) != "events"));
            }
        }
    }
}

TEST_CASE("a session's graph is a run of the lab, though it has neither script nor flag columns") {
    // Nothing but the graph itself tells there that a timer's sched_waking is an interrupt's doing.
    for (auto const& build : kBuilds) {
        auto const result = find(build, "raspbian_proc", read(build, "raspbian_proc", "graph"));
        INFO(build << ": " << result.explanation);
        CHECK(result.found);
        CHECK(result.start == "lab");
        CHECK(result.events_matched == result.events_total);
        CHECK(result.events_total == 14);
        CHECK(result.tries == 0);
    }
}

TEST_CASE("a session is no run of the other session's scenario") {
    for (auto const& build : kBuilds) {
        CHECK_FALSE(find(build, "raspbian_proc", read(build, "rpi_proc_exit", "stack")).found);
        CHECK_FALSE(find(build, "rpi_proc_exit", read(build, "raspbian_proc", "events")).found);
    }
}

TEST_CASE("two records of the shell the wrong way round are reported") {
    auto const build = kBuilds[1];
    auto capture = read(build, "raspbian_proc", "function");
    auto const shell = shell_of(capture);
    auto const reaps =
        last(capture.events, [&](auto const& e) { return is_entry(e, shell, "do_wait"); });
    auto const waits =
        last(capture.events, [&](auto const& e) { return is_entry(e, shell, "kernel_wait4"); });
    std::iter_swap(reaps, waits);
    CHECK_FALSE(find(build, "raspbian_proc", capture).found);
}

TEST_CASE("the hangup at the shell's end is neither missing nor heeded") {
    auto const build = kBuilds[2];
    auto capture = read(build, "rpi_proc_exit", "events");
    auto const hangup = last(capture.events, [](auto const& e) {
        return is_signal(e, "signal_generate", 1);
    });
    auto heeded = capture;
    auto const at = static_cast<std::size_t>(hangup - capture.events.begin());
    auto* const event = std::get_if<trace::TraceEvent>(&heeded.events[at].payload);
    REQUIRE(event);
    for (auto& field : event->fields) {
        if (field.key.view() == "res" || field.key.view() == "result") {
            field.value = std::int64_t{0};
        }
    }
    CHECK_FALSE(find(build, "rpi_proc_exit", heeded).found);
    capture.events.erase(hangup);
    CHECK_FALSE(find(build, "rpi_proc_exit", capture).found);
}

TEST_CASE("bash tells of a death before its prompt only if it has seen it") {
    // Here the prompt came before SIGCHLD: one write between kill() and the handler.
    auto const build = kBuilds[1];
    auto capture = read(build, "raspbian_proc", "function");
    auto const shell = shell_of(capture);
    auto const kill =
        last(capture.events, [&](auto const& e) { return is_entry(e, shell, "__arm64_sys_kill"); });
    auto const prompt = std::find_if(kill, capture.events.end(), [&](auto const& e) {
        return is_entry(e, shell, "ksys_write");
    });
    REQUIRE(prompt != capture.events.end());
    auto const twice = *prompt;
    capture.events.insert(prompt, twice);
    CHECK_FALSE(find(build, "raspbian_proc", capture).found);
}

TEST_CASE("a program that slept too short is reported") {
    auto const build = kBuilds[0];
    auto capture = read(build, "rpi_proc_exit", "events");
    auto const is_waking = [](trace::Event const& e) {
        auto const* const found = e.as<trace::TraceEvent>();
        return found && found->name.view() == "sched_waking" &&
               found->text("comm") == "rpi_proc_exit";
    };
    auto const first = std::find_if(capture.events.begin(), capture.events.end(), is_waking);
    REQUIRE(first != capture.events.end());
    for (auto at = first; at != capture.events.end(); ++at) {
        at->time = Nanos{at->time->count - 1'500'000'000}; // the first sleep takes half as long
    }
    auto const result = find(build, "rpi_proc_exit", capture);
    CHECK_FALSE(result.found);
    CHECK(result.explanation.find("slept") != std::string::npos);
}
