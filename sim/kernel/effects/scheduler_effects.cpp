// Waking, queueing, picking and switching (kernel/sched/core.c), and sleeping.

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

void set_state(Scope const& s, unsigned state) {
    auto& task = s.edit();
    task.state = state;
    if (state == TASK_RUNNING_) {
        task.sleep = Sleep{};
    }
}

/// The running queue of which CPU resched_curr() is about, from here on.
void aim(Scope const& s, Cpu target) {
    s.machine.cpu(s.cpu).resched_cpu = target;
}

void choose_cpu(Scope const& s, Actions& act) {
    auto const id = s.object("task").kind == ObjectKind::task ? s.task_id() : s.task_id("child");
    auto const chosen = act.choose_cpu(id);
    s.machine.tasks.edit(id).next_cpu = chosen;
}

void set_cpu(Scope const& s) {
    auto& task = s.edit();
    // migrate_task_rq_fair(): virtual time is each queue's own.
    task.vruntime +=
        s.machine.cpu(task.next_cpu).min_vruntime - s.machine.cpu(task.cpu).min_vruntime;
    task.cpu = task.next_cpu;
}

void enqueue(Scope const& s) {
    auto const id = s.task_id();
    auto& there = s.machine.cpu(s.task().cpu);
    bool const waits = std::find(there.queue.begin(), there.queue.end(), id) != there.queue.end();
    if (waits || (id == there.current && s.task().on_rq)) {
        s.edit().on_rq = true;
        aim(s, s.task().cpu);
        return; // sched_move_task() and the like put back what they took
    }
    auto& task = s.edit();
    task.on_rq = true;
    task.wake_pending = false;
    task.vruntime = std::max(task.vruntime, there.min_vruntime - kSleeperCredit);
    there.queue.push_back(id);
    aim(s, task.cpu);
}

void dequeue(Scope const& s) {
    auto const id = s.task_id();
    if (id == s.current && s.task().state == TASK_RUNNING_) {
        return; // woken since it decided to sleep: the queue's lock would have shown it
    }
    std::erase(s.machine.cpu(s.task().cpu).queue, id);
    s.edit().on_rq = false;
    s.edit().left_rq_in = s.task().state;
}

/// A sleeper that ttwu_runnable() has found on its queue and that left it since (the queue's lock
/// would have kept it there) is put back.
void make_runnable(Scope const& s, Actions& act) {
    s.edit().state = TASK_RUNNING_;
    if (!s.task().on_rq && !s.task().never_ran && s.task_id() != s.current) {
        enqueue(s);
        act.check_preemption(s.task_id());
    }
}

Cpu queue_of(Scope const& s) {
    return s.task_id() == s.current ? s.cpu : s.task().cpu;
}

void lock_rq(Scope const& s, Actions& act) {
    auto& holder = s.machine.cpu(queue_of(s)).rq_locked_by;
    if (holder != kNoCpu && holder != s.cpu && act.spin()) {
        return;
    }
    holder = s.cpu;
}

void unlock_rq(Scope const& s) {
    s.machine.cpu(queue_of(s)).rq_locked_by = kNoCpu;
}

/// smp_cond_load_acquire(&p->on_cpu, !VAL)
void await_switch(Scope const& s, Actions& act) {
    if (s.task().on_cpu && s.task_id() != s.current) {
        act.spin();
    }
}

void check_preemption(Scope const& s, Actions& act) {
    act.check_preemption(s.task_id());
}

void need_resched(Scope const& s, Actions& act) {
    act.resched(s.machine.cpu(s.cpu).resched_cpu, false);
}

void clear_need_resched(Scope const& s) {
    auto& thread = s.edit_self().thread;
    thread.need_resched = thread.need_resched_lazy = thread.preempt_resched = false;
}

void pick_next(Scope const& s, Actions& act) {
    s.bind("next", object_of(act.pick()));
}

void switch_stack(Scope const& s, Actions& act) {
    if (s.object("next").kind == ObjectKind::task) {
        s.edit_self().switched_out = true;
        act.switch_after(s.task_id("next"));
    }
}

/// The switch itself, where cpu_switch_to() was not walked through.
void context_switch(Scope const& s, Actions& act) {
    if (s.self().switched_out) {
        s.edit_self().switched_out = false;
        return;
    }
    if (s.object("next").kind == ObjectKind::task && s.task_id("next") != s.current) {
        s.edit_self().switched_out = true;
        act.switch_after(s.task_id("next"));
        act.again();
    }
}

