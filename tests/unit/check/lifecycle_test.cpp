// The lifecycle rules on small traces, and on damaged ones.
#include "sim/check/dot.hpp"
#include "sim/check/lifecycle.hpp"
#include "sim/trace/capture.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace kflow;

namespace {

std::vector<check::LifecycleRule> shipped() {
    std::vector<Diagnostic> diagnostics;
    auto rules = check::load_rules(KFLOW_SOURCE_DIR "/model", diagnostics);
    REQUIRE(to_string(diagnostics) == "");
    return rules;
}

constexpr char const* kHeader = "# tracer: nop\n"
                                "#\n"
                                "# entries-in-buffer/entries-written: 6/6   #P:4\n"
                                "#\n"
                                "#                                _-----=> irqs-off/BH-disabled\n"
                                "#                               / _----=> need-resched\n"
                                "#                              | / _---=> hardirq/softirq\n"
                                "#                              || / _--=> preempt-depth\n"
                                "#                              ||| / _-=> migrate-disable\n"
                                "#                              |||| /     delay\n"
                                "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
                                "#              | |         |   |||||     |         |\n";

/// The names of the rules that a trace of such lines violates.
std::vector<std::string> violated(std::string const& lines) {
    auto const capture = trace::read_trace(kHeader + lines, "test");
    REQUIRE(to_string(capture.diagnostics) == "");
    std::vector<std::string> names;
    auto const rules = shipped();
    check::LifecycleRun run(rules);
    run.see(std::make_shared<std::vector<trace::Event> const>(capture.events), true);
    for (auto const& violation : run.finish().violations) {
        names.push_back(violation.rule + " " + violation.object);
    }
    return names;
}

using Strings = std::vector<std::string>;

constexpr char kBirth[] =
    "            bash-157     [002] .....    97.074156: task_newtask: pid=260 comm=bash "
    "clone_flags=1200000 oom_score_adj=0\n"
    "            bash-157     [002] .....    97.074199: sched_process_fork: comm=bash pid=157 "
    "child_comm=bash child_pid=260\n";
constexpr char kWakeup[] =
    "            bash-157     [002] d....    97.074348: sched_wakeup_new: comm=bash pid=260 "
    "prio=120 target_cpu=001\n";
constexpr char kSwitchIn[] =
    "          <idle>-0       [001] d....    97.075093: sched_switch: prev_comm=swapper/1 "
    "prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=bash next_pid=260 next_prio=120\n";
constexpr char kSwitchBack[] =
    "            bash-260     [001] d....    97.076000: sched_switch: prev_comm=bash prev_pid=260 "
    "prev_prio=120 prev_state=R ==> next_comm=swapper/1 next_pid=0 next_prio=120\n";
constexpr char kExit[] = "            bash-260     [001] .....    97.076000: sched_process_exit: "
                         "comm=bash pid=260 prio=120\n";
constexpr char kSwitchOut[] =
    "            bash-260     [001] d....    97.077000: sched_switch: prev_comm=bash prev_pid=260 "
    "prev_prio=120 prev_state=Z ==> next_comm=swapper/1 next_pid=0 next_prio=120\n";
constexpr char kFree[] = "          <idle>-0       [001] ..s..    97.078000: sched_process_free: "
                         "comm=bash pid=260 prio=120\n";

} // namespace

TEST_CASE("a whole life violates nothing") {
    CHECK(violated(std::string(kBirth) + kWakeup + kSwitchIn + kExit + kSwitchOut + kFree) ==
          Strings{});
}

TEST_CASE("a number has a new owner before the old ones are freed") {
    // The first is reaped, and its number asked for again (set_tid), before RCU has freed it.
    auto const life = std::string(kBirth) + kWakeup + kSwitchIn + kExit + kSwitchOut;
    CHECK(violated(life + life + kFree + kFree) == Strings{});
    CHECK(violated(life + kBirth + kFree + kWakeup + kSwitchIn + kExit + kSwitchOut + kFree) ==
          Strings{});
    CHECK(violated(life + life + life + kFree + kFree + kFree) == Strings{});
    CHECK(violated(life + life + kFree + kFree + kFree) == Strings{"reaped_once task 260"});
    CHECK(violated(life + kBirth + kFree + kFree) == Strings{"reaped_once task 260"});
}

