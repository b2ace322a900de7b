#include "sample.hpp"

using namespace kflow;
using namespace kflow::build;

namespace {

Visibility ask(BuildFacts const& build, std::string_view caller_file, std::string_view caller,
               std::string_view callee_file, std::string_view callee, std::string_view outer = "",
               std::string_view outer_file = "") {
    Edge edge;
    edge.caller_file = caller_file;
    edge.caller = caller;
    edge.callee_file = callee_file;
    edge.callee = callee;
    edge.outer = outer.empty() ? caller : outer;
    edge.outer_file = outer_file;
    return build.edge(edge);
}

constexpr std::string_view kFork = "kernel/fork.c";
constexpr std::string_view kExit = "kernel/exit.c";
constexpr std::string_view kSignal = "kernel/signal.c";

} // namespace

TEST_CASE("copying the memory is inlined to different depths") {
    for (auto const* build : {&v61(), &v612(), &v72()}) {
        INFO(build->name());
        CHECK(ask(*build, kFork, "copy_process", kFork, "copy_mm").kind == EdgeKind::inlined);
        CHECK(ask(*build, kFork, "copy_mm", kFork, "dup_mm", "copy_process").kind ==
              EdgeKind::inlined);
        CHECK(ask(*build, kFork, "kernel_clone", kFork, "copy_process").kind == EdgeKind::visible);
    }
    auto const older = ask(v61(), kFork, "dup_mm", kFork, "dup_mmap", "copy_process");
    CHECK(older.kind == EdgeKind::visible);
    CHECK(older.symbol == "dup_mmap");
    CHECK(ask(v612(), kFork, "dup_mm", kFork, "dup_mmap", "copy_process").kind ==
          EdgeKind::inlined);
}

TEST_CASE("what is notrace has a frame and no line") {
    auto const clone =
        ask(v612(), kFork, "__se_sys_clone", kFork, "__do_sys_clone", "__arm64_sys_clone");
    CHECK(clone.kind == EdgeKind::hidden);
    CHECK(clone.symbol == "__do_sys_clone");
    CHECK_FALSE(clone.traced);
    auto const called = v612().called("el0_svc", "arch/arm64/kernel/entry-common.c");
    CHECK(called.kind == EdgeKind::hidden);
    CHECK(v612().called("copy_process", kFork).kind == EdgeKind::visible);
    CHECK(v612().called("copy_mm", kFork).kind == EdgeKind::inlined);
}

TEST_CASE("a call into another file is a call") {
    auto const result = ask(v612(), kExit, "do_exit", "kernel/signal.c", "exit_signals");
    CHECK(result.kind == EdgeKind::visible);
    CHECK(result.symbol == "exit_signals");
    CHECK(result.provenance == "default");
    CHECK(ask(v612(), kFork, "copy_process", "security/security.c", "security_task_alloc").kind ==
          EdgeKind::visible);
    // A function that is compiled out of a header's stub here, but is a function proper in this
    // build.
    CHECK(
        ask(v612(), kFork, "copy_process", "include/linux/cn_proc.h", "proc_fork_connector").kind ==
        EdgeKind::visible);
}

TEST_CASE("a header's function is inlined, unless DWARF says otherwise") {
    CHECK(ask(v612(), kFork, "copy_process", "include/linux/rcupdate.h", "rcu_read_lock").kind ==
          EdgeKind::inlined);
    auto const siginfo =
        ask(v612(), kSignal, "__send_signal_locked", "include/linux/signal.h", "copy_siginfo");
    CHECK(siginfo.kind == EdgeKind::hidden); // `inline` is notrace, out of line or not
    CHECK(siginfo.symbol == "copy_siginfo");
    CHECK(siginfo.provenance.starts_with("DWARF"));
}

TEST_CASE("the most specific line wins") {
    CHECK(ask(v612(), kSignal, "signal_wake_up", kSignal, "signal_wake_up_state",
              "retarget_shared_pending")
              .kind == EdgeKind::inlined);
    CHECK(ask(v612(), kSignal, "signal_wake_up", kSignal, "signal_wake_up_state", "complete_signal")
              .kind == EdgeKind::visible);
    auto const either =
        ask(v61(), kSignal, "zap_other_threads", kSignal, "task_clear_jobctl_pending");
    CHECK(either.kind == EdgeKind::either);
    CHECK(either.symbol == "task_clear_jobctl_pending");
    CHECK(either.traced);
}