/// hrtimer_start of the sleeper of clock_nanosleep; a restarted sleep goes on to the same end.
void arm_timer(Scope const& s, Actions& act) {
    auto const& self = s.self();
    auto const now = s.machine.cpu(s.cpu).now;
    if (self.syscall == "restart_syscall" && self.sleep_until > now) {
        act.start_timer(s.current, self.sleep_until);
        return;
    }
    if (self.syscall != "clock_nanosleep" && self.syscall != "nanosleep") {
        return;
    }
    auto const until = now + Nanos{std::max<std::int64_t>(self.args.get(Arg::time), 0)};
    s.edit_self().sleep_until = until;
    act.start_timer(s.current, until);
}

/// Whose parent sleeps for the completion that is being completed: the task that lets its memory
/// go.
void find_swaiter(Scope const& s) {
    s.bind("waiter", object_of(s.task().vfork_parent));
}

constexpr std::array kEffects{
    KFLOW_EFFECT(arm_timer, arm_timer(s, act)),
    KFLOW_EFFECT(disarm_timer, s.edit_self().timer_expires = Nanos{-1}),
    KFLOW_EFFECT(set_sleep_restart, (void)s),
    KFLOW_EFFECT(note_timer_fired, s.edit().timer_fired = true),
    KFLOW_EFFECT(mark_completion_done, (void)s),
    KFLOW_EFFECT(consume_completion, (void)s),
    KFLOW_EFFECT(find_first_swaiter, find_swaiter(s)),
    KFLOW_EFFECT(join_wait_queue, (void)s),
    KFLOW_EFFECT(leave_wait_queue, (void)s),
    KFLOW_EFFECT(stay_awake, s.edit("prev").state = TASK_RUNNING_),
    KFLOW_EFFECT(set_state_interruptible, set_state(s, TASK_INTERRUPTIBLE_)),
    KFLOW_EFFECT(set_state_killable, set_state(s, TASK_KILLABLE_)),
    KFLOW_EFFECT(set_state_idle, set_state(s, TASK_IDLE_)),
    KFLOW_EFFECT(set_state_running, set_state(s, TASK_RUNNING_)),
    KFLOW_EFFECT(set_state_new, s.edit("child").state = TASK_NEW_),
    KFLOW_EFFECT(set_state_dead, set_state(s, TASK_DEAD_)),
    KFLOW_EFFECT(set_state_waking, s.edit().state = TASK_WAKING_),
    KFLOW_EFFECT(init_sched_entity, (void)s),
    KFLOW_EFFECT(choose_cpu, choose_cpu(s, act)),
    KFLOW_EFFECT(set_cpu, set_cpu(s)),
    KFLOW_EFFECT(enqueue, enqueue(s)),
    KFLOW_EFFECT(dequeue, dequeue(s)),
    KFLOW_EFFECT(make_runnable, make_runnable(s, act)),
    KFLOW_EFFECT(queue_remote_wakeup, act.queue_remote(s.task_id())),
    KFLOW_EFFECT(check_preemption, check_preemption(s, act)),
    KFLOW_EFFECT(interrupt_cpu, act.kick(s.task().cpu)),
    KFLOW_EFFECT(set_need_resched, need_resched(s, act)),
    KFLOW_EFFECT(clear_need_resched, clear_need_resched(s)),
    KFLOW_EFFECT(begin_choice, (void)s),
    KFLOW_EFFECT(forget_class, (void)s),
    KFLOW_EFFECT(pick_next, pick_next(s, act)),
    KFLOW_EFFECT(switch_stack, switch_stack(s, act)),
    KFLOW_EFFECT(context_switch, context_switch(s, act)),
    KFLOW_EFFECT(hand_over_rq, (void)s),
    KFLOW_EFFECT(lock_rq, lock_rq(s, act)),
    KFLOW_EFFECT(unlock_rq, unlock_rq(s)),
    KFLOW_EFFECT(await_switch, await_switch(s, act)),
    KFLOW_EFFECT(leave_cpu, s.edit("prev").on_cpu = s.object("prev").kind == ObjectKind::task &&
                                                            s.task_id("prev") != s.current
                                                        ? false
                                                        : s.task("prev").on_cpu),
};

} // namespace

Effects scheduler_effects() {
    return kEffects;
}

} // namespace kflow::kernel
