// wait4 and waitid (kernel/exit.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

std::int64_t wait_options(Task const& waiter) {
    auto const options = waiter.args.get(Arg::options);
    return waiter.syscall == "waitid" ? options : options | WEXITED_;
}

namespace {

enum class WaitFor { any, pid, group, pidfd };

WaitFor kind_of_wait(Task const& waiter) {
    if (waiter.syscall == "waitid") {
        switch (waiter.args.get(Arg::idtype)) {
        case 0:
            return WaitFor::any;
        case 1:
            return WaitFor::pid;
        case 2:
            return WaitFor::group;
        default:
            return WaitFor::pidfd;
        }
    }
    auto const pid = waiter.args.get(Arg::pid, -1);
    return pid == -1 ? WaitFor::any : pid > 0 ? WaitFor::pid : WaitFor::group;
}

/// The group that a wait for a group is for, in the root namespace's struct pid.
PidId awaited_group(Machine const& machine, TaskId id) {
    auto const& waiter = machine.tasks[id];
    auto number = waiter.args.get(Arg::pid, -1);
    number = number < 0 ? -number : number;
    if (number == 0 || (waiter.syscall != "waitid" && waiter.args.get(Arg::pid, -1) == 0)) {
        return machine.groups[waiter.group].pgrp;
    }
    auto const& used = machine.namespaces[machine.namespace_of(id)].used;
    auto const found = used.find(static_cast<std::int32_t>(number));
    return found == used.end() ? kNobody<PidId> : found->second;
}

} // namespace

bool is_waited_for(Machine const& machine, TaskId waiter_id, TaskId id) {
    auto const& waiter = machine.tasks[waiter_id];
    auto const& task = machine.tasks[id];
    auto const options = wait_options(waiter);
    switch (kind_of_wait(waiter)) {
    case WaitFor::any:
        break;
    case WaitFor::pid:
    case WaitFor::pidfd:
        if (machine.number_in(task.pid_struct, machine.namespace_of(waiter_id)) !=
            waiter.args.get(Arg::pid)) {
            return false;
        }
        break;
    case WaitFor::group:
        if (machine.groups[task.group].pgrp != awaited_group(machine, waiter_id)) {
            return false;
        }
        break;
    }
    if ((options & __WALL_) != 0) {
        return true;
    }
    bool const is_clone = task.exit_signal != SIGCHLD_;
    return is_clone == ((options & __WCLONE_) != 0);
}

bool has_child_to_wait_for(Machine const& machine, TaskId waiter) {
    auto const& threads = machine.groups[machine.tasks[waiter].group].threads;
    bool const own = (wait_options(machine.tasks[waiter]) & __WNOTHREAD_) != 0;
    for (auto const thread : threads) {
        if (own && thread != waiter) {
            continue;
        }
        for (auto const child : machine.tasks[thread].children) {
            if (machine.tasks.has(child) && machine.tasks[child].leader == child &&
                machine.tasks[child].exit_state != EXIT_DEAD_ &&
                is_waited_for(machine, waiter, child)) {
                return true;
            }
        }
    }
    return false;
}

TaskId awaited_task(Machine const& machine, TaskId waiter) {
    auto const number = machine.tasks[waiter].args.get(Arg::pid);
    return machine.find_task(machine.namespace_of(waiter), static_cast<std::int32_t>(number));
}

bool leader_has_threads(Machine const& machine, TaskId task) {
    auto const& found = machine.tasks[task];
    return found.leader == task && machine.groups[found.group].threads.size() > 1;
}