TEST_CASE("a child is born with the signals that came to its parent meanwhile") {
    auto const sent = [](char const* sig, char const* more) {
        return std::string(
                   "            bash-100     [000] d....    97.074100: signal_generate: sig=") +
               sig + " errno=0 code=0 comm=bash pid=157 " + more + "\n";
    };
    std::string const delivered =
        "            bash-260     [001] d....    97.075500: signal_deliver: sig=10 errno=0 code=0 "
        "sa_handler=aaaae3701294 sa_flags=10000000\n";
    std::string const parent_goes_on =
        "            bash-157     [002] d....    97.074120: signal_deliver: sig=10 errno=0 code=0 "
        "sa_handler=aaaae3701294 sa_flags=10000000\n";
    auto const life = std::string(kBirth) + kWakeup + kSwitchIn;
    Strings const from_nowhere{"signal_before_delivery signal 10 of group 260"};
    CHECK(violated(sent("10", "grp=1 res=0") + life + delivered) == Strings{});
    CHECK(violated(sent("10", "grp=0 res=0") + life + delivered) == from_nowhere); // a thread's
    CHECK(violated(sent("10", "grp=1 res=1") + life + delivered) == from_nowhere); // ignored
    CHECK(violated(sent("12", "grp=1 res=0") + life + delivered) == from_nowhere);
    CHECK(violated(sent("10", "grp=1 res=0") + parent_goes_on + life + delivered) == from_nowhere);
    CHECK(violated(life + sent("10", "grp=1 res=0") + delivered) == from_nowhere);
    CHECK(violated(life + "CPU:1 [LOST 5 EVENTS]\n" + sent("12", "grp=1 res=0") + delivered) ==
          Strings{});
}

TEST_CASE("each rule sees its breach") {
    auto const birth = std::string(kBirth);
    CHECK(violated(birth + kSwitchIn + kWakeup) == Strings{"born_before_running task 260"});
    CHECK(violated(birth + kWakeup + kSwitchIn + kExit + kExit) == Strings{"reaped_once task 260"});
    CHECK(violated(birth + kWakeup + kSwitchIn + kExit + kSwitchOut + kFree + kFree) ==
          Strings{"reaped_once task 260"});
    CHECK(violated(birth + kWakeup + kSwitchIn + kSwitchOut + kExit) ==
          Strings{"exit_before_zombie task 260", "dead_stays_dead task 260",
                  "switch_continuity cpu 1"});
    CHECK(violated(std::string(kSwitchIn) + kExit + kSwitchOut + kSwitchIn) ==
          Strings{"dead_stays_dead task 260"});
    // Many breaks would mean a filter by task: one among many switches is a breach.
    std::string regular;
    for (int i = 0; i < 60; ++i) {
        regular += std::string(kSwitchIn) + kSwitchBack;
    }
    CHECK(violated(regular) == Strings{});
    CHECK(violated(regular + kSwitchIn + kSwitchIn) == Strings{"switch_continuity cpu 1"});
}

namespace {

/// A process 260 with a thread 261, which execs: the leader dies, and 261 goes on as 260.
constexpr char kThread[] =
    "            bash-260     [001] .....    97.075100: task_newtask: pid=261 comm=bash "
    "clone_flags=3d0f00 oom_score_adj=0\n"
    "            bash-260     [001] .....    97.075200: sched_process_fork: comm=bash pid=260 "
    "child_comm=bash child_pid=261\n"
    "            bash-260     [001] d....    97.075300: sched_wakeup_new: comm=bash pid=261 "
    "prio=120 target_cpu=002\n";
constexpr char kThreadIn[] =
    "          <idle>-0       [002] d....    97.077500: sched_switch: prev_comm=swapper/2 "
    "prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=bash next_pid=261 next_prio=120\n";
constexpr char kRenamed[] = "            true-260     [002] .....    97.078000: task_rename: "
                            "pid=260 oldcomm=bash newcomm=true oom_score_adj=0\n";
constexpr char kLeaderFreed[] =
    "            true-260     [002] ..s..    97.078100: sched_process_free: "
    "comm=bash pid=261 prio=120\n";
/// The thread under its new number: another task runs, and it comes back.
constexpr char kPreempted[] =
    "            true-260     [002] d....    97.077600: sched_waking: comm=rcu_sched pid=14 "
    "prio=120 target_cpu=002\n"
    "            true-260     [002] d....    97.077700: sched_switch: prev_comm=bash prev_pid=260 "
    "prev_prio=120 prev_state=R+ ==> next_comm=rcu_sched next_pid=14 next_prio=120\n"
    "       rcu_sched-14      [002] d....    97.077800: sched_switch: prev_comm=rcu_sched "
    "prev_pid=14 prev_prio=120 prev_state=I ==> next_comm=bash next_pid=260 next_prio=120\n";
constexpr char kExec[] = "            true-260     [002] .....    97.078200: sched_process_exec: "
                         "filename=/bin/true pid=260 old_pid=261\n";
constexpr char kEnd[] =
    "            true-260     [002] .....    97.079000: sched_process_exit: comm=true pid=260 "
    "prio=120\n"
    "            true-260     [002] d....    97.079100: sched_switch: prev_comm=true "
    "prev_pid=260 prev_prio=120 prev_state=Z ==> next_comm=swapper/2 next_pid=0 next_prio=120\n";

} // namespace

