#include "sim/engine/policy.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Machine;

namespace {

/// select_idle_cpu() looks at so many CPUs behind the chosen one (sd_llc_shared's nr_idle_scan).
constexpr int kScanned = 2;

/// wake_affine_weight(): one of so many times the loads, which nobody models, speak for the waker's
/// CPU. Between CPUs that share no cache they seldom do.
constexpr std::uint64_t kWakerIsNearer = 3, kWakerIsNearerFar = 8;

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

/// select_task_rq_fair(): a new task goes to any idle CPU; one that wakes up to its last one or the
/// waker's (wake_affine), and from there to an idle one near by that shares the cache
/// (select_idle_sibling).
Cpu SeededPolicy::place(Machine& machine, kernel::TaskId task, Cpu waker, bool is_new) {
    auto const last = machine.tasks[task].cpu;
    auto const count = static_cast<std::int32_t>(machine.cpus.size());
    auto const idle_among = [&](std::int32_t first, std::int32_t many, Cpu otherwise) {
        for (std::int32_t n = 0; n < many; ++n) {
            if (Cpu const candidate{(first + n) % count}; idle(machine, candidate)) {
                return candidate;
            }
        }
        return otherwise;
    };
    if (is_new) {
        auto const first = static_cast<std::int32_t>(machine.random.below(machine.cpus.size()));
        return idle_among(first, count, waker);
    }
    if (idle(machine, last)) {
        return last;
    }
    auto const odds = machine.shares_cache ? kWakerIsNearer : kWakerIsNearerFar;
    auto const target = machine.random.below(odds) == 0 ? waker : last;
    return machine.shares_cache ? idle_among(target.value + 1, kScanned, target) : target;
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
    // sysctl_sched_wakeup_granularity is 1 ms and more: longer than a worker's turn. Those of a run
    // take microseconds.
    constexpr std::int64_t granularity = 50'000;
    if (machine.tasks[waking].never_ran) {
        return false; // it begins behind its maker
    }
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

Nanos SeededPolicy::device_latency(Machine& machine) {
    return around(machine, 100'000);
}

Nanos SeededPolicy::user_cost(Machine& machine, kernel::TaskId) {
    return around(machine, 20'000);
}

Nanos SeededPolicy::grace_period(Machine& machine) {
    return around(machine, 16'000'000);
}

/// In captures one of two came with the next tick, the others up to a second later: idle CPUs have
/// a timer of kcompactd or of the virtual memory's statistics that often.
Nanos SeededPolicy::deferral(Machine& machine) {
    constexpr std::uint64_t most = 1'000'000'000;
    bool const waits = machine.random.below(2) == 0;
    return {waits ? static_cast<std::int64_t>(machine.random.below(most)) : 0};
}

} // namespace kflow::engine