namespace {

WaitFor kind(Scope const& s) {
    return kind_of_wait(s.self());
}

bool wants(Scope const& s, std::int64_t bit) {
    return (wait_options(s.self()) & bit) != 0;
}

bool bad_options(Scope const& s) {
    constexpr std::int64_t both = WNOHANG_ | __WNOTHREAD_ | __WCLONE_ | __WALL_;
    auto const options = s.self().args.get(Arg::options);
    if (s.self().syscall == "waitid") {
        auto const known = both | WNOWAIT_ | WEXITED_ | WSTOPPED_ | WCONTINUED_;
        return (options & ~known) != 0 || (options & (WEXITED_ | WSTOPPED_ | WCONTINUED_)) == 0;
    }
    return (options & ~(both | WUNTRACED_ | WCONTINUED_)) != 0;
}

bool bad_pid(Scope const& s) {
    auto const pid = s.self().args.get(Arg::pid, -1);
    if (s.self().syscall == "waitid") {
        return kind(s) == WaitFor::pid ? pid <= 0 : kind(s) == WaitFor::group && pid < 0;
    }
    return pid == INT32_MIN;
}

bool target_is_own_child(Scope const& s) {
    auto const target = awaited_task(s.machine, s.current);
    if (target == kNobody<TaskId> || s.machine.tasks[target].leader != target) {
        return false;
    }
    auto const parent = s.machine.tasks[target].real_parent;
    return parent == s.current || (!wants(s, __WNOTHREAD_) && s.machine.tasks.has(parent) &&
                                   s.machine.tasks[parent].group == s.self().group);
}

bool nobody_has_pid(Scope const& s) {
    if (kind(s) == WaitFor::any) {
        return false;
    }
    if (kind(s) == WaitFor::group) {
        return awaited_group(s.machine, s.current) == kNobody<PidId>;
    }
    return awaited_task(s.machine, s.current) == kNobody<TaskId>;
}

bool is_eligible(Scope const& s) {
    return s.task().leader == s.task_id() && is_waited_for(s.machine, s.current, s.task_id());
}

bool is_stopped(Scope const& s) {
    auto const& group = s.group();
    return group.group_stop_count == 0 && (group.flags & SIGNAL_STOP_STOPPED_) != 0 &&
           group.group_exit_code != 0;
}

/// child_wait_callback(): whether the waiter on the queue is for the child that calls.
bool waiter_is_for(Scope const& s) {
    auto const waiter =
        s.object("waiter").kind == ObjectKind::task ? s.task_id("waiter") : s.current;
    return waiter == s.current || is_waited_for(s.machine, waiter, s.task_id());
}

constexpr std::array kGuards{
    KFLOW_GUARD(waits_for_any, kind(s) == WaitFor::any),
    KFLOW_GUARD(waits_for_pid, kind(s) == WaitFor::pid || kind(s) == WaitFor::pidfd),
    KFLOW_GUARD(waits_for_own_group,
                kind(s) == WaitFor::group && s.self().args.get(Arg::pid, -1) == 0),
    KFLOW_GUARD(waits_for_pidfd, kind(s) == WaitFor::pidfd),
    KFLOW_GUARD(bad_wait_options, bad_options(s)),
    KFLOW_GUARD(bad_wait_pid, bad_pid(s)),
    KFLOW_GUARD(waits_for_exited, wants(s, WEXITED_)),
    KFLOW_GUARD(wait_leaves_child, wants(s, WNOWAIT_)),
    KFLOW_GUARD(waits_for_stopped, wants(s, WSTOPPED_)),
    KFLOW_GUARD(waits_for_continued, wants(s, WCONTINUED_)),
    KFLOW_GUARD(waits_for_own_children, wants(s, __WNOTHREAD_)),
    KFLOW_GUARD(wants_rusage, false),
    KFLOW_GUARD(wants_siginfo, s.self().wait_reported),
    KFLOW_GUARD(nothing_has_pid, nobody_has_pid(s)),
    KFLOW_GUARD(target_is_child, target_is_own_child(s)),
    KFLOW_GUARD(wait_would_block,
                has_child_to_wait_for(s.machine, s.current) && !wants(s, WNOHANG_)),
    KFLOW_GUARD(no_child_to_wait_for, !has_child_to_wait_for(s.machine, s.current)),
    KFLOW_GUARD(wait_interrupted, s.self().thread.sigpending),
    KFLOW_GUARD(child_is_eligible, is_eligible(s)),
    KFLOW_GUARD(child_is_zombie, s.task().exit_state == EXIT_ZOMBIE_),
    KFLOW_GUARD(leader_has_threads, leader_has_threads(s.machine, s.task_id())),
    KFLOW_GUARD(zombie_claimed_by_other, s.task().exit_state == EXIT_DEAD_),
    KFLOW_GUARD(child_is_stopped, is_stopped(s)),
    KFLOW_GUARD(stop_vanished, !is_stopped(s)),
    KFLOW_GUARD(child_is_continued, (s.group().flags & SIGNAL_STOP_CONTINUED_) != 0),
    KFLOW_GUARD(continue_vanished, (s.group().flags & SIGNAL_STOP_CONTINUED_) == 0),
    KFLOW_GUARD(waiter_wants_child, waiter_is_for(s)),
};

} // namespace

Guards wait_guards() {
    return kGuards;
}

} // namespace kflow::kernel
