#include "sim/view/dot.hpp"
#include "sim/view/process_history.hpp"
#include "sim/view/process_tree.hpp"
#include "sim/view/render.hpp"
#include "sim/view/sequence.hpp"

#include <catch2/catch.hpp>

using namespace kflow;
using namespace kflow::view;

namespace {

// A shell forks a program, kills it and reaps it: the events of the lecture, few enough to read.
constexpr char kLog[] =
    "# tracer: nop\n"
    "#\n"
    "# entries-in-buffer/entries-written: 7/7   #P:4\n"
    "#\n"
    "#                                _-----=> irqs-off/BH-disabled\n"
    "#                               / _----=> need-resched\n"
    "#                              | / _---=> hardirq/softirq\n"
    "#                              || / _--=> preempt-depth\n"
    "#                              ||| / _-=> migrate-disable\n"
    "#                              |||| /     delay\n"
    "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
    "#              | |         |   |||||     |         |\n"
    "            bash-10      [001] .....     1.000000: task_newtask: pid=20 comm=bash clone_flags=1200000 "
    "oom_score_adj=0\n"
    "            bash-10      [001] .....     1.000100: sched_process_fork: comm=bash pid=10 child_comm=bash "
    "child_pid=20\n"
    "           \"prog-20      [002] .....     1.100000: sched_process_exec: filename=/progs/\"prog pid=20 old_pid=20\n"
    "            bash-10      [001] d....     2.000000: signal_generate: sig=9 errno=0 code=0 comm=\"prog pid=20 grp=1 "
    "res=0\n"
    "           \"prog-20      [002] d....     2.000100: signal_deliver: sig=9 errno=0 code=0 sa_handler=0 sa_flags=0\n"
    "           \"prog-20      [002] .....     2.000200: sched_process_exit: comm=\"prog pid=20 prio=120\n"
    "           \"prog-20      [002] d....     2.000300: signal_generate: sig=17 errno=0 code=2 comm=bash pid=10 grp=1 "
    "res=0\n";

std::vector<Process> history() {
    auto const capture = trace::read_trace(kLog, "log");
    REQUIRE(capture.diagnostics.empty());
    return process_history(capture);
}

} // namespace

TEST_CASE("the history of a process is what its events say") {
    auto const processes = history();
    REQUIRE(processes.size() == 2);
    auto const& child = processes[0].pid == Pid{20} ? processes[0] : processes[1];
    auto const& shell = processes[0].pid == Pid{10} ? processes[0] : processes[1];
    CHECK(child.parent == Pid{10});
    CHECK(child.clone_flags == 0x1200000);
    CHECK_FALSE(child.thread);
    CHECK(child.execs.at(0).path == "/progs/\"prog");
    CHECK(child.killed_by == 9);
    CHECK(child.died == Nanos{2'000'200'000});
    REQUIRE(child.signals.size() == 1);
    CHECK(child.signals[0].from == Pid{10});
    CHECK(child.signals[0].delivered == Nanos{2'000'100'000});
    CHECK_FALSE(shell.died);
    REQUIRE(shell.signals.size() == 1);
    CHECK(shell.signals[0].code == 2);
}

TEST_CASE("names are escaped in DOT") {
    CHECK(dot_quote("a \"b\" \\ c\nd") == "\"a \\\"b\\\" \\\\ c\\nd\"");
    auto const dot = process_tree_dot(history(), {});
    CHECK(dot.find("/progs/\\\"prog") != std::string::npos);
}

TEST_CASE("the drawings are DOT that Graphviz can lay out") {
    for (auto const& dot : {process_tree_dot(history(), {}), sequence_dot(history(), {})}) {
        auto const svg = render_dot(dot, "svg");
        REQUIRE(std::holds_alternative<std::string>(svg));
        CHECK(std::get<std::string>(svg).find("</svg>") != std::string::npos);
    }
}

TEST_CASE("what is no DOT is a diagnostic, not a crash") {
    CHECK(std::holds_alternative<Diagnostic>(render_dot("digraph {", "svg")));
}

TEST_CASE("a selection keeps a process, its descendants and its parent") {
    CHECK(select_processes(history(), {Pid{20}}).size() == 2);
    CHECK(select_processes(history(), {Pid{10}}).size() == 2);
    CHECK(select_processes(history(), {Pid{99}}).empty());
}
