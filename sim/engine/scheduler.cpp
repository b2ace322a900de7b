// A simple fair scheduler, and it says so: one queue a CPU, the least vruntime runs, no groups, no
// slices, no balancing. What is the kernel's here is the order of events and the flags under which
// they are recorded (kernel/sched/core.c: try_to_wake_up, ttwu_do_activate, resched_curr,
// __schedule).

#include "sim/engine/execution.hpp"
#include "sim/trace/event_layout.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::CpuState;
using kernel::HappeningKind;
using kernel::Object;
using kernel::Task;
using kernel::TaskId;

namespace {

/// What locks and interrupt masking do to the flag columns while it lives.
class Held {
public:
    Held(kernel::Machine& machine, Cpu cpu, bool counts, int depth)
        : machine_(machine), cpu_(cpu), task_(machine.cpu(cpu).current),
          depth_(counts ? static_cast<std::uint16_t>(depth) : std::uint16_t{0}),
          irqs_off_(machine.cpu(cpu).irqs_off) {
        machine_.cpu(cpu_).irqs_off = true;
        if (depth_ != 0) {
            change(depth_);
        }
    }
    ~Held() {
        if (depth_ != 0) {
            change(static_cast<std::uint16_t>(-depth_));
        }
        machine_.cpu(cpu_).irqs_off = irqs_off_;
    }
    Held(Held const&) = delete;
    Held& operator=(Held const&) = delete;

private:
    void change(std::uint16_t by) {
        auto& preempt = machine_.tasks.edit(task_).thread.preempt;
        preempt = static_cast<std::uint16_t>(preempt + by);
    }
    kernel::Machine& machine_;
    Cpu cpu_;
    TaskId task_;
    std::uint16_t depth_;
    bool irqs_off_;
};

} // namespace

void Execution::emit(std::string_view event,
                     std::span<std::pair<std::string_view, Object> const> roles) {
    if (!observer_) {
        return;
    }
    auto const id = impl_.model.find_event(event);
    EventInfo unknown;
    EventInfo const* info = nullptr;
    if (id != model::kNone<model::EventId>) {
        info = &impl_.events[model::index_of(id)];
    } else {
        auto const version = impl_.build.version();
        unknown = {std::string(system_of_event(event)), trace::Name(event),
                   trace::event_layout(event, version.major, version.minor), find_fields(event)};
        info = &unknown;
    }
    auto& stack = task().stack;
    auto const places = stack.places.size();
    kernel::RoleBindings overlay;
    for (auto const& [role, object] : roles) {
        overlay.push_back(
            {impl_.roles.find(role), static_cast<std::uint32_t>(stack.places.size())});
        stack.places.push_back(object);
    }
    trace::TraceEvent made{info->name, info->layout, {}};
    made.fields.reserve(kUsualFields);
    if (info->fields) {
        info->fields(scope(overlay), impl_, made);
        arrange_fields(made);
    }
    task().stack.places.resize(places);
    show(made, ~model::Pc{0});
}

void Execution::emit_event(std::string_view event, std::string_view role, Object object) {
    std::pair<std::string_view, Object> const roles[] = {{role, object}};
    emit(event, roles);
}

// Waking.

bool Execution::wake(TaskId id, unsigned states) {
    if (!machine_.tasks.has(id) || (machine_.tasks[id].state & states) == 0) {
        return false;
    }
    if (impl_.wake_up != model::kNone<model::FunctionId>) {
        push(impl_.wake_up, "task", id, states);
    } else {
        wake_natively(id, states);
    }
    return true;
}

void Execution::wake_natively(TaskId id, unsigned) {
    Held const held(machine_, cpu_, impl_.counts_preemption, 2); // preempt_disable, pi_lock
    emit_event("sched_waking", "task", kernel::object_of(id));
    if (machine_.tasks[id].on_rq) { // ttwu_runnable(): it has not left its CPU yet
        Held const locked(machine_, cpu_, impl_.counts_preemption, 1);
        machine_.tasks.edit(id).state = kernel::TASK_RUNNING_;
        emit_event("sched_wakeup", "task", kernel::object_of(id));
        return;
    }
    if (machine_.tasks[id].wake_pending) {
        return;
    }
    wake_on(id, policy_.place(machine_, id, cpu_, false));
}

/// ttwu_queue(): an idle CPU does it itself in an interrupt, else the waker does it.
void Execution::wake_on(TaskId id, Cpu target) {
    auto& there = machine_.cpu(target);
    bool const is_idle = there.current == there.idle && there.queue.empty();
    if (target != cpu_ && (is_idle || !machine_.shares_cache)) {
        machine_.tasks.edit(id).cpu = target;
        return queue_remote(id);
    }
    Held const locked(machine_, cpu_, impl_.counts_preemption, 1); // the run queue's lock
    enqueue(id, target, false);
    emit_event("sched_wakeup", "task", kernel::object_of(id));
}

