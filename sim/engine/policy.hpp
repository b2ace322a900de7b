#pragma once
// Everything about a run that the kernel leaves to chance: who runs where, how long things take,
// which way a `maybe` falls. Execution (engine.hpp) asks, a policy answers.

#include "sim/base/types.hpp"
#include "sim/kernel/machine.hpp"
#include "sim/model/ir.hpp"

#include <string_view>
#include <vector>

namespace kflow::engine {

class Policy {
public:
    virtual ~Policy() = default;
    /// Which way a `maybe` falls.
    virtual bool maybe(kernel::Machine& machine, kernel::TaskId task, model::Program const& program,
                       model::Pc pc) = 0;
    /// It never does: then nobody need ask.
    virtual bool takes_no_maybe() const { return false; }
    /// Whether a CPU waits for a lock that another one holds; otherwise somebody else sees to it
    /// that nobody asks for it.
    virtual bool waits_for_locks() const { return false; }
    /// Where a task that wakes up, or a new one, is queued (select_task_rq).
    virtual Cpu place(kernel::Machine& machine, kernel::TaskId task, Cpu waker, bool is_new) = 0;
    /// Which of the runnable tasks of a CPU runs next: an index of its queue (never empty).
    virtual std::size_t pick(kernel::Machine& machine, Cpu cpu) = 0;
    /// Whether `waking`, just queued on `cpu`, takes over from its current task (wakeup_preempt).
    virtual bool preempts(kernel::Machine& machine, Cpu cpu, kernel::TaskId waking) = 0;
    /// How long a function's own work takes, its callees not counted.
    virtual Nanos function_cost(kernel::Machine& machine, std::string_view function) = 0;
    /// From an IPI's raising to its arrival, and how long a CPU takes to leave wfi.
    virtual Nanos interrupt_latency(kernel::Machine& machine, Cpu cpu) = 0;
    /// From a request to a device to its interrupt.
    virtual Nanos device_latency(kernel::Machine& machine) = 0;
    /// User time between two operations of a program.
    virtual Nanos user_cost(kernel::Machine& machine, kernel::TaskId task) = 0;
    /// When the RCU callbacks that were queued now may run, from now.
    virtual Nanos grace_period(kernel::Machine& machine) = 0;
    /// How long after its time a deferrable timer runs: an idle CPU waits for another one.
    virtual Nanos deferral(kernel::Machine& machine) = 0;
};

/// A simple fair scheduler and latencies by the machine's own generator: the policy of `kflow run`.
/// It says "simple": the least vruntime runs, a waking task goes to its last CPU if that is idle,
/// else to an idle one that shares its cache. Nothing of load balancing, slices or groups.
class SeededPolicy : public Policy {
public:
    bool maybe(kernel::Machine&, kernel::TaskId, model::Program const&, model::Pc) override;
    bool takes_no_maybe() const override { return true; }
    bool waits_for_locks() const override { return true; }
    Cpu place(kernel::Machine&, kernel::TaskId, Cpu, bool) override;
    std::size_t pick(kernel::Machine&, Cpu) override;
    bool preempts(kernel::Machine&, Cpu, kernel::TaskId) override;
    Nanos function_cost(kernel::Machine&, std::string_view) override;
    Nanos interrupt_latency(kernel::Machine&, Cpu) override;
    Nanos device_latency(kernel::Machine&) override;
    Nanos user_cost(kernel::Machine&, kernel::TaskId) override;
    Nanos grace_period(kernel::Machine&) override;
    Nanos deferral(kernel::Machine&) override;
};

} // namespace kflow::engine