TEST_CASE("the split-off part of a function is an alternative where the code calls it") {
    auto const here = ask(v612(), "kernel/pid.c", "__do_sys_pidfd_open", "kernel/pid.c", "put_pid",
                          "__arm64_sys_pidfd_open");
    CHECK(here.parts == std::vector<std::string_view>{"put_pid.part.0"});
    CHECK(ask(v612(), kExit, "do_exit", "kernel/signal.c", "exit_signals").parts.empty());
    CHECK(ask(v612(), kFork, "kernel_clone", "kernel/pid.c", "put_pid").parts.empty());
}

TEST_CASE("without DWARF the Image decides") {
    // kernel/sys.c was not read: the code of the system call branches to the function, or does not.
    auto const result = ask(v612(), "kernel/sys.c", "__do_sys_setpgid", "security/security.c",
                            "security_task_setpgid", "__arm64_sys_setpgid");
    CHECK(result.kind == EdgeKind::visible);
    CHECK(ask(v612(), "kernel/sys.c", "set_one_prio", "kernel/sys.c", "set_one_prio_perm",
              "set_one_prio")
              .kind == EdgeKind::inlined);
}

TEST_CASE(
    "what the part of an inlined function calls may be called in the code that holds its head") {
    constexpr std::string_view namei = "fs/namei.c";
    auto const walk = [&](std::string_view outer) {
        return ask(v61(), namei, "link_path_walk", namei, "walk_component", outer);
    };
    CHECK(walk("path_openat").kind == EdgeKind::either); // calls link_path_walk.part.0 alone
    CHECK(walk("path_openat").symbol == "walk_component");
    CHECK(walk("link_path_walk").kind == EdgeKind::visible); // the part's own code
    CHECK(walk("walk_component").kind == EdgeKind::inlined); // calls no such part
}

TEST_CASE("the Image tells what a header defines for most files and one file has for modules") {
    constexpr std::string_view sched = "include/linux/sched.h";
    auto const bound = [&](BuildFacts const& build) {
        return ask(build, "kernel/bpf/trampoline.c", "__bpf_prog_enter_sleepable_recur", sched,
                   "migrate_disable")
            .kind;
    };
    CHECK(bound(v61()) == EdgeKind::visible); // kernel/sched/core.c has it alone
    CHECK(bound(v72()) == EdgeKind::inlined);
}

TEST_CASE("locks are inlined where nothing preempts, and calls where something can") {
    constexpr std::string_view api = "include/linux/spinlock_api_smp.h";
    constexpr std::string_view locking = "kernel/locking/spinlock.c";
    auto const lock = [&](BuildFacts const& build) {
        return ask(build, "include/linux/spinlock.h", "spin_lock_irq", locking,
                   "_raw_spin_lock_irq", "copy_process", kFork);
    };
    CHECK(lock(v61()).kind == EdgeKind::inlined);
    CHECK(lock(v612()).kind == EdgeKind::inlined);
    CHECK(lock(v72()).kind == EdgeKind::visible);
    auto const body = ask(v612(), api, "__raw_spin_lock_irq", "kernel/locking/qspinlock.c",
                          "queued_spin_lock_slowpath", "copy_process", kFork);
    CHECK(body.symbol == "queued_spin_lock_slowpath");
}

TEST_CASE("fortified string functions are called by their plain names") {
    constexpr std::string_view fortify = "include/linux/fortify-string.h";
    auto const copy = [&](BuildFacts const& build, std::string_view caller) {
        return ask(build, fortify, caller, fortify, "__real_strscpy", "__set_task_comm",
                   "fs/exec.c")
            .symbol;
    };
    CHECK(copy(v612(), "sized_strscpy") == "sized_strscpy");
}

TEST_CASE("what is part of another compiled file is at home there") {
    auto const result =
        ask(v612(), "kernel/sched/idle.c", "do_idle", "kernel/sched/idle.c", "cpuidle_idle_call");
    CHECK(result.kind == EdgeKind::inlined);
    CHECK(ask(v612(), "kernel/sched/idle.c", "do_idle", "kernel/sched/core.c", "schedule_idle")
              .symbol == "schedule_idle");
}

TEST_CASE("identical functions are merged") {
    CHECK(v612().folded_into("sched_mm_cid_exit_signals") == "sched_mm_cid_before_execve");
    CHECK(v612().folded_into("sched_mm_cid_before_execve").empty());
    CHECK(v72().folded_into("sched_mm_cid_exit_signals").empty());
}

TEST_CASE("an edge of nothing is inlined, not a crash") {
    CHECK(v612().edge({}).kind == EdgeKind::inlined);
    CHECK(ask(v612(), kFork, "copy_process", kFork, "no_such_function").kind == EdgeKind::inlined);
    CHECK(ask(v612(), "", "", "", "copy_process").kind == EdgeKind::visible);
}
