// Interrupts as far as they wake tasks: the reschedule IPI and the timer. They are taken before the
// next instruction of a CPU whose interrupts are on (arch/arm64/kernel/entry-common.c,
// kernel/softirq.c).

#include "sim/engine/execution.hpp"

#include <algorithm>
#include <utility>

namespace kflow::engine {

using kernel::Interrupt;
using kernel::Task;

void Execution::take_interrupt() {
    auto& here = cpu();
    here.asleep = false;
    here.irqs_off = true;
    bool const from_user = !seen().stack.in_kernel() && me() != here.idle;
    if (enter_by(from_user ? impl_.user_irq : impl_.kernel_irq)) {
        return;
    }
    task().thread.hardirq++;
    push_interrupt_frame();
    handle_interrupt();
}

/// An interrupt comes in by its own vector: one that hits the kernel by el1_interrupt(), one that
/// hits user space by el0_interrupt(), where what waits for the way back is done. False where the
/// model has no body for it.
bool Execution::enter_by(model::FunctionId vector) {
    if (vector == model::kNone<model::FunctionId>) {
        return false;
    }
    call(vector, {}, {}, ~model::Pc{0}, true);
    frame().boundary = true;
    frame().interrupt = vector == impl_.kernel_irq;
    return true;
}

/// The interrupt that was raised first.
void Execution::handle_interrupt() {
    auto& here = cpu();
    if (here.pending.empty()) {
        return;
    }
    auto const what = here.pending.front();
    here.pending.erase(here.pending.begin());
    observe(StepKind::interrupt, frame_function(me()), 0,
            what == Interrupt::timer ? "timer" : "reschedule");
    spend(Nanos{1000});
    if (what == Interrupt::timer) {
        interrupt_timer();
    } else if (auto const pending = impl_.body_of("sched_ttwu_pending");
               pending != model::kNone<model::FunctionId>) {
        if (!here.wake_list.empty()) {
            call(pending, {}, {}, ~model::Pc{0}, true);
        }
    } else {
        activate_remote();
    }
}

void Execution::enter_hardirq() {
    task().thread.hardirq++;
}

/// irq_exit_rcu(): soft interrupts that wait run now, unless they are held off.
bool Execution::leave_hardirq(bool ends_interrupt) {
    if (seen().thread.need_resched) {
        task().thread.preempt_resched = true; // preempt_fold_need_resched()
    }
    task().thread.hardirq--;
    bool const due = cpu().rcu_softirq || cpu().timer_softirq;
    if (task().thread.hardirq != 0 || !due || seen().thread.softirq || seen().thread.bh_off != 0) {
        return false;
    }
    soft_interrupts(ends_interrupt);
    return true;
}

/// The frame under everything that an interrupt does; when it returns the interrupt is over.
void Execution::push_interrupt_frame() {
    kernel::Frame made;
    made.function = impl_.function("gic_handle_irq");
    if (made.function == model::kNone<model::FunctionId>) {
        made.function = model::FunctionId{0};
    }
    made.pc = impl_.return_pc;
    made.called_from = ~model::Pc{0};
    made.boundary = made.interrupt = true;
    auto& stack = task().stack;
    made.first_place = static_cast<std::uint32_t>(stack.places.size());
    made.symbol = stack.in_kernel() ? stack.frames.back().symbol : 0;
    made.entered = cpu().now;
    stack.frames.push_back(std::move(made));
}

/// hrtimer_interrupt(): wakes whose timer is due.
void Execution::interrupt_timer() {
    std::vector<std::pair<Nanos, kernel::TaskId>> due;
    machine_.tasks.for_each([&](kernel::TaskId id, Task const& sleeper) {
        if (sleeper.timer_expires.count >= 0 && sleeper.timer_cpu == cpu_ &&
            sleeper.timer_expires <= cpu().now) {
            due.emplace_back(sleeper.timer_expires, id);
        }
    });
    std::sort(due.begin(), due.end());
    std::reverse(due.begin(), due.end()); // what is pushed last runs first
    for (auto const& [expires, id] : due) {
        auto& sleeper = machine_.tasks.edit(id);
        sleeper.timer_expires = Nanos{-1};
        sleeper.timer_fired = true;
        if (std::exchange(sleeper.waits_for_device, false)) {
            hold(2); // the device's lock, and the wait queue's
        }
        wake(id, kernel::TASK_INTERRUPTIBLE_ | kernel::TASK_UNINTERRUPTIBLE_);
    }
}

/// An interrupt of the kernel is over.
void Execution::end_interrupt() {
    if (!leave_hardirq(true)) {
        return_from_interrupt();
    }
}

void Execution::return_from_interrupt() {
    cpu().irqs_off = false;
    if (seen().stack.in_kernel() || me() == cpu().idle) {
        preempt_if_due();
    } else {
        leave_for_user();
    }
}

/// An interrupt hit user space: what waits for the way back is done now (exit_to_user_mode).
void Execution::leave_for_user() {
    auto const& thread = seen().thread;
    if (!thread.need_resched && !thread.need_resched_lazy && !thread.sigpending) {
        return;
    }
    cpu().irqs_off = true;
    if (enter_by(
            impl_.user_irq)) { // what set the flag kicked this CPU (kick_process, resched_curr)
        return;
    }
    auto const entry = impl_.body_of("asm_exit_to_user_mode");
    if (entry == model::kNone<model::FunctionId>) {
        schedule();
        return;
    }
    call(entry, {}, {}, ~model::Pc{0}, true);
    frame().boundary = true;
}

/// TIMER_SOFTIRQ: delayed_work_timer_fn() queues the work item whose time has come, under the
/// pool's lock and one more that the timers' soft interrupt holds.
void Execution::soft_interrupts(bool ends_interrupt) {
    task().thread.softirq = true;
    cpu().irqs_off = false;
    push_interrupt_frame();
    frame().interrupt = ends_interrupt;
    frame().softirq = true;
    if (std::exchange(cpu().timer_softirq, false)) {
        machine_.tasks.edit(machine_.kworker).flushes_stats = true;
        queue_work(2);
    }
}

/// RCU_SOFTIRQ: delayed_put_task_struct() of tasks that are gone.
void Execution::end_soft_interrupts() {
    if (std::exchange(cpu().rcu_softirq, false)) {
        auto const dead = std::exchange(cpu().rcu_callbacks, {});
        for (auto const id : dead) {
            emit_event("sched_process_free", "task", kernel::object_of(id));
            machine_.tasks.remove(id);
        }
    }
    cpu().irqs_off = true;
    task().thread.softirq = false;
}

/// flush_memcg_stats_dwork() of mm/memcontrol.c comes again after FLUSH_TIME, by a deferrable timer
/// of the CPU that it ran on, as exact as the timer wheel is there. With nothing else to come the
/// run ends.
void Execution::arm_flush() {
    constexpr std::int64_t flush_time = 2'000'000'000, grain = 32'000'000;
    if (!machine_.queue.empty()) {
        auto const due = (cpu().now.count + flush_time) / grain * grain + grain;
        machine_.schedule(Nanos{due} + policy_.deferral(machine_), 0, kernel::HappeningKind::flush,
                          cpu_);
    }
}

void Execution::arm_timer(kernel::TaskId id, Nanos expires, Cpu where) {
    auto& sleeper = machine_.tasks.edit(id);
    sleeper.timer_fired = false;
    sleeper.timer_expires = expires;
    sleeper.timer_cpu = where;
    machine_.schedule(expires, 0, kernel::HappeningKind::timer, where, id);
}

void Execution::free_later(kernel::TaskId id) {
    cpu().rcu_callbacks.push_back(id);
    machine_.schedule(cpu().now + policy_.grace_period(machine_), 0,
                      kernel::HappeningKind::grace_period, cpu_);
}

} // namespace kflow::engine
