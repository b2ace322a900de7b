#include "sim/check/evidence_rules.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace kflow::check {

Life const* life_behind(Question const& q) {
    auto const& guard = q.evidence.program[q.guard];
    if (guard.scope != model::GuardScope::role) {
        return q.evidence.life_of(q.call);
    }
    auto const object = q.scope.object(guard.role);
    if (object::kind(object) != object::Kind::task) {
        return nullptr;
    }
    // A child is asked about before its birth is told.
    auto const event = std::max(q.evidence.forest[q.call].last_event, object::born(object));
    return q.evidence.history.life(static_cast<std::int32_t>(object::number(object)), event);
}

namespace {

using kernel::Answer;
using kernel::to_answer;

// Clone flags: include/uapi/linux/sched.h. task_newtask shows them without the exit signal.

/// The task_newtask of the fork that the question belongs to: inside the clone call around it.
trace::TraceEvent const* fork_of(Question const& q) {
    for (auto const* function : {"kernel_clone", "copy_process"}) {
        auto const clone = q.evidence.around(q.call, function);
        if (clone != kNoCall) {
            return q.evidence.event_inside(clone, "task_newtask");
        }
    }
    return q.evidence.event_inside(q.evidence.root(q.call), "task_newtask");
}

Answer clone_flag(Question const& q) {
    auto const* event = fork_of(q);
    auto const flags = event ? event->number("clone_flags") : std::nullopt;
    if (!flags) {
        return Answer::unknown;
    }
    return to_answer((static_cast<std::uint64_t>(*flags) & q.parameter) != 0);
}

// Threads: kernel/exit.c counts those of a group that have not begun to exit.

/// Whether a task of the capture can have entered do_exit() before the event.
bool began_to_exit(Life const& life, std::uint32_t event) {
    return life.exited <= event || life.began_exit <= event;
}

/// Whether other threads of the task's group are alive, where the capture knows them all.
Answer has_other_threads(Question const& q) {
    auto const* life = life_behind(q);
    if (!life) {
        return Answer::unknown;
    }
    auto const begin = q.evidence.forest[q.call].first_event;
    auto const alive = q.evidence.history.threads_alive(life->group, begin);
    // A thread that dies at this moment may count or not.
    return alive && *alive <= 1 ? Answer::no : Answer::unknown;
}

/// Whether an exiting task is the last of its group: only where no other thread dies meanwhile.
Answer last_of_group(Question const& q) {
    auto const* life = life_behind(q);
    auto const exit = q.evidence.around(q.call, "do_exit");
    if (!life || life->group == 0 || exit == kNoCall || q.evidence.pid_of(exit) != life->pid) {
        return Answer::unknown;
    }
    if (auto const* event = q.evidence.event_inside(exit, "sched_process_exit")) {
        if (auto const said = event->number("group_dead")) {
            return to_answer(*said != 0); // By 7.2 the event says it itself.
        }
        if (event->find("group_dead")) {
            return to_answer(event->text("group_dead") == "true");
        }
    }
    auto const begin = q.evidence.forest[exit].first_event;
    auto const end = life->exited == ~std::uint32_t{0} ? begin : life->exited;
    auto const* leader = q.evidence.history.life(life->group, begin);
    if (!leader || leader->alone_since > begin || !q.evidence.history.follows_all(*leader, begin)) {
        return Answer::unknown;
    }
    bool all_gone = true;
    for (auto const* other : q.evidence.history.threads_of(*leader, begin)) {
        if (other->pid == life->pid) {
            continue;
        }
        if (!began_to_exit(*other, end)) {
            return Answer::no;
        }
        all_gone = all_gone && other->exited < begin;
    }
    return all_gone ? Answer::yes : Answer::unknown;
}

/// Behind the last thread of a dead leader release_task() goes on with that leader, if nobody waits
/// for it: then it releases two.
bool releases_two(Question const& q) {
    static trace::Name const proc_flush_pid("proc_flush_pid");
    auto const release = q.evidence.around(q.call, "release_task");
    if (release == kNoCall) {
        return false;
    }
    return std::ranges::count_if(q.evidence.forest[release].children, [&](auto const& child) {
               return !Forest::is_event(child) &&
                      q.evidence.forest[child.index].name == proc_flush_pid;
           }) > 1;
}

Answer leads_its_group(Question const& q) {
    auto const* life = life_behind(q);
    if (!life || releases_two(q)) {
        return Answer::unknown;
    }
    // A thread that execs becomes the leader: then its flags tell no more.
    if (life->execs) {
        auto const behind = q.evidence.forest[q.call].first_event > life->last_exec;
        return behind ? Answer::yes : Answer::unknown;
    }
    if (life->group == 0 || !life->seen_born) {
        return Answer::unknown;
    }
    return to_answer(life->group == life->pid);
}

/// Whether an exiting task's group has no other thread in its list any more.
Answer alone_in_group(Question const& q) {
    auto const exit = q.evidence.around(q.call, "do_exit");
    auto const* life = life_behind(q);
    if (!life || exit == kNoCall || q.evidence.pid_of(exit) != life->pid) {
        return Answer::unknown;
    }
    // Alone at the beginning it stays so: nobody is left to make another.
    auto const& call = q.evidence.forest[exit];
    auto const begin = q.evidence.history.threads_listed(life->group, call.first_event);
    return begin && *begin <= 1 ? Answer::yes : Answer::unknown;
}

constexpr std::uint64_t bit(int signal) {
    return std::uint64_t{1} << signal;
}

// Dying: kernel/exit.c, do_group_exit().

/// Whether somebody else began to end the group: not for a single thread that calls exit_group()
/// and was sent no signal.
Answer group_end_begun(Question const& q) {
    auto const* life = q.evidence.life_of(q.call);
    if (!life || q.evidence.around(q.call, "get_signal") != kNoCall) {
        return Answer::unknown;
    }
    auto const begin = q.evidence.forest[q.call].first_event;
    auto const listed = q.evidence.history.threads_listed(life->group, begin);
    if (!listed || *listed > 1) {
        return Answer::unknown;
    }
    if (life->signalled < begin) {
        return Answer::unknown;
    }
    return q.evidence.shows("signal_generate") ? Answer::no : Answer::unknown;
}

/// A user task has its table of files until do_exit() takes it.
Answer exits_with_files(Question const& q) {
    return q.evidence.around(q.call, "do_exit") != kNoCall ? Answer::yes : Answer::unknown;
}

bool has_body(Question const& q, CallIndex call) {
    auto const function = q.evidence.program.find_function(q.evidence.forest[call].name.view());
    return function != model::kNone<model::FunctionId> && q.evidence.program[function].has_body;
}

/// Whether a task has memory of its own: who calls the kernel, or is about to get a signal, is a
/// program. Below a function without a body it may be any other task (a reader of /proc's).
Answer is_program(Question const& q) {
    auto const* life = life_behind(q);
    if (!life || q.evidence.pid_of(q.call) != life->pid) {
        return Answer::unknown;
    }
    for (auto call = q.call; call != kNoCall; call = q.evidence.forest[call].parent) {
        auto const name = q.evidence.forest[call].name.view();
        if (name.starts_with("__arm64_sys_") || name == "get_signal") {
            return Answer::yes;
        }
        if (!has_body(q, call)) {
            break;
        }
    }
    return Answer::unknown;
}

/// An address space that its last user drops at exit or exec ran a program; the one that an exec
/// fills has no program yet. Where calls of the exec were not shown, it may be either.
Answer address_space_ran(Question const& q) {
    auto const dropped = q.evidence.around(q.call, "mmput") != kNoCall;
    auto const exec = q.evidence.around(q.call, "begin_new_exec");
    if (exec != kNoCall) {
        return !dropped && q.evidence.forest[exec].lost ? Answer::unknown : to_answer(dropped);
    }
    auto const exits = q.evidence.around(q.call, "do_exit") != kNoCall;
    return dropped && exits ? Answer::yes : Answer::unknown;
}

/// Whether a task's own credentials are not those that it acts with: never for a child that is not
/// born, nor for a program at its end, outside of system calls that borrow some.
Answer acts_with_others_creds(Question const& q) {
    if (q.evidence.around(q.call, "copy_process") != kNoCall) {
        return Answer::no;
    }
    auto const* life = life_behind(q);
    return life && life->calls_system ? Answer::no : Answer::unknown;
}

// Executing: fs/exec.c.

CallIndex exec_around(Question const& q) {
    for (auto const* function : {"do_execveat_common", "bprm_execve", "__arm64_sys_execve"}) {
        auto const found = q.evidence.around(q.call, function);
        if (found != kNoCall) {
            return found;
        }
    }
    return kNoCall;
}

/// bprm_change_interp() is the only one that gives a bprm an interpreter of its own.
Answer interpreter_was_changed(Question const& q) {
    auto const exec = exec_around(q);
    auto const judged = exec != kNoCall && !q.evidence.forest[exec].lost;
    return judged ? to_answer(q.evidence.calls_inside(exec, "bprm_change_interp"))
                  : Answer::unknown;
}

/// Where the program was begun its file is open.
Answer program_file_is_open(Question const& q) {
    auto const exec = exec_around(q);
    return exec != kNoCall && q.evidence.calls_inside(exec, "begin_new_exec") ? Answer::yes
                                                                              : Answer::unknown;
}

// Wait queues: kernel/sched/wait.c.

/// Every caller has a queue: the test is there for broken ones.
Answer never(Question const&) {
    return Answer::no;
}

/// A walk takes a break after so many waiters (WAITQUEUE_WALK_BREAK_CNT), not before.
Answer walk_is_long(Question const& q) {
    constexpr std::size_t kBreak = 64;
    auto const& forest = q.evidence.forest;
    for (auto const& child : forest[q.call].children) {
        if (!Forest::is_event(child) && forest[child.index].name.view() == "__wake_up_common" &&
            forest[child.index].children.size() >= kBreak) {
            return Answer::unknown;
        }
    }
    return Answer::no;
}

// Waiting: sched_process_wait shows the number that the caller waits for, 0 for any: a task's, or a
// group's, which has the number of the task that founded it.

Answer waits_for_one(Question const& q) {
    auto c = q.evidence.around(q.call, "kernel_wait4");
    if (c == kNoCall) {
        c = q.evidence.around(q.call, "__arm64_sys_waitid");
    }
    auto const* event = q.evidence.event_inside(c, "sched_process_wait");
    auto const pid = event ? event->number("pid") : std::nullopt;
    if (pid && *pid == 0) {
        return Answer::no;
    }
    auto const* life = pid ? q.evidence.history.life(static_cast<std::int32_t>(*pid),
                                                     q.evidence.forest[q.call].first_event)
                           : nullptr;
    auto const groups_made =
        q.evidence.has_call("__arm64_sys_setpgid") || q.evidence.has_call("__arm64_sys_setsid");
    return life && life->seen_born && !groups_made ? Answer::yes : Answer::unknown;
}

// Futexes: kernel/futex. The kernel's own wake-ups, at an exit and an exec, are of all bits and of
// one waiter; only futex_wake(), a system call of its own, takes a count of none.

bool wakes_for_the_kernel(Question const& q) {
    return q.evidence.around(q.call, "do_exit") != kNoCall ||
           q.evidence.around(q.call, "begin_new_exec") != kNoCall;
}

Answer wakes_without_bits(Question const& q) {
    return wakes_for_the_kernel(q) ? Answer::no : Answer::unknown;
}

Answer wakes_nobody(Question const& q) {
    auto const older = q.evidence.around(q.call, "__arm64_sys_futex") != kNoCall;
    return older || wakes_for_the_kernel(q) ? Answer::no : Answer::unknown;
}

struct Entry {
    std::string_view guard;
    Rule rule;
    std::uint64_t parameter;
};

constexpr std::array kRules{
    Entry{"clone_vm", clone_flag, 0x00000100},
    Entry{"clone_fs", clone_flag, 0x00000200},
    Entry{"clone_files", clone_flag, 0x00000400},
    Entry{"clone_sighand", clone_flag, 0x00000800},
    Entry{"clone_pidfd", clone_flag, 0x00001000},
    Entry{"clone_vfork", clone_flag, 0x00004000},
    Entry{"clone_parent", clone_flag, 0x00008000},
    Entry{"clone_thread", clone_flag, 0x00010000},
    Entry{"clone_newns", clone_flag, 0x00020000},
    Entry{"clone_sysvsem", clone_flag, 0x00040000},
    Entry{"clone_parent_settid", clone_flag, 0x00100000},
    Entry{"clone_detached", clone_flag, 0x00400000},
    Entry{"clone_untraced", clone_flag, 0x00800000},
    Entry{"clone_newcgroup", clone_flag, 0x02000000},
    Entry{"clone_newuts", clone_flag, 0x04000000},
    Entry{"clone_newipc", clone_flag, 0x08000000},
    Entry{"clone_newuser", clone_flag, 0x10000000},
    Entry{"clone_newpid", clone_flag, 0x20000000},
    Entry{"clone_newnet", clone_flag, 0x40000000},
    Entry{"clone_newtime", clone_flag, 0x00000080},
    Entry{"clone_io", clone_flag, 0x80000000},
    Entry{"clone_clear_sighand", clone_flag, 0x100000000},
    Entry{"clone_autoreap", clone_flag, 0x400000000},
    Entry{"clone_nnp", clone_flag, 0x800000000},
    Entry{"clone_pidfd_autokill", clone_flag, 0x1000000000},
    Entry{"clone_empty_mntns", clone_flag, 0x2000000000},
    Entry{"group_dead", last_of_group, 0},
    Entry{"others_in_group", has_other_threads, 0},
    Entry{"is_group_leader", leads_its_group, 0},
    Entry{"sig_is_kill", signal_is_one_of, bit(9)},
    Entry{"sig_is_stop", signal_is_one_of, bit(19) | bit(20) | bit(21) | bit(22)},
    Entry{"sig_is_cont", signal_is_one_of, bit(18)},
    Entry{"sig_is_segv", signal_is_one_of, bit(11)},
    Entry{"sig_is_alarm", signal_is_one_of, bit(14)},
    Entry{"sig_dumps_core", signal_is_one_of,
          bit(3) | bit(4) | bit(5) | bit(6) | bit(7) | bit(8) | bit(11) | bit(24) | bit(25) |
              bit(31)},
    Entry{"sig_ignored", signal_result, 1},
    Entry{"sig_already_pending", signal_result, 2},
    Entry{"sig_for_thread", signal_for_thread, 0},
    Entry{"waits_for_pid", waits_for_one, 0},
    Entry{"has_files", exits_with_files, 0},
    Entry{"has_mm", is_program, 0},
    Entry{"exiting_with_mm", is_program, 0},
    Entry{"mm_has_exe_file", address_space_ran, 0},
    Entry{"no_wait_queue", never, 0},
    Entry{"sig_not_queued", signal_has_no_entry, 0},
    Entry{"group_exit_begun", group_end_begun, 0},
    Entry{"group_exec_begun", group_end_begun, 0},
    Entry{"lost_group_exit_race", group_end_begun, 0},
    Entry{"interp_is_own", interpreter_was_changed, 0},
    Entry{"exec_file_open", program_file_is_open, 0},
    Entry{"walk_takes_a_break", walk_is_long, 0},
    Entry{"requeued_in_place", is_requeued, 0},
    Entry{"is_alone_in_group", alone_in_group, 0},
    Entry{"group_is_empty", alone_in_group, 0},
    Entry{"queue_empty", queue_is_empty, 0},
    Entry{"stop_is_void", stop_is_void, 0},
    Entry{"creds_are_overridden", acts_with_others_creds, 0},
    Entry{"waiter_wants_child", wants_child, 0},
    Entry{"may_run_anywhere", runs_on_many_cpus, 0},
    Entry{"migration_disabled", is_bound_to_cpu, 0},
    Entry{"goes_to_sleep", sleeps, 0},
    Entry{"clock_is_stale", clock_is_stale, 0},
    Entry{"futex_without_bits", wakes_without_bits, 0},
    Entry{"futex_wakes_nobody", wakes_nobody, 0},
    Entry{"is_rt_task", is_of_class, kRealTime},
    Entry{"is_dl_task", is_of_class, kDeadline},
    Entry{"is_stop_task", is_of_class, kStopper},
    Entry{"class_was_changed", class_was_changed, 0},
};

} // namespace

Rule rule_for(std::string_view guard, std::uint64_t& parameter) {
    auto const found = std::find_if(kRules.begin(), kRules.end(),
                                    [&](auto const& entry) { return entry.guard == guard; });
    if (found == kRules.end()) {
        return nullptr;
    }
    parameter = found->parameter;
    return found->rule;
}

} // namespace kflow::check
