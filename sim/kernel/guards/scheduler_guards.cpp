// Waking, picking and switching (kernel/sched/core.c), and what an interrupt or the way back to
// user space asks (arch/arm64/kernel/entry-common.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

/// The states that the wake-up under way may end: what its caller noted in a frame.
unsigned wake_states(Scope const& s) {
    auto const& frames = s.self().stack.frames;
    for (auto n = frames.size(); n-- > 0;) {
        if (frames[n].wake_states != 0) {
            return frames[n].wake_states;
        }
        if (frames[n].boundary) {
            break;
        }
    }
    return TASK_INTERRUPTIBLE_ | TASK_UNINTERRUPTIBLE_;
}

TaskId bound(Scope const& s, std::string_view role) {
    auto const found = s.object(role);
    return found.kind == ObjectKind::task ? static_cast<TaskId>(found.id) : kNobody<TaskId>;
}

Task const& prev(Scope const& s) {
    auto const id = bound(s, "prev");
    return id != kNobody<TaskId> && s.machine.tasks.has(id) ? s.machine.tasks[id] : s.self();
}

bool is_idle_cpu(Machine const& machine, Cpu cpu) {
    auto const& state = machine.cpu(cpu);
    return state.current == state.idle && state.queue.empty();
}

/// rq->nr_running: who goes to sleep is not counted any more, although it is not off its CPU yet;
/// who was picked is, although it is not on it.
bool has_nothing_to_run(Machine const& machine, Cpu cpu) {
    bool found = false;
    machine.tasks.for_each([&](TaskId id, Task const& task) {
        found = found || (task.on_rq && task.cpu == cpu && id != machine.cpu(cpu).idle);
    });
    return !found;
}

/// ttwu_queue_cond(): the other CPU does the rest where it shares no cache, or has nothing to run.
bool wakes_by_remote_cpu(Scope const& s) {
    auto const target = s.task().cpu;
    return target != s.cpu && (!s.machine.shares_cache || has_nothing_to_run(s.machine, target));
}

/// A sleeper in poll() on the queue that signalfds have.
bool waiter_polls(Scope const& s) {
    return s.object("waiter").kind == ObjectKind::task && polls(s.task("waiter"), kPollsSignal);
}

bool signalfd_has_waiters(Scope const& s) {
    auto const target = signal_target(s);
    if (target == kNobody<TaskId> || s.machine.tasks[target].group == kNobody<ThreadGroupId>) {
        return false;
    }
    auto const& threads = s.machine.groups[s.machine.tasks[target].group].threads;
    return std::ranges::any_of(
        threads, [&](TaskId thread) { return polls(s.machine.tasks[thread], kPollsSignal); });
}

bool signal_ends(Task const& task) {
    if (!task.thread.sigpending) {
        return false;
    }
    if ((task.state & TASK_INTERRUPTIBLE_) != 0) {
        return true;
    }
    return (task.state & TASK_WAKEKILL_) != 0 && (task.pending.set & set_of(SIGKILL_)) != 0;
}

bool sleeps(Scope const& s) {
    return !s.machine.cpu(s.cpu).preempting && s.self().state != TASK_RUNNING_ &&
           !signal_ends(s.self());
}

bool due(ThreadInfo const& thread) {
    return thread.need_resched || thread.need_resched_lazy;
}

bool resumes_work(Task const& task) {
    return task.thread.notify_resume || task.works != 0;
}

bool work(Task const& task) {
    return due(task.thread) || task.thread.sigpending || resumes_work(task);
}

bool preemption_due(Scope const& s) {
    auto const& thread = s.self().thread;
    return thread.preempt == 0 && thread.bh_off == 0 && thread.need_resched;
}

/// preemptible(): neither the counter nor the CPU's interrupt mask keeps the task here.
bool may_be_preempted(Scope const& s) {
    return s.self().thread.preempt == 0 && !s.machine.cpu(s.cpu).irqs_off;
}

/// A child that was made by vfork and still has its parent's memory: what the parent waits for.
bool vfork_is_done(Scope const& s) {
    return s.object("child").kind != ObjectKind::task || !s.task("child").vfork_waits;
}

bool dies(Task const& task) {
    return task.thread.sigpending && (task.pending.set & set_of(SIGKILL_)) != 0;
}

/// A sleeper on the queue of a process whose child changes.
bool waits_for_child(Scope const& s) {
    return s.object("waiter").kind == ObjectKind::task &&
           s.task("waiter").sleep.condition == "child_event";
}

bool completion_waiter(Scope const& s) {
    auto const parent = s.task().vfork_parent;
    return parent != kNobody<TaskId> && s.machine.tasks.has(parent) &&
           s.machine.tasks[parent].state != TASK_RUNNING_ &&
           s.machine.tasks[parent].syscall.starts_with("clone");
}

