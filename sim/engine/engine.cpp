#include "sim/engine/engine.hpp"

#include "sim/engine/execution.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::HappeningKind;
using kernel::Machine;

Engine::Engine(model::Program const& model, build::BuildFacts const& build, World const& world)
    : impl_(std::make_unique<Impl>(model, build, world)) {}

Engine::~Engine() = default;

model::Program const& Engine::model() const {
    return impl_->model;
}
build::BuildFacts const& Engine::build() const {
    return impl_->build;
}
World const& Engine::world() const {
    return impl_->world;
}

Machine Engine::boot(RunOptions const& options) const {
    kernel::MachineOptions made;
    made.cpus = options.cpus;
    made.seed = options.seed;
    made.start = options.start;
    made.first_pid = options.first_pid;
    made.pid_max = options.pid_max;
    // Up to 6.1 arm64 knows of no cache that CPUs share where the firmware tells of none
    // (cacheinfo.c, use_arch_info).
    made.shares_cache = !impl_->before(6, 2);
    made.worker_pools = impl_->before(6, 9) ? 2 : 4; // NR_STD_WORKER_POOLS; twice with BH pools
    auto machine = kernel::make_machine(made);
    machine.injections = options.failures;
    constexpr Nanos first_flush{832'000'000}; // some moment of the two seconds between flushes
    machine.schedule(machine.now + first_flush, 0, HappeningKind::flush, Cpu{0});
    machine.syscalls_are_traced = options.trace_syscalls;
    machine.tasks.edit(machine.init).user.program = kInitProgram;
    machine.sighands.edit(machine.tasks[machine.init].sighand).actions[kernel::SIGCHLD_].handler =
        2 + 2; // op 2 of init_program()
    if (!impl_->counts_preemption) {
        for (auto const& cpu : machine.cpus) {
            machine.tasks.edit(cpu.idle).thread.preempt = 0;
        }
    }
    return machine;
}

kernel::TaskId Engine::add(Machine& machine, int program) const {
    auto const& found = impl_->world.programs[static_cast<std::size_t>(program)];
    auto const id = kernel::add_process(machine, found.comm, program, found.vmas, found.files,
                                        found.stdout_is_tty);
    if (found.stdout_is_disk) {
        machine.files.edit(machine.tasks[id].files).open[1] = kernel::FileKind::disk;
    }
    auto& first = machine.cpus.front();
    auto& task = machine.tasks.edit(id);
    task.on_rq = true;
    task.cpu = Cpu{0};
    first.queue.push_back(id);
    machine.tasks.edit(first.idle).thread.need_resched = true;
    machine.tasks.edit(first.idle).thread.preempt_resched = true;
    first.scheduled = true;
    first.asleep = false;
    machine.schedule(machine.now, 1, HappeningKind::cpu, Cpu{0});
    return id;
}

namespace {

void raise(Machine& machine, Cpu cpu, kernel::Interrupt what) {
    auto& state = machine.cpu(cpu);
    if (std::find(state.pending.begin(), state.pending.end(), what) == state.pending.end()) {
        state.pending.push_back(what);
    }
}

/// A CPU that has something to do stands in the queue once.
void keep_going(Machine& machine, Cpu cpu) {
    auto& state = machine.cpu(cpu);
    if (!state.scheduled) {
        state.scheduled = true;
        state.asleep = false;
        machine.schedule(std::max(state.now, machine.now), 1, HappeningKind::cpu, cpu);
    }
}

/// Nothing is to come but the kernel's own housekeeping.
bool is_over(Machine const& machine) {
    return std::all_of(machine.queue.rbegin(), machine.queue.rend(),
                       [](auto const& one) { return one.kind == HappeningKind::flush; });
}

/// Whether a CPU that goes on would be taken off the queue at once: then it takes its next step
/// without standing there.
bool comes_first(Machine& machine, Cpu cpu, Nanos until) {
    auto& state = machine.cpu(cpu);
    if (state.scheduled || state.now > until || state.now < machine.now ||
        (!machine.queue.empty() && machine.queue.back().time <= state.now)) {
        return false;
    }
    state.asleep = false;
    machine.now = state.now;
    machine.sequence++;
    return true;
}

} // namespace

void Engine::interrupt(Machine& machine, Cpu cpu, kernel::Interrupt what) const {
    raise(machine, cpu, what);
    keep_going(machine, cpu);
}

bool Engine::step_cpu(Machine& machine, Cpu cpu, Policy& policy, Observer* observer) const {
    auto& state = machine.cpu(cpu);
    state.now = std::max(state.now, machine.now);
    return Execution(*impl_, machine, policy, observer, cpu).go();
}

RunState Engine::step(Machine& machine, Policy& policy, Observer* observer) const {
    if (is_over(machine)) {
        return RunState::finished;
    }
    if (auto const running = take_next(machine, policy, observer)) {
        keep_going(machine, *running);
    }
    return RunState::running;
}

std::optional<Cpu> Engine::take_next(Machine& machine, Policy& policy, Observer* observer) const {
    auto const next = machine.queue.back();
    machine.queue.pop_back();
    machine.now = std::max(machine.now, next.time);
    switch (next.kind) {
    case HappeningKind::timer:
        if (machine.tasks.has(next.task) && machine.tasks[next.task].timer_expires == next.time) {
            interrupt(machine, next.cpu, kernel::Interrupt::timer);
        }
        break;
    case HappeningKind::ipi:
        interrupt(machine, next.cpu, kernel::Interrupt::reschedule);
        break;
    case HappeningKind::grace_period:
        machine.cpu(next.cpu).rcu_softirq = true;
        interrupt(machine, next.cpu, kernel::Interrupt::timer);
        break;
    case HappeningKind::flush:
        machine.cpu(next.cpu).timer_softirq = true;
        interrupt(machine, next.cpu, kernel::Interrupt::timer);
        break;
    case HappeningKind::cpu:
        machine.cpu(next.cpu).scheduled = false;
        if (step_cpu(machine, next.cpu, policy, observer)) {
            return next.cpu;
        }
        break;
    }
    return std::nullopt;
}

RunState Engine::run(Machine& machine, Policy& policy, Observer* observer, Nanos until,
                     std::uint64_t limit) const {
    auto const begin = machine.steps;
    while (machine.steps - begin < limit) {
        if (is_over(machine)) {
            return RunState::finished;
        }
        if (machine.queue.back().time > until) {
            return RunState::running;
        }
        auto running = take_next(machine, policy, observer);
        while (running && machine.steps - begin < limit && comes_first(machine, *running, until)) {
            if (!step_cpu(machine, *running, policy, observer)) {
                running.reset();
            }
        }
        if (running) {
            keep_going(machine, *running);
        }
    }
    return RunState::stuck;
}

} // namespace kflow::engine
