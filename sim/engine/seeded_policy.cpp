#include "sim/engine/policy.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Machine;

namespace {

/// One of so many times select_idle_sibling() finds no idle CPU that shares a cache with the last
/// one, and the task waits there.
constexpr std::uint64_t kNoIdleFound = 3;

bool idle(Machine const& machine, Cpu cpu) {
    auto const& state = machine.cpu(cpu);
    return state.current == state.idle && state.queue.empty() && state.wake_list.empty();
}

/// A duration around `typical`: from a half to one and a half of it.
Nanos around(Machine& machine, std::int64_t typical) {
    auto const span = static_cast<std::uint64_t>(std::max<std::int64_t>(typical, 1));
    return {typical / 2 + static_cast<std::int64_t>(machine.random.below(span))};
}

} // namespace

/// What the model leaves open is what seldom happens: a lock that is contended, a slow path.
bool SeededPolicy::maybe(Machine&, kernel::TaskId, model::Program const&, model::Pc) {
    return false;
}

Cpu SeededPolicy::place(Machine& machine, kernel::TaskId task, Cpu waker, bool is_new) {
    auto const last = machine.tasks[task].cpu;
    if (!is_new && idle(machine, last)) {
        return last;
    }
    if (!is_new && machine.random.below(kNoIdleFound) == 0) {
        return last;
    }
    auto const count = static_cast<std::int32_t>(machine.cpus.size());
    auto const first = static_cast<std::int32_t>(machine.random.below(machine.cpus.size()));
    for (std::int32_t n = 0; n < count; ++n) {
        Cpu const candidate{(first + n) % count};
        if (idle(machine, candidate)) {
            return candidate;
        }
    }
    return is_new ? waker : last;
}

std::size_t SeededPolicy::pick(Machine& machine, Cpu cpu) {
    auto const& queue = machine.cpu(cpu).queue;
    std::size_t best = 0;
    for (std::size_t n = 1; n < queue.size(); ++n) {
        if (machine.tasks[queue[n]].vruntime < machine.tasks[queue[best]].vruntime) {
            best = n;
        }
    }
    return best;
}

bool SeededPolicy::preempts(Machine& machine, Cpu cpu, kernel::TaskId waking) {
    constexpr std::int64_t granularity = 1'000'000; // sysctl_sched_wakeup_granularity
    auto const& state = machine.cpu(cpu);
    auto const& running = machine.tasks[state.current];
    auto const used = running.vruntime + (state.now - running.exec_start).count;
    return used - machine.tasks[waking].vruntime > granularity;
}

Nanos SeededPolicy::function_cost(Machine& machine, std::string_view) {
    return around(machine, 1'000);
}

Nanos SeededPolicy::interrupt_latency(Machine& machine, Cpu) {
    return around(machine, 20'000);
}

Nanos SeededPolicy::user_cost(Machine& machine, kernel::TaskId) {
    return around(machine, 20'000);
}

Nanos SeededPolicy::grace_period(Machine& machine) {
    return around(machine, 16'000'000);
}

} // namespace kflow::engine
