// Signals: on their way, at their target and in the thread that handles them (kernel/signal.c).

#include "sim/kernel/words.hpp"

#include <limits>

namespace kflow::kernel {

TaskId signal_target(Scope const& s) {
    if (s.object("target").kind == ObjectKind::task) {
        return s.task_id("target");
    }
    if (auto const* info = signal_of(s); info && info->to_each) {
        return s.task_id();
    }
    if (auto const* info = signal_of(s); info && info->target != kNobody<TaskId>) {
        return info->target;
    }
    auto const& self = s.self();
    auto const ns = s.machine.namespace_of(s.current);
    if (self.syscall == "tgkill" || self.syscall == "tkill") {
        return s.machine.find_task(ns, static_cast<std::int32_t>(self.args.get(Arg::tid)));
    }
    if (self.syscall == "kill") {
        return s.machine.find_task(ns, static_cast<std::int32_t>(self.args.get(Arg::pid)));
    }
    return s.current;
}

Action const& action_of(Machine const& machine, TaskId task, int signal) {
    static Action const by_default;
    auto const sighand = machine.tasks[task].sighand;
    if (sighand == kNobody<SighandId> || signal < 1 || signal > kSignals) {
        return by_default;
    }
    return machine.sighands[sighand].actions[static_cast<std::size_t>(signal)];
}

bool is_ignored(Machine const& machine, TaskId target, SigInfo const& info) {
    auto const& task = machine.tasks[target];
    if (((task.blocked | task.real_blocked) & set_of(info.signal)) != 0) {
        return false;
    }
    auto const& action = action_of(machine, target, info.signal);
    bool const unkillable = (machine.groups[task.group].flags & SIGNAL_UNKILLABLE_) != 0;
    if (unkillable && action.handler == 0 && !(info.forced && info.signal == SIGKILL_)) {
        return true;
    }
    auto const by_default = default_action(info.signal);
    return action.handler == 1 || (action.handler == 0 && (by_default == DefaultAction::ignore ||
                                                           by_default == DefaultAction::resume));
}

bool is_fatal(Machine const& machine, TaskId target, int signal) {
    auto const what = default_action(signal);
    return signal == SIGKILL_ ||
           ((what == DefaultAction::terminate || what == DefaultAction::dump) &&
            action_of(machine, target, signal).handler == 0);
}

bool wants_signal(Machine const& machine, TaskId thread, int signal) {
    auto const& task = machine.tasks[thread];
    if ((task.blocked & set_of(signal)) != 0 || (task.flags & PF_EXITING_) != 0) {
        return false;
    }
    if (signal == SIGKILL_) {
        return true;
    }
    if ((task.state & (TASK_STOPPED_BIT | TASK_TRACED_BIT)) != 0) {
        return false;
    }
    return task.on_cpu || !task.thread.sigpending;
}

SignalSet deliverable(Machine const& machine, TaskId id) {
    auto const& task = machine.tasks[id];
    return (task.pending.set | machine.groups[task.group].shared_pending.set) & ~task.blocked;
}

bool autoreaps(Machine const& machine, TaskId id) {
    auto const& task = machine.tasks[id];
    if (task.exit_signal != SIGCHLD_ || !machine.tasks.has(task.parent)) {
        return false;
    }
    auto const& action = action_of(machine, task.parent, SIGCHLD_);
    return action.handler == 1 || (action.flags & SA_NOCLDWAIT_) != 0;
}

SignalSet next_mask(Task const& task) {
    auto const mask = static_cast<SignalSet>(task.args.get(Arg::mask));
    if (task.next_blocked_given) {
        return task.next_blocked;
    }
    if (task.syscall == "rt_sigprocmask") {
        auto const how = task.args.get(Arg::how);
        return how == 0 ? task.blocked | mask : how == 1 ? task.blocked & ~mask : mask;
    }
    return task.restore_sigmask ? task.saved_sigmask : task.blocked;
}

namespace {

int number(Scope const& s) {
    auto const* info = signal_of(s);
    return info ? info->signal : static_cast<int>(s.self().args.get(Arg::signal));
}

Task const& target(Scope const& s) {
    auto const id = signal_target(s);
    return s.machine.tasks[id == kNobody<TaskId> ? s.current : id];
}

bool in_range(Scope const& s) {
    return number(s) >= 0 && number(s) <= kSignals;
}

bool ignored(Scope const& s) {
    auto const* info = signal_of(s);
    auto const to = signal_target(s);
    if (!info || to == kNobody<TaskId>) {
        return false;
    }
    bool const result = is_ignored(s.machine, to, *info);
    if (result) {
        signal_of(s)->result = 1; // TRACE_SIGNAL_IGNORED
    }
    return result;
}

Pending const& queue_of(Scope const& s) {
    auto const* info = signal_of(s);
    auto const& to = target(s);
    return info && info->for_thread ? to.pending : s.machine.groups[to.group].shared_pending;
}

bool already_pending(Scope const& s) {
    constexpr int first_realtime = 32;
    bool const pending = number(s) < first_realtime && (queue_of(s).set & set_of(number(s))) != 0;
    if (pending && signal_of(s)) {
        signal_of(s)->result = 2; // TRACE_SIGNAL_ALREADY_PENDING
    }
    return pending;
}

/// prepare_signal() drops what comes to a process that is dying already; there are no core dumps
/// that a SIGKILL could cut short.
bool dying(Scope const& s) {
    auto const& group = s.machine.groups[target(s).group];
    bool const dropped = (group.flags & SIGNAL_GROUP_EXIT_) != 0;
    if (dropped && signal_of(s)) {
        signal_of(s)->result = 1; // TRACE_SIGNAL_IGNORED
    }
    return dropped;
}

bool may_signal(Scope const& s) {
    auto const& mine = s.machine.creds[s.self().cred];
    auto const& theirs = s.machine.creds[target(s).cred];
    return mine.capable || mine.uid == 0 || mine.uid == theirs.uid;
}

/// sig_fatal() as complete_signal() asks it: at once, without a handler's chance.
bool fatal_now(Scope const& s) {
    auto const to = signal_target(s);
    if (to == kNobody<TaskId>) {
        return false;
    }
    auto const& task = s.machine.tasks[to];
    auto const& group = s.machine.groups[task.group];
    bool const blocked = (task.real_blocked & set_of(number(s))) != 0;
    return is_fatal(s.machine, to, number(s)) && (group.flags & SIGNAL_GROUP_EXIT_) == 0 &&
           !blocked && (group.flags & SIGNAL_UNKILLABLE_) == 0;
}

Action const& own_action(Scope const& s) {
    return action_of(s.machine, s.current, number(s));
}

bool by_default(Scope const& s, DefaultAction what) {
    return own_action(s).handler == 0 && default_action(number(s)) == what;
}

SignalSet retargetable(Scope const& s) {
    return s.group().shared_pending.set & ~s.task().blocked;
}

constexpr SignalSet kSynchronous = set_of(SIGSEGV_) | set_of(SIGBUS_) | set_of(SIGILL_) |
                                   set_of(SIGTRAP_) | set_of(SIGFPE_) | set_of(SIGSYS_);

bool parent_ignores(Scope const& s, bool stops) {
    auto const parent = s.task().parent;
    if (!s.machine.tasks.has(parent)) {
        return true;
    }
    auto const& action = action_of(s.machine, parent, SIGCHLD_);
    return action.handler == 1 || (stops && (action.flags & SA_NOCLDSTOP_) != 0);
}

/// will_become_orphaned_pgrp() of the current one: nobody outside it, in its session, is parent of
/// a member.
bool own_group_is_orphaned(Scope const& s) {
    auto const& mine = s.group("current");
    bool orphaned = true;
    s.machine.tasks.for_each([&](TaskId id, Task const& task) {
        auto const& group =
            s.machine.groups[task.group == kNobody<ThreadGroupId> ? s.self().group : task.group];
        if (task.leader != id || group.pgrp != mine.pgrp || task.exit_state != 0 ||
            !s.machine.tasks.has(task.real_parent)) {
            return;
        }
        auto const& parent = s.machine.tasks[task.real_parent];
        if (parent.group == kNobody<ThreadGroupId> ||
            (parent.tgid.value == 1 && !group.job_of_shell)) {
            return;
        }
        auto const& theirs = s.machine.groups[parent.group];
        orphaned = orphaned && !(theirs.pgrp != mine.pgrp && theirs.session == mine.session);
    });
    return orphaned;
}

bool new_mask_is_same(Scope const& s) {
    return next_mask(s.self()) == s.self().blocked;
}

std::int64_t kill_pid(Scope const& s) {
    return s.self().syscall == "kill" ? s.self().args.get(Arg::pid) : 1;
}

/// The signal that the system call's arguments name.
SigInfo from_arguments(Scope const& s) {
    SigInfo info;
    info.signal = static_cast<int>(s.self().args.get(Arg::signal));
    return info;
}

constexpr std::array kWay{
    KFLOW_GUARD(woke_up, !s.task().on_cpu), // who runs did not sleep
    KFLOW_GUARD(sig_is_kill, number(s) == SIGKILL_),
    KFLOW_GUARD(sig_is_stop, (set_of(number(s)) & kStopSignals) != 0),
    KFLOW_GUARD(sig_is_cont, number(s) == SIGCONT_),
    KFLOW_GUARD(sig_is_alarm, number(s) == SIGALRM_),
    KFLOW_GUARD(sig_is_segv, number(s) == SIGSEGV_),
    KFLOW_GUARD(sig_is_zero, number(s) == 0),
    KFLOW_GUARD(sig_dumps_core, default_action(number(s)) == DefaultAction::dump),
    KFLOW_GUARD(sig_invalid, !in_range(s)),
    KFLOW_GUARD(sig_from_user, signal_of(s) && !signal_of(s)->from_kernel),
    KFLOW_GUARD(sig_from_kernel, signal_of(s) && signal_of(s)->from_kernel),
    KFLOW_GUARD(sig_names_sender, signal_of(s) && !signal_of(s)->from_kernel &&
                                      (signal_of(s)->code <= 0 || number(s) == SIGCHLD_)),
    KFLOW_GUARD(sig_for_thread, signal_of(s) && signal_of(s)->for_thread),
    KFLOW_GUARD(target_dying, dying(s)),
    KFLOW_GUARD(sig_ignored, ignored(s)),
    KFLOW_GUARD(sig_already_pending, already_pending(s)),
    KFLOW_GUARD(target_is_kthread, (target(s).flags & PF_KTHREAD_) != 0),
    KFLOW_GUARD(target_thread_exiting,
                signal_of(s) && signal_of(s)->for_thread && (target(s).flags & PF_EXITING_) != 0),
    KFLOW_GUARD(target_wants_signal, signal_target(s) != kNobody<TaskId> &&
                                         wants_signal(s.machine, signal_target(s), number(s))),
    KFLOW_GUARD(target_is_alone, s.machine.groups[target(s).group].threads.size() <= 1),
    KFLOW_GUARD(sig_fatal, fatal_now(s)),
    KFLOW_GUARD(target_stopped,
                (s.machine.groups[target(s).group].flags & SIGNAL_STOP_STOPPED_) != 0 ||
                    s.machine.groups[target(s).group].group_stop_count != 0),
    KFLOW_GUARD(target_gone, signal_target(s) == kNobody<TaskId>),
    KFLOW_GUARD(sig_not_permitted, !may_signal(s)),
    KFLOW_GUARD(sig_to_own_group, target(s).group == s.self().group),
    KFLOW_GUARD(sig_needs_cap_kill,
                s.machine.creds[s.self().cred].uid != s.machine.creds[target(s).cred].uid),
    KFLOW_GUARD(kill_one_process, kill_pid(s) > 0),
    KFLOW_GUARD(kill_names_nobody, kill_pid(s) == std::numeric_limits<std::int32_t>::min()),
    KFLOW_GUARD(kill_group, kill_pid(s) != -1 && kill_pid(s) <= 0),
    KFLOW_GUARD(kill_own_group, kill_pid(s) == 0),
    KFLOW_GUARD(thread_wants_signal, wants_signal(s.machine, s.task_id(), number(s))),
    KFLOW_GUARD(forced_was_blocked,
                (target(s).blocked & set_of(number(s))) != 0 || own_action(s).handler == 1),
    KFLOW_GUARD(forced_flag_still_down, !target(s).thread.sigpending),
};

constexpr std::array kHandling{
    KFLOW_GUARD(group_dying, (s.group("current").flags & SIGNAL_GROUP_EXIT_) != 0 ||
                                 s.group("current").group_exec_task != kNobody<TaskId>),
    KFLOW_GUARD(sigpending_flag, s.self().thread.sigpending),
    KFLOW_GUARD(cld_news_pending,
                (s.group("current").flags & (SIGNAL_CLD_STOPPED_ | SIGNAL_CLD_CONTINUED_)) != 0),
    KFLOW_GUARD(stop_pending, s.task("current").jobctl_stop != 0),
    KFLOW_GUARD(synchronous_pending,
                (s.self().pending.set & ~s.self().blocked & kSynchronous) != 0 ||
                    (signal_of(s) && signal_of(s)->synchronous)),
    KFLOW_GUARD(nothing_to_deliver, signal_of(s) == nullptr),
    KFLOW_GUARD(queue_empty, signal_of(s) == nullptr),
    KFLOW_GUARD(action_is_ignore, own_action(s).handler == 1),
    KFLOW_GUARD(action_is_handler, own_action(s).handler >= 2),
    KFLOW_GUARD(init_is_immune,
                (s.group("current").flags & SIGNAL_UNKILLABLE_) != 0 && number(s) != SIGKILL_),
    KFLOW_GUARD(action_is_stop, by_default(s, DefaultAction::stop)),
    KFLOW_GUARD(stop_from_terminal, number(s) != SIGSTOP_),
    KFLOW_GUARD(pgrp_orphaned, own_group_is_orphaned(s)),
    KFLOW_GUARD(stop_called_off, s.self().jobctl_stop == 0 && !s.self().stop_dequeued),
    KFLOW_GUARD(last_to_stop, s.group().group_stop_count == 0),
    KFLOW_GUARD(stop_consumes, s.task().jobctl_stop_consume),
    KFLOW_GUARD(death_dumps_core, default_action(number(s)) == DefaultAction::dump),
    KFLOW_GUARD(group_stopping, s.group("current").group_stop_count > 0),
    KFLOW_GUARD(others_in_group,
                s.group().threads.size() > 1 && (s.group().flags & SIGNAL_GROUP_EXIT_) == 0),
    KFLOW_GUARD(shared_signals_to_hand_on, retargetable(s) != 0),
    KFLOW_GUARD(leaving_ends_group_stop, s.task().left_group_stopped),
    KFLOW_GUARD(mask_unchanged, new_mask_is_same(s)),
    KFLOW_GUARD(signals_deliverable,
                deliverable(s.machine, s.task_id()) != 0 || s.task().jobctl_stop != 0),
    KFLOW_GUARD(signal_waiting, s.self().thread.sigpending),
    KFLOW_GUARD(thread_exiting, (s.task("other").flags & PF_EXITING_) != 0),
    KFLOW_GUARD(thread_dead, s.task("other").exit_state != 0),
    KFLOW_GUARD(jobctl_refused, (s.task().flags & PF_EXITING_) != 0 ||
                                    (s.task().pending.set & set_of(SIGKILL_)) != 0),
    KFLOW_GUARD(parent_autoreaps, s.task().autoreaped || autoreaps(s.machine, s.task_id())),
    KFLOW_GUARD(group_autoreaps, s.group().autoreap),
    KFLOW_GUARD(parent_ignores_sigchld, parent_ignores(s, false)),
    KFLOW_GUARD(parent_ignores_stops, parent_ignores(s, true)),
    KFLOW_GUARD(exit_signal_is_zero, s.task().exit_signal <= 0),
    KFLOW_GUARD(group_is_empty, s.group().threads.size() <= 1),
    KFLOW_GUARD(action_immutable, number(s) == SIGKILL_ || number(s) == SIGSTOP_),
    KFLOW_GUARD(action_now_ignores, is_ignored(s.machine, s.current, from_arguments(s))),
    KFLOW_GUARD(saved_mask_is_pending, s.self().restore_sigmask),
    KFLOW_GUARD(signal_work_pending, s.self().thread.sigpending),
    KFLOW_GUARD(restart_wanted, s.self().user.result <= -512 && s.self().user.result >= -516),
    KFLOW_GUARD(restarts_by_block, s.self().user.result == -516),
    KFLOW_GUARD(handler_to_run, s.self().delivered.signal != 0),
    KFLOW_GUARD(handler_ends_syscall, s.self().user.result == -516 ||
                                          s.self().user.result == -514 ||
                                          (s.self().user.result == -512 &&
                                           (s.self().delivered_action.flags & SA_RESTART_) == 0)),
    KFLOW_GUARD(handler_wants_siginfo, (s.self().delivered_action.flags & SA_SIGINFO_) != 0),
    KFLOW_GUARD(thread_stopped, (s.task("other").state & TASK_STOPPED_BIT) != 0),
};

} // namespace

Guards signal_guards() {
    static auto const all = [] {
        std::vector<Word<GuardFunction>> words(kWay.begin(), kWay.end());
        words.insert(words.end(), kHandling.begin(), kHandling.end());
        return words;
    }();
    return all;
}

} // namespace kflow::kernel