constexpr std::array kGuards{
    KFLOW_GUARD(completion_is_done, vfork_is_done(s)),
    KFLOW_GUARD(signal_ends_completion_wait, dies(s.self())),
    KFLOW_GUARD(swait_queue_has_waiter, completion_waiter(s)),
    KFLOW_GUARD(waiter_waits_for_child, waits_for_child(s)),
    KFLOW_GUARD(waiter_polls, waiter_polls(s)),
    KFLOW_GUARD(signalfd_has_waiters, signalfd_has_waiters(s)),
    KFLOW_GUARD(timer_has_fired, s.self().timer_fired),
    KFLOW_GUARD(timer_is_queued, s.self().timer_expires.count >= 0),
    KFLOW_GUARD(timer_is_active, s.self().timer_expires.count >= 0),
    KFLOW_GUARD(sleep_interrupted, s.self().thread.sigpending),
    KFLOW_GUARD(signal_ends_wait, s.self().thread.sigpending),
    KFLOW_GUARD(wakes_itself, s.task_id() == s.current && bound(s, "task") == s.current),
    KFLOW_GUARD(wake_state_matches, (s.task().state & wake_states(s)) != 0),
    KFLOW_GUARD(still_queued, s.task().on_rq),
    KFLOW_GUARD(found_queued, s.task().on_rq),
    KFLOW_GUARD(runs_on_cpu, s.task().on_cpu),
    KFLOW_GUARD(being_switched_out, s.task().on_cpu),
    KFLOW_GUARD(wakes_by_remote_cpu, wakes_by_remote_cpu(s)),
    KFLOW_GUARD(wakes_elsewhere, s.task().next_cpu != s.task().cpu),
    KFLOW_GUARD(enqueued_after_migration, false),
    KFLOW_GUARD(same_class,
                !is_idle_cpu(s.machine, s.task().cpu) &&
                    s.machine.cpu(s.task().cpu).current != s.machine.cpu(s.task().cpu).idle),
    KFLOW_GUARD(higher_class,
                s.machine.cpu(s.task().cpu).current == s.machine.cpu(s.task().cpu).idle),
    KFLOW_GUARD(cpu_was_idle,
                s.machine.cpu(s.task().cpu).current == s.machine.cpu(s.task().cpu).idle),
    KFLOW_GUARD(resched_needs_ipi, s.machine.cpu(s.cpu).resched_cpu != s.cpu),
    KFLOW_GUARD(goes_to_sleep, sleeps(s)),
    KFLOW_GUARD(idle_finds_nothing,
                s.current == s.machine.cpu(s.cpu).idle && s.machine.cpu(s.cpu).queue.empty()),
    KFLOW_GUARD(fair_has_nothing, s.machine.cpu(s.cpu).queue.empty() && !s.self().on_rq),
    KFLOW_GUARD(picks_another,
                bound(s, "next") != kNobody<TaskId> && bound(s, "next") != s.current),
    KFLOW_GUARD(next_has_no_mm, s.task("next").mm == kNobody<MmId>),
    KFLOW_GUARD(prev_has_mm, prev(s).mm != kNobody<MmId>),
    KFLOW_GUARD(mm_changes, s.task("next").mm != prev(s).active_mm),
    KFLOW_GUARD(resched_again, due(s.self().thread)),
    KFLOW_GUARD(is_idle_task, (s.task().flags & PF_IDLE_) != 0),
    KFLOW_GUARD(runs_on_other_cpu, s.task().on_cpu&& s.task().cpu != s.cpu),
    KFLOW_GUARD(resched_wanted, due(s.self().thread)),
    KFLOW_GUARD(work_before_user, work(s.self())),
    KFLOW_GUARD(resume_work_pending, resumes_work(s.self())),
    KFLOW_GUARD(resume_has_task_work, s.self().works != 0),
    KFLOW_GUARD(kernel_preemption_due, preemption_due(s)),
    KFLOW_GUARD(may_be_preempted, may_be_preempted(s)),
    KFLOW_GUARD(softirqs_lock_is_due, s.self().thread.bh_off == 0 && may_be_preempted(s)),
    KFLOW_GUARD(softirqs_lock_ends, s.self().thread.bh_off == 0),
    KFLOW_GUARD(migration_disabled, s.task().thread.migration != 0),
    KFLOW_GUARD(interrupted_idle, s.current == s.machine.cpu(s.cpu).idle),
    KFLOW_GUARD(exception_is_svc, !s.self().syscall.empty()),
    KFLOW_GUARD(exception_is_data_abort, s.self().syscall.empty()),
    KFLOW_GUARD(steps_through_svc, false),
};

} // namespace

Guards scheduler_guards() {
    return kGuards;
}

} // namespace kflow::kernel
