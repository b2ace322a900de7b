// The whole check on real captures, and on ones that were made wrong.
#include "real_captures.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

using namespace kflow;
using check::Verdict;
using check::test::capture;
using check::test::check_text;
using check::test::text_of;

namespace {

std::string const kModel = KFLOW_SOURCE_DIR "/model";

check::Checker checker(std::string const& build) {
    return check::Checker({kModel, build, "", false});
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
    REQUIRE(text.find(from) != std::string::npos);
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::array<std::string, 3> const kBuilds{"debian-6.1-arm64", "debian-6.12-arm64",
                                         "debian-7.2-arm64"};

} // namespace

TEST_CASE("the lecture's sessions agree, as stacks, entries and events") {
    for (auto const& build : kBuilds) {
        auto check = checker(build);
        for (auto const* mode : {"stack", "function", "events"}) {
            auto const report =
                check.check(capture(build, "session-raspbian_proc." + std::string(mode)));
            INFO(check::report_text(report, false));
            CHECK(check::exit_status(report.verdict) == 0);
            CHECK(report.automata.violations.empty());
        }
    }
}

TEST_CASE("a fork in all its calls does what the bodies say") {
    for (auto const& build : kBuilds) {
        auto const report = checker(build).check(capture(build, "fork_wait.graph"));
        auto const& c = report.conformance;
        INFO(check::report_text(report, false));
        CHECK(c.curated.calls > 500);
        CHECK(c.guards.share() < 0.02);
        for (auto const& f : c.functions) {
            if (f.file == "linux/kernel/fork.flow" || f.file == "linux/kernel/exit.flow") {
                INFO(f.name);
                CHECK(f.accepted == f.calls);
            }
        }
    }
}

TEST_CASE("programs that no scenario has do what the bodies say") {
    struct Other {
        std::string build;
        std::string name;
    };
    std::array const others{
        Other{"debian-6.12-arm64", "alarm_eintr.graph"},  // sigtimedwait with and without a time
        Other{"debian-6.12-arm64", "pidfd_poll.graph"},   // epoll's waiter, signalfd's read
        Other{"debian-6.12-arm64", "ptrace_child.graph"}, // a debugger stops system calls
        Other{"debian-6.12-arm64", "setsid_pgrp.graph"},  // one ignores what kills its group
        Other{"debian-6.1-arm64", "restart_stop.graph"},  // get_signal finds nothing after a stop
        Other{"debian-6.1-arm64", "spawn_script.graph"},  // an interpreter is run for a script
        Other{"debian-7.2-arm64", "threads_mutex.graph"}, // a process with a futex table of its own
        Other{"debian-6.1-arm64", "setsid_pgrp.stack"},
        Other{"debian-6.12-arm64", "setsid_pgrp.stack"},
        Other{"debian-7.2-arm64", "setsid_pgrp.stack"},
        Other{"debian-7.2-arm64", "namespaces.events"},
        Other{"debian-7.2-arm64", "robust_locks.graph"}, // PI futexes are left behind
        Other{"debian-6.12-arm64", "leaderless.events"}, // a thread takes its leader's number
        Other{"debian-6.12-arm64", "leaderless.stack"},
        Other{"debian-7.2-arm64", "leaderless.events"},
        Other{"debian-7.2-arm64", "leaderless.stack"},
        Other{"debian-6.12-arm64", "locks_and_async.events"}, // io_uring's workers
        Other{"debian-6.12-arm64", "locks_and_async.stack"},
        Other{"debian-6.12-arm64", "mini_strace.events"}, // a debugger injects signals
        Other{"debian-7.2-arm64", "mini_strace.events"},
    };
    for (auto const& other : others) {
        auto const report = checker("").check(capture(other.build, other.name));
        INFO(other.build << " " << other.name << "\n" << check::report_text(report, false));
        CHECK(report.build == other.build);
        CHECK(report.conformance.divergences.empty());
        CHECK(report.automata.violations.empty());
        CHECK(check::exit_status(report.verdict) == 0);
    }
}

TEST_CASE("the build is found by the symbols") {
    for (auto const& build : kBuilds) {
        auto const report = checker("").check(capture(build, "fork_wait.stack"));
        CHECK(report.build == build);
        // Its functions are all there, the core's and the others.
        auto const graph = checker("").check(capture(build, "fork_wait.graph"));
        CHECK(graph.build == build);
        CHECK(graph.assumptions.empty());
    }
}

TEST_CASE("where every build has the names, the build is found by events and calls") {
    for (auto const& build : kBuilds) {
        auto const report = checker("").check(capture(build, "opt-graph-events"));
        INFO(check::report_text(report, false));
        CHECK((report.build == "debian-7.2-arm64") == (build == "debian-7.2-arm64"));
        CHECK(report.conformance.divergences.empty());
        auto const events = checker("").check(capture(build, "fork_wait.events"));
        CHECK((events.build == "debian-7.2-arm64") == (build == "debian-7.2-arm64"));
    }
}

TEST_CASE("entries of every function, some of them lost, agree with gaps") {
    for (auto const& build : kBuilds) {
        auto check = checker(build);
        for (auto const* name : {"opt-lost", "opt-pipe-lost"}) {
            auto const report = check.check(capture(build, name));
            INFO(check::report_text(report, false));
            CHECK(report.verdict == Verdict::agrees_with_gaps);
            CHECK(report.lost > 0);
        }
    }
}

TEST_CASE("a fork whose event says vfork is no fork") {
    auto const* build = "debian-6.12-arm64";
    auto const text = text_of(build, "fork_wait.graph");
    auto const before = check_text(build, text).conformance.divergences.size();
    auto const wrong = replaced(text, "clone_flags=1200000", "clone_flags=1204100");
    CHECK(check_text(build, wrong).conformance.divergences.size() > before);
}

TEST_CASE("wrong captures are reported where they are wrong") {
    auto const* build = "debian-6.12-arm64";
    auto checker_of_build = checker(build);
    std::vector<Diagnostic> diagnostics;
    using Parents = check::MutantChoice::Parents;
    for (auto const parents : {Parents::bodies, Parents::lifecycle}) {
        check::Checker::Mutants mutants;
        mutants.count = 12;
        mutants.seed = 20261123;
        mutants.choice.parents = parents;
        auto const all = checker_of_build.measure(
            {capture(build, "threads_exit.graph"), capture(build, "fork_wait.graph")}, mutants,
            diagnostics);
        REQUIRE(diagnostics.empty());
        CHECK(all.made == 24);
        for (auto const& missed : all.missed) {
            WARN(missed);
        }
        CHECK(all.found * 10 >= all.made * 9);
    }
}

TEST_CASE("what cannot be read is unreadable, not agreed with") {
    CHECK(check_text("debian-6.12-arm64", "").verdict == Verdict::unreadable);
    CHECK(check_text("debian-6.12-arm64", "not a trace\n").verdict == Verdict::unreadable);
    auto const report = checker("debian-6.12-arm64").check("/nonexistent/file.trace");
    CHECK(report.verdict == Verdict::unreadable);
    CHECK(report.diagnostics.size() == 1);
    CHECK(checker("no-such-build").check(capture(kBuilds[1], "fork_wait.stack")).verdict ==
          Verdict::unreadable);
}