void Execution::queue_remote(TaskId id) {
    auto const target = machine_.tasks[id].cpu;
    machine_.tasks.edit(id).wake_pending = true;
    machine_.cpu(target).wake_list.push_back(id);
    kick(target);
}

void Execution::check_preemption(TaskId id) {
    auto const target = machine_.tasks[id].cpu;
    auto const& there = machine_.cpu(target);
    if (there.current == there.idle) {
        return resched(target, false);
    }
    if (policy_.preempts(machine_, target, id)) {
        resched(target, impl_.lazy);
    }
}

void Execution::enqueue(TaskId id, Cpu target, bool is_new) {
    auto& there = machine_.cpu(target);
    auto& woken = machine_.tasks.edit(id);
    woken.cpu = target;
    woken.on_rq = true;
    woken.wake_pending = false;
    woken.state = kernel::TASK_RUNNING_;
    woken.vruntime = std::max(woken.vruntime, there.min_vruntime - kernel::kSleeperCredit);
    there.queue.push_back(id);
    if (there.current == there.idle) {
        resched(target, false);
    } else if (policy_.preempts(machine_, target, id)) {
        resched(target, impl_.lazy);
    }
    (void)is_new;
}

void Execution::resched(Cpu target, bool lazy) {
    auto const running = machine_.cpu(target).current;
    auto& thread = machine_.tasks.edit(running).thread;
    if (thread.need_resched) {
        return;
    }
    if (lazy) {
        thread.need_resched_lazy = true;
        return;
    }
    thread.need_resched = true;
    if (target == cpu_) {
        thread.preempt_resched = true;
    } else {
        kick(target);
    }
}

void Execution::kick(Cpu target) {
    auto const latency = policy_.interrupt_latency(machine_, target);
    machine_.schedule(cpu().now + latency, 0, HappeningKind::ipi, target);
}

/// sched_ttwu_pending(): what other CPUs queued for this one.
void Execution::activate_remote() {
    auto const woken = std::exchange(cpu().wake_list, {});
    for (auto const id : woken) {
        Held const locked(machine_, cpu_, impl_.counts_preemption, 1);
        enqueue(id, cpu_, false);
        emit_event("sched_wakeup", "task", kernel::object_of(id));
    }
}

Cpu Execution::choose_cpu(TaskId id) {
    return policy_.place(machine_, id, cpu_, machine_.tasks[id].never_ran);
}

// Switching.

TaskId Execution::pick() {
    auto& here = cpu();
    auto const prev = me();
    bool const prev_stays = prev != here.idle && seen().on_rq &&
                            std::find(here.queue.begin(), here.queue.end(), prev) ==
                                here.queue.end(); // else woken since it left
    if (prev_stays) {
        here.queue.push_back(prev);
    }
    if (here.queue.empty()) {
        return here.idle;
    }
    auto const index = policy_.pick(machine_, cpu_);
    auto const next = here.queue[index];
    here.queue.erase(here.queue.begin() + static_cast<std::ptrdiff_t>(index));
    here.min_vruntime = std::max(here.min_vruntime, machine_.tasks[next].vruntime);
    return next;
}

/// __schedule(): a task that is not running leaves the queue, unless a signal keeps it. A preempted
/// one stays, whatever its state.
void Execution::block_current() {
    auto const& self = seen();
    if (cpu().preempting || self.state == kernel::TASK_RUNNING_) {
        return;
    }
    bool const killed = (self.pending.set & kernel::set_of(kernel::SIGKILL_)) != 0;
    bool const signal =
        self.thread.sigpending && ((self.state & kernel::TASK_INTERRUPTIBLE_) != 0 ||
                                   ((self.state & kernel::TASK_WAKEKILL_) != 0 && killed));
    if (signal) {
        task().state = kernel::TASK_RUNNING_;
    } else {
        task().on_rq = false;
        task().left_rq_in = self.state;
    }
}

void Execution::schedule() {
    auto const prev = me();
    block_current();
    {
        auto& self = task();
        self.vruntime += (cpu().now - self.exec_start).count;
        self.exec_start = cpu().now;
        self.thread.need_resched = self.thread.need_resched_lazy = false;
        self.thread.preempt_resched = false;
    }
    auto const next = pick();
    if (next != prev) {
        {
            Held const held(machine_, cpu_, impl_.counts_preemption, me() == cpu().idle ? 1 : 2);
            emit_switch(prev, next);
        }
        cpu().preempting = false;
        switch_to(next);
    }
    cpu().preempting = false;
}

void Execution::emit_switch(TaskId prev, TaskId next) {
    std::pair<std::string_view, Object> const roles[] = {{"prev", kernel::object_of(prev)},
                                                         {"next", kernel::object_of(next)}};
    emit("sched_switch", roles);
}