TEST_CASE("a thread that execs takes the number of its dead leader") {
    auto const before =
        std::string(kBirth) + kWakeup + kSwitchIn + kThread + kExit + kSwitchOut + kThreadIn;
    CHECK(violated(before + kRenamed + kLeaderFreed + kExec + kEnd) == Strings{});
    CHECK(violated(before + kPreempted + kRenamed + kLeaderFreed + kExec + kEnd) == Strings{});
    CHECK(violated(before + kRenamed + kExec + kEnd + kEnd) ==
          Strings{"dead_stays_dead task 260", "reaped_once task 260"});
    CHECK(violated(before + kRenamed + kEnd).size() >= 2); // Nobody has exchanged numbers.
}

TEST_CASE("a thread can take its leader's number before that one's last switch") {
    auto const before =
        std::string(kBirth) + kWakeup + kSwitchIn + kThread + kExit + kThreadIn + kRenamed;
    auto const last_switch =
        "            bash-261     [001] d....    97.078050: sched_switch: prev_comm=bash "
        "prev_pid=261 prev_prio=120 prev_state=X ==> next_comm=swapper/1 next_pid=0 "
        "next_prio=120\n" +
        std::string("            bash-261     [001] d....    97.078060: "
                    "fpsimd_thread_switch <-__switch_to\n");
    CHECK(violated(before + last_switch + kLeaderFreed + kExec + kEnd) == Strings{});
    CHECK(violated(before + last_switch + kLeaderFreed + kEnd).size() >= 2);
}

TEST_CASE("a dead leader does something under the thread's number before its last switch") {
    auto const interrupted = std::string(
        "            bash-261     [001] d.s..    97.077550: sched_waking: comm=rcu_sched "
        "pid=14 prio=120 target_cpu=002\n");
    auto const last = std::string(
        "            bash-261     [001] d....    97.077900: sched_switch: prev_comm=bash "
        "prev_pid=261 prev_prio=120 prev_state=X ==> next_comm=swapper/1 next_pid=0 "
        "next_prio=120\n");
    auto running = std::string(kBirth) + kWakeup;
    for (int i = 0; i < 60; ++i) { // so that one break is no filter by task
        running += std::string(kSwitchIn) + kSwitchBack;
    }
    running += std::string(kSwitchIn) + kThread;
    auto const before = running + kExit + kThreadIn;
    CHECK(violated(before + interrupted + last + kRenamed + kExec + kEnd) == Strings{});
    CHECK(violated(before + kPreempted + interrupted + last + kRenamed + kExec + kEnd) ==
          Strings{});
    // Before its end it has its own number.
    CHECK(violated(running + interrupted + kExit + kThreadIn + last + kRenamed + kExec + kEnd) ==
          Strings{"switch_continuity cpu 1"});
}

TEST_CASE("the fork of a process's own kernel threads is not reported") {
    auto const born = [](std::string const& flags) {
        return "            true-260     [001] .....    97.075100: task_newtask: pid=261 "
               "comm=true clone_flags=" +
               flags +
               " oom_score_adj=0\n"
               "            true-260     [001] d....    97.075300: sched_wakeup_new: comm=true "
               "pid=261 prio=120 target_cpu=002\n";
    };
    CHECK(violated(born("80810f00")) == Strings{}); // io_uring, create_io_thread()
    CHECK(violated(born("810b00")) == Strings{});   // vhost_task_create()
    CHECK(violated(born("3d0f00")) == Strings{"born_before_running task 261"});
}

