// Sending, taking and handling signals (kernel/signal.c, arch/arm64/kernel/signal.c).

#include "sim/kernel/words.hpp"

#include <utility>

namespace kflow::kernel {

namespace {

void remember_target(Scope const& s) {
    if (auto* info = signal_of(s)) {
        info->target = signal_target(s);
    }
}

Pending& queue_of(Scope const& s) {
    auto const* info = signal_of(s);
    auto const to = signal_target(s);
    return info->for_thread ? s.machine.tasks.edit(to).pending
                            : s.machine.groups.edit(s.machine.tasks[to].group).shared_pending;
}

void queue_signal(Scope const& s) {
    auto const* info = signal_of(s);
    if (!info || signal_target(s) == kNobody<TaskId>) {
        return;
    }
    remember_target(s);
    auto const copy = *signal_of(s);
    auto& queue = queue_of(s);
    queue.set |= set_of(copy.signal);
    queue.queue.push_back(copy);
}

/// complete_signal(): the thread that is to handle it, the target itself if it can.
void choose_taker(Scope const& s) {
    auto const* info = signal_of(s);
    auto const to = signal_target(s);
    if (!info || to == kNobody<TaskId>) {
        return;
    }
    auto chosen = to;
    auto const signal = info->signal;
    if (!wants_signal(s.machine, to, signal) && !info->for_thread) {
        auto const& threads = s.machine.groups[s.machine.tasks[to].group].threads;
        auto const found = std::find_if(threads.begin(), threads.end(), [&](TaskId id) {
            return wants_signal(s.machine, id, signal);
        });
        chosen = found == threads.end() ? to : *found;
    }
    s.bind("taker", object_of(chosen));
}

void start_group_exit(Scope const& s) {
    auto const to = signal_target(s);
    auto& group = s.machine.groups.edit(s.machine.tasks[to].group);
    group.flags = (group.flags & SIGNAL_UNKILLABLE_) | SIGNAL_GROUP_EXIT_;
    group.group_exit_code = signal_of(s) ? signal_of(s)->signal : SIGKILL_;
    group.group_stop_count = 0;
}

void stop(Scope const& s) {
    auto& self = s.edit_self();
    self.state = TASK_STOPPED_;
    self.stopped = true;
}

void pend_kill(Scope const& s) {
    s.edit().stopped = false;
    s.edit().jobctl_stop = 0;
    s.edit().pending.set |= set_of(SIGKILL_);
}

/// dequeue_signal()'s choice: synchronous ones first, then the lowest number; own before shared.
int next_signal(SignalSet set) {
    constexpr SignalSet synchronous = set_of(SIGSEGV_) | set_of(SIGBUS_) | set_of(SIGILL_) |
                                      set_of(SIGTRAP_) | set_of(SIGFPE_) | set_of(SIGSYS_);
    auto const from = (set & synchronous) != 0 ? set & synchronous : set;
    for (int signal = 1; signal <= kSignals; ++signal) {
        if ((from & set_of(signal)) != 0) {
            return signal;
        }
    }
    return 0;
}

SigInfo take_from(Pending& pending, int signal) {
    SigInfo info;
    info.signal = signal;
    auto const found = std::find_if(pending.queue.begin(), pending.queue.end(),
                                    [&](SigInfo const& queued) { return queued.signal == signal; });
    if (found != pending.queue.end()) {
        info = *found;
        pending.queue.erase(found);
    }
    bool const more = std::any_of(pending.queue.begin(), pending.queue.end(),
                                  [&](SigInfo const& queued) { return queued.signal == signal; });
    if (!more) {
        pending.set &= ~set_of(signal);
    }
    return info;
}

void take_signal(Scope const& s) {
    auto const blocked = s.self().blocked;
    auto const own = next_signal(s.self().pending.set & ~blocked);
    if (own != 0) {
        s.bind("sig", add_signal(s.machine, take_from(s.edit_self().pending, own)));
        return;
    }
    auto const shared = next_signal(s.group("current").shared_pending.set & ~blocked);
    if (shared != 0) {
        auto& pending = s.edit_group("current").shared_pending;
        s.bind("sig", add_signal(s.machine, take_from(pending, shared)));
        return;
    }
    s.bind("sig", Object{});
}

void take_synchronous(Scope const& s) {
    take_signal(s);
    if (auto* info = signal_of(s)) {
        info->synchronous = true;
    }
}

void use_up_kill(Scope const& s) {
    take_from(s.edit_self().pending, SIGKILL_);
    if (s.group("current").shared_pending.set & set_of(SIGKILL_)) {
        take_from(s.edit_group("current").shared_pending, SIGKILL_);
    }
    SigInfo info; // whoever sent it, and as what
    info.signal = SIGKILL_;
    s.bind("sig", add_signal(s.machine, info));
}

void flush(Pending& pending, SignalSet mask) {
    pending.set &= ~mask;
    std::erase_if(pending.queue,
                  [&](SigInfo const& queued) { return (set_of(queued.signal) & mask) != 0; });
}

/// A stop signal takes back SIGCONT, SIGCONT the stop signals; a signal that is now ignored leaves.
void flush_mask(Scope const& s) {
    auto const* info = signal_of(s);
    auto to = signal_target(s);
    auto const& self = s.self();
    SignalSet mask = info && info->signal == SIGCONT_ ? kStopSignals : set_of(SIGCONT_);
    if (self.syscall == "rt_sigaction") {
        mask = set_of(static_cast<int>(self.args.get(Arg::signal)));
        to = s.current;
    }
    if (to == kNobody<TaskId>) {
        return;
    }
    auto const group = s.machine.tasks[to].group;
    flush(s.machine.groups.edit(group).shared_pending, mask);
    for (auto const thread : s.machine.groups[group].threads) {
        flush(s.machine.tasks.edit(thread).pending, mask);
    }
}

/// flush_sigqueue() at the end of a task: its own queue, and the group's with the last thread.
void flush_queue(Scope const& s) {
    s.edit().pending = Pending{};
    if (s.group().threads.empty()) {
        s.edit_group().shared_pending = Pending{};
    }
}

void reset_handlers(Scope const& s) {
    auto const sighand = s.task().sighand;
    if (sighand == kNobody<SighandId>) {
        return;
    }
    for (auto& action : s.machine.sighands.edit(sighand).actions) {
        action = Action{action.handler == 1 ? 1 : 0, 0, 0};
    }
}

void end_stop(Scope const& s) {
    s.edit().stopped = false;
    s.edit().jobctl_stop = 0;
    s.edit().jobctl_stop_consume = false;
    s.edit().stop_dequeued = false;
}

void note_continued(Scope const& s) {
    auto const to = signal_target(s);
    auto& group = s.machine.groups.edit(s.machine.tasks[to].group);
    auto const why = (group.flags & SIGNAL_STOP_STOPPED_) != 0 ? SIGNAL_CLD_CONTINUED_
                     : group.group_stop_count != 0             ? SIGNAL_CLD_STOPPED_
                                                               : 0U;
    if (why != 0) {
        group.flags = (group.flags & SIGNAL_UNKILLABLE_) | why | SIGNAL_STOP_CONTINUED_;
        group.group_stop_count = 0;
        group.group_exit_code = 0;
    }
}

/// do_signal_stop(): every thread takes part.
void start_group_stop(Scope const& s) {
    auto const* info = signal_of(s);
    auto const signal = info ? info->signal : SIGSTOP_;
    auto& group = s.edit_group("current");
    if ((group.flags & SIGNAL_STOP_STOPPED_) == 0) {
        group.group_exit_code = signal;
    }
    group.group_stop_count = 0;
    for (auto const thread : group.threads) {
        auto& task = s.machine.tasks.edit(thread);
        if ((task.flags & PF_EXITING_) == 0) {
            task.jobctl_stop = signal;
            task.jobctl_stop_consume = true;
            // The others are told by signal_wake_up(); the thread itself is here already.
            task.thread.sigpending = task.thread.sigpending || thread != s.current;
            group.group_stop_count++;
        }
    }
}

void take_part_in_stop(Scope const& s) {
    auto& group = s.edit_group();
    group.group_stop_count = std::max(0, group.group_stop_count - 1);
    if (group.group_stop_count == 0 && (group.flags & SIGNAL_STOP_STOPPED_) == 0) {
        group.flags = (group.flags & SIGNAL_UNKILLABLE_) | SIGNAL_STOP_STOPPED_;
    }
    s.edit().jobctl_stop_consume = false;
}

/// get_signal(): which news it was is settled now, whatever becomes of the flags later.
void take_cld_news(Scope const& s) {
    auto& flags = s.edit_group("current").flags;
    s.edit_self().cld_news = (flags & SIGNAL_CLD_CONTINUED_) != 0 ? CLD_CONTINUED_ : CLD_STOPPED_;
    flags &= ~(SIGNAL_CLD_STOPPED_ | SIGNAL_CLD_CONTINUED_);
}

/// A deadly signal ends the thread; the group's exit code is the signal, with 0x80 for a core.
void note_signaled(Scope const& s) {
    auto const* info = signal_of(s);
    auto& self = s.edit_self();
    self.flags |= PF_SIGNALED_;
    self.dies_of_signal = true;
    auto const signal = info ? info->signal : SIGKILL_;
    self.exit_code = signal;
    if (default_action(signal) == DefaultAction::dump && s.machine.dumps_core) {
        self.exit_code |= 0x80;
    }
}

void fill_sigchld(Scope const& s) {
    auto const& task = s.task();
    SigInfo info;
    info.signal = task.exit_signal > 0 ? task.exit_signal : SIGCHLD_;
    auto const code = task.exit_code;
    info.code = (code & 0x80) != 0 ? CLD_DUMPED_ : (code & 0x7f) != 0 ? CLD_KILLED_ : CLD_EXITED_;
    info.status = (code & 0x7f) != 0 ? code & 0x7f : code >> 8;
    info.pid = task.pid;
    info.target = task.parent;
    s.bind("sigchld", add_signal(s.machine, info));
    s.bind("parent", object_of(task.parent));
}

void fill_sigchld_stop(Scope const& s) {
    auto& task = s.edit();
    auto const& group = s.group();
    SigInfo info;
    info.signal = SIGCHLD_;
    bool const continued = std::exchange(task.cld_news, 0) == CLD_CONTINUED_;
    info.code = continued ? CLD_CONTINUED_ : CLD_STOPPED_;
    info.status = continued ? SIGCONT_ : group.group_exit_code & 0x7f;
    info.pid = s.machine.tasks[task.leader].pid;
    info.target = s.machine.tasks[task.leader].real_parent;
    s.bind("sigchld", add_signal(s.machine, info));
    s.bind("parent", object_of(info.target));
}

/// SIGCHLD ignored or SA_NOCLDWAIT: nobody will wait; ignored, it is not even sent.
void autoreap(Scope const& s) {
    s.edit().autoreaped = true;
}

/// kill, tgkill and what the kernel forces on the running thread.
void fill_siginfo(Scope const& s) {
    auto const& self = s.self();
    SigInfo info;
    info.pid = self.tgid;
    if (self.syscall == "tgkill" || self.syscall == "tkill" || self.syscall == "kill") {
        info.signal = static_cast<int>(self.args.get(Arg::signal));
        info.for_thread = self.syscall != "kill";
        info.code = info.for_thread ? SI_TKILL_ : SI_USER_;
        info.target = signal_target(s);
        s.bind("sig", add_signal(s.machine, info));
        return;
    }
    if (auto const* fault = signal_of(s)) {
        info = *fault;
    } else if (self.fault_signal != 0) {
        info.signal = self.fault_signal;
        info.code = self.fault_code;
        s.edit_self().fault_signal = 0;
    } else {
        info.signal = SIGSEGV_;
        info.code = SI_KERNEL_;
    }
    info.forced = true;
    info.for_thread = true;
    info.target = s.current;
    s.bind("sig", add_signal(s.machine, info));
}

/// force_sig_info_to_task(): a blocked or ignored signal gets its default action.
void force_default(Scope const& s) {
    auto const* info = signal_of(s);
    auto const to = signal_target(s);
    if (!info || to == kNobody<TaskId>) {
        return;
    }
    auto& task = s.machine.tasks.edit(to);
    task.blocked &= ~set_of(info->signal);
    s.machine.sighands.edit(task.sighand).actions[static_cast<std::size_t>(info->signal)].handler =
        0;
}

void set_action(Scope const& s) {
    auto const& args = s.self().args;
    auto const signal = args.get(Arg::signal);
    if (args.get(Arg::handler, -1) < 0 || signal < 1 || signal > kSignals ||
        s.self().sighand == kNobody<SighandId>) {
        return;
    }
    auto& action =
        s.machine.sighands.edit(s.self().sighand).actions[static_cast<std::size_t>(signal)];
    action.handler = args.get(Arg::handler);
    action.flags = static_cast<std::uint64_t>(args.get(Arg::action_flags));
    action.mask = static_cast<SignalSet>(args.get(Arg::mask));
}

void use_up_oneshot(Scope const& s) {
    auto const* info = signal_of(s);
    if (!info || s.self().sighand == kNobody<SighandId>) {
        return;
    }
    auto const& action = action_of(s.machine, s.current, info->signal);
    s.edit_self().delivered = *info;
    s.edit_self().delivered_action = action;
    if ((action.flags & SA_RESETHAND_) != 0) {
        s.machine.sighands.edit(s.self().sighand)
            .actions[static_cast<std::size_t>(info->signal)]
            .handler = 0;
    }
}

constexpr SignalSet kUnblockable = set_of(SIGKILL_) | set_of(SIGSTOP_);

/// The mask that a system call gives, or the handler's, or the one that is put back.
void set_blocked(Scope const& s) {
    auto const mask = next_mask(s.self());
    auto& self = s.edit_self();
    if (self.next_blocked_given) {
        self.next_blocked_given = false;
    } else if (self.syscall != "rt_sigprocmask" && self.restore_sigmask) {
        self.restore_sigmask = false;
    }
    self.blocked = mask & ~kUnblockable;
}

void save_blocked(Scope const& s) {
    auto& self = s.edit_self();
    self.saved_sigmask = self.blocked;
    self.restore_sigmask = true;
    self.next_blocked = static_cast<SignalSet>(self.args.get(Arg::mask)) & ~kUnblockable;
    self.next_blocked_given = true;
}

void block_for_handler(Scope const& s) {
    auto& self = s.edit_self();
    auto const& action = self.delivered_action;
    auto mask = self.blocked | action.mask;
    if ((action.flags & SA_NODEFER_) == 0) {
        mask |= set_of(self.delivered.signal);
    }
    self.next_blocked = mask & ~kUnblockable;
    self.next_blocked_given = true;
    self.restore_sigmask = false;
    self.delivered = SigInfo{};
}

/// setup_rt_frame(): the user side goes on in the handler, and comes back by rt_sigreturn.
void push_frame(Scope const& s, Actions& act) {
    act.enter_handler(s.current);
}

void restore_frame(Scope const& s, Actions& act) {
    act.leave_handler(s.current);
}

/// A signal of the kernel's own, bound to `sig`.
void fill(Scope const& s, int signal, TaskId target) {
    SigInfo info;
    info.signal = signal;
    info.code = SI_KERNEL_;
    info.from_kernel = true;
    info.target = target;
    s.bind("sig", add_signal(s.machine, info));
}

/// SIGCHLD's cousin for a parent's death comes as if a user had sent it (SEND_SIG_NOINFO).
void fill_pdeath(Scope const& s) {
    fill(s, s.task("child").pdeath_signal, s.task_id("child"));
    signal_of(s)->from_kernel = false;
    signal_of(s)->code = SI_USER_;
}

int check_arguments(Scope const& s) {
    constexpr int invalid = 22;
    auto const& self = s.self();
    auto const signal = self.args.get(Arg::signal, 1);
    if (self.syscall == "rt_sigaction" && (signal < 1 || signal > kSignals)) {
        return invalid;
    }
    auto const how = self.args.get(Arg::how);
    return self.syscall == "rt_sigprocmask" && (how < 0 || how > 2) ? invalid : 0;
}

constexpr std::array kEffects{
    KFLOW_EFFECT(fill_exec_sigsegv, fill(s, SIGSEGV_, s.current)),
    KFLOW_EFFECT(fill_sigxfsz, fill(s, SIGXFSZ_, s.current)),
    KFLOW_EFFECT(fill_sighup, fill(s, SIGHUP_, kNobody<TaskId>)),
    KFLOW_EFFECT(fill_sigcont, fill(s, SIGCONT_, kNobody<TaskId>)),
    KFLOW_EFFECT(fill_pdeath_signal, fill_pdeath(s)),
    KFLOW_EFFECT(fill_exitkill, fill(s, SIGKILL_, kNobody<TaskId>)),
    Word<EffectFunction>{"check_arguments",
                         [](Scope const& s, Actions&) { return check_arguments(s); }},
    KFLOW_EFFECT(queue_signal, queue_signal(s)),
    KFLOW_EFFECT(queue_siginfo, remember_target(s)),
    KFLOW_EFFECT(delay_for_forks, (void)s),
    KFLOW_EFFECT(choose_taker, choose_taker(s)),
    KFLOW_EFFECT(start_group_exit, start_group_exit(s)),
    KFLOW_EFFECT(pend_kill, pend_kill(s)),
    KFLOW_EFFECT(set_sigpending, s.edit().thread.sigpending = true),
    KFLOW_EFFECT(clear_sigpending, s.edit().thread.sigpending = false),
    KFLOW_EFFECT(use_up_kill, use_up_kill(s)),
    KFLOW_EFFECT(take_signal, take_signal(s)),
    KFLOW_EFFECT(take_synchronous_signal, take_synchronous(s)),
    KFLOW_EFFECT(note_stop_dequeued, s.edit_self().stop_dequeued = true),
    KFLOW_EFFECT(flush_signals_of_mask, flush_mask(s)),
    KFLOW_EFFECT(flush_queue, flush_queue(s)),
    KFLOW_EFFECT(flush_timer_signals, (void)s),
    KFLOW_EFFECT(reset_handlers, reset_handlers(s)),
    KFLOW_EFFECT(end_stop, end_stop(s)),
    KFLOW_EFFECT(note_group_continued, note_continued(s)),
    KFLOW_EFFECT(start_group_stop, start_group_stop(s)),
    KFLOW_EFFECT(set_jobctl, (void)s),
    KFLOW_EFFECT(clear_jobctl, s.edit().jobctl_stop = 0),
    KFLOW_EFFECT(take_part_in_stop, take_part_in_stop(s)),
    KFLOW_EFFECT(set_stopped, stop(s)),
    KFLOW_EFFECT(set_traced, s.edit_self().state = TASK_TRACED_BIT | TASK_WAKEKILL_),
    KFLOW_EFFECT(note_signaled, note_signaled(s)),
    KFLOW_EFFECT(take_cld_news, take_cld_news(s)),
    KFLOW_EFFECT(use_up_oneshot, use_up_oneshot(s)),
    KFLOW_EFFECT(fill_sigchld, fill_sigchld(s)),
    KFLOW_EFFECT(fill_sigchld_stop, fill_sigchld_stop(s)),
    KFLOW_EFFECT(autoreap, autoreap(s)),
    KFLOW_EFFECT(fill_siginfo, fill_siginfo(s)),
    KFLOW_EFFECT(force_default_action, force_default(s)),
    KFLOW_EFFECT(set_blocked, set_blocked(s)),
    KFLOW_EFFECT(save_blocked, save_blocked(s)),
    KFLOW_EFFECT(set_action, set_action(s)),
    KFLOW_EFFECT(set_altstack, (void)s),
    KFLOW_EFFECT(block_for_handler, block_for_handler(s)),
    KFLOW_EFFECT(push_signal_frame, (void)s),
    KFLOW_EFFECT(enter_handler, push_frame(s, act)),
    KFLOW_EFFECT(rewind_to_svc, (void)s),
    KFLOW_EFFECT(answer_eintr, s.edit_self().user.result = -4),
    KFLOW_EFFECT(set_restart_syscall, (void)s),
    KFLOW_EFFECT(note_fault, (void)s),
    KFLOW_EFFECT(restore_signal_frame, restore_frame(s, act)),
};

} // namespace

Effects signal_effects() {
    return kEffects;
}

} // namespace kflow::kernel