void Execution::switch_to(TaskId next) {
    auto const prev = me();
    auto& before = task();
    before.on_cpu = false;
    bool const dead = before.state == kernel::TASK_DEAD_;
    // The kernel's waker would have waited for the run queue's lock and found the next task there.
    bool const due = std::exchange(before.thread.need_resched, false);
    before.thread.preempt_resched = false;
    cpu().current = next;
    cpu().last_prev = prev;
    cpu().preempting = false;
    auto& after = machine_.tasks.edit(next);
    after.on_cpu = true;
    after.cpu = cpu_;
    after.exec_start = cpu().now;
    if ((due || !cpu().queue.empty()) && next == cpu().idle) {
        after.thread.need_resched = after.thread.preempt_resched = true;
    }
    observe(StepKind::switch_task, frame_function(next), 0, "");
    if (after.never_ran) {
        after.never_ran = false;
        begin_new_task();
    }
    auto& stack = task().stack;
    if (!stack.in_kernel() && next != cpu().idle) { // a first program, that nobody forked
        cpu().irqs_off = false;
        cpu().rq_locked_by = kernel::kNoCpu;
    }
    if (stack.in_kernel()) { // what switch_to() hands over: whom this CPU ran before
        if (auto const place = stack.find_place(impl_.prev_role, stack.frames.size() - 1);
            place != ~std::uint32_t{0}) {
            stack.places[place] = kernel::object_of(prev);
        }
    }
    if (dead && impl_.schedule == model::kNone<model::FunctionId> &&
        --machine_.tasks.edit(prev).usage == 0) { // finish_task_switch()
        free_later(prev);
    }
    visible_ = true;
}

/// cpu_switch_to() jumps to ret_from_fork(): preemption is off twice (FORK_PREEMPT_COUNT), the run
/// queue's lock is held and interrupts are off.
void Execution::begin_new_task() {
    cpu().irqs_off = true;
    task().thread.preempt = impl_.counts_preemption ? 2 : 0;
    auto entry = impl_.body_of("ret_from_fork");
    if (entry == model::kNone<model::FunctionId>) {
        entry = impl_.function("schedule_tail");
    }
    if (entry == model::kNone<model::FunctionId>) {
        cpu().irqs_off = false;
        task().thread.preempt = 0;
        return;
    }
    task().syscall_result = 0;
    task().user.result = 0;
    call(entry, {}, {}, ~model::Pc{0}, true);
    auto& stack = task().stack;
    stack.frames.back().boundary = true;
    stack.add_place(stack.frames.size() - 1, impl_.prev_role, kernel::object_of(cpu().last_prev));
}

void Execution::call_schedule() {
    if (impl_.schedule == model::kNone<model::FunctionId>) {
        return schedule();
    }
    open_shape(impl_.schedule);
    call(impl_.schedule, {}, {}, ~model::Pc{0}, false);
}

/// preempt_schedule(): the counter is 0 again, interrupts are on and somebody is due.
bool Execution::preempt_if_due() {
    auto const& self = seen();
    if (!impl_.preempts_kernel || !self.thread.need_resched || self.thread.preempt != 0 ||
        self.thread.bh_off != 0 || self.thread.hardirq != 0 || self.thread.softirq ||
        cpu().irqs_off || !self.stack.in_kernel() || me() == cpu().idle) {
        return false;
    }
    give_way();
    return true;
}

/// A turn of a spinning CPU, in which the others go on.
bool Execution::spin() {
    constexpr Nanos turn{200};
    if (!policy_.waits_for_locks()) {
        return false;
    }
    spend(turn);
    visible_ = true;
    again();
    return true;
}

void Execution::give_way() {
    cpu().preempting = true;
    auto const core = impl_.body_of("__schedule");
    auto const enable = impl_.function("sched_preempt_enable_no_resched");
    if (core == model::kNone<model::FunctionId> || enable == model::kNone<model::FunctionId>) {
        return schedule();
    }
    // What is pushed last runs first.
    if (impl_.counts_preemption) {
        task().thread.preempt++;
        call(enable, {}, {}, ~model::Pc{0}, false, Start::later);
    }
    call(core, {}, {}, ~model::Pc{0}, false);
}

bool Execution::idle_step() {
    auto const& idle = seen();
    if (idle.thread.need_resched || idle.thread.need_resched_lazy) {
        spend(policy_.interrupt_latency(machine_, cpu_));
        auto const function = impl_.body_of("__schedule");
        if (function == model::kNone<model::FunctionId>) {
            schedule();
        } else {
            call(function, {}, {}, ~model::Pc{0}, true);
            frame().boundary = true;
        }
        return true;
    }
    cpu().asleep = true;
    return false;
}

} // namespace kflow::engine