TEST_CASE("a filter by task does not follow to a process's own kernel threads") {
    auto const worker = std::string("            true-260     [001] .....    97.075100: "
                                    "task_newtask: pid=261 comm=true clone_flags=80810f00 "
                                    "oom_score_adj=0\n");
    auto const named =
        std::string("     iou-wrk-260-261     [002] .....    97.075200: task_rename: "
                    "pid=261 oldcomm=true newcomm=iou-wrk-260 oom_score_adj=0\n");
    auto const gone = std::string("     iou-wrk-260-261     [002] d....    97.075300: "
                                  "sched_switch: prev_comm=iou-wrk-260 prev_pid=261 prev_prio=120 "
                                  "prev_state=X ==> next_comm=true next_pid=260 next_prio=120\n");
    auto const freed = std::string("            true-260     [002] ..s..    97.075400: "
                                   "sched_process_free: comm=iou-wrk-260 pid=261 prio=120\n");
    auto const other = std::string(kExit); // The rules look at captures that show exits.
    CHECK(violated(worker + gone + freed + other) == Strings{});
    // Its name is given by itself: from then on its own events are shown.
    CHECK(violated(worker + named + gone + freed + other) ==
          Strings{"exit_before_zombie task 261", "reaped_once task 261"});
}

TEST_CASE("a graph in which a CPU begins late tells nothing of what it may have lost") {
    auto const head =
        std::string("# tracer: function_graph\n#\n"
                    "#     TIME        CPU  TASK/PID         DURATION                  "
                    "FUNCTION CALLS\n"
                    "#      |          |     |    |           |   |                   "
                    "  |   |   |   |\n");
    auto const line = [](std::string const& who, std::string const& what) {
        return "  100.790253 |   " + who + "    | " + what + "\n";
    };
    auto const event = [&](std::string const& what) {
        return line("2)    bash-547", "              |  /* " + what + " */");
    };
    std::string const call_ends = "  1.234 us    |  } /* f */",
                      call_begins = "              |  f() {";
    auto const begin =
        event("task_newtask: pid=551 comm=bash clone_flags=1200000 oom_score_adj=0") +
        event("sched_process_free: comm=bash pid=551 prio=120");
    auto const end = event("sched_process_exit: comm=bash pid=547 prio=120");
    auto const violations = [&](std::string const& lines) {
        auto const capture = trace::read_trace(head + begin + lines + end, "test");
        REQUIRE(to_string(capture.diagnostics) == "");
        auto const rules = shipped();
        check::LifecycleRun run(rules);
        run.see(std::make_shared<std::vector<trace::Event> const>(capture.events), true);
        return run.finish().violations.size();
    };
    CHECK(violations("") == 1);
    CHECK(violations(line("1)    bash-553", call_ends)) == 0);
    CHECK(violations(line("1)    bash-547", call_ends)) == 1); // It came from CPU 2.
    CHECK(violations(line("1)    bash-553", call_begins)) == 1);
}

TEST_CASE("lost events make everything unknown again") {
    auto const lost = std::string("CPU:1 [LOST 5 EVENTS]\n");
    CHECK(violated(std::string(kBirth) + lost + kSwitchIn + kWakeup) == Strings{});
}

TEST_CASE("a rule that makes no sense is said where") {
    auto const message = [](std::string const& text) {
        auto const rule = check::parse_rule(text, "x.dot");
        auto const* error = std::get_if<Diagnostic>(&rule);
        return error ? error->place.file + ":" + std::to_string(error->place.line) + ": " +
                           error->message
                     : "";
    };
    CHECK(message("digraph x {\n a -> ;\n}") == "x.dot:2: expected a name, found `;`");
    CHECK(message("digraph x {\n a [") == "x.dot:2: expected a name, found the end of the file");
    CHECK(message("digraph x { a; }") == "x.dot:0: the graph needs `per` = task, cpu or signal");
    CHECK(message("digraph x { per = task; doc = \"d\";\n a -> b; }") ==
          "x.dot:2: an edge needs `event` and `key`");
    CHECK(message("digraph x { per = task; doc = \"d\"; born = c;\n a; }") ==
          "x.dot:0: there is no state `c`, which `born` names");
}
