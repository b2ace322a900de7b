#pragma once
// Runs programs on a machine by the model of one build.
//
// Use: fill a World with programs; make an Engine with the model, the build and the world;
// `boot` a machine; `add` the first program; `run` with an observer (a Recorder, recorder.hpp,
// makes trace events of the steps). A Run is a regular value: a copy is a snapshot, and the same
// copy goes on the same way. The engine itself never changes while it runs, apart from caches.
//
// Errors: a model that names guards, effects, collections or conditions that nobody wrote is said
// by missing_names(); a run treats such an effect as nothing, such a guard as its default, such a
// collection as empty and such a condition as true.

#include "sim/base/diagnostic.hpp"
#include "sim/build/build_facts.hpp"
#include "sim/engine/observer.hpp"
#include "sim/engine/policy.hpp"
#include "sim/engine/program.hpp"
#include "sim/kernel/machine.hpp"
#include "sim/model/ir.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kflow::engine {

/// What happened when a run was asked to go on.
enum class RunState {
    running,  ///< there is more to do
    finished, ///< no task will ever run again, or the watched program is gone
    stuck,    ///< the limit of steps was reached
};

struct RunOptions {
    int cpus = 4;
    std::uint64_t seed = 1;
    Nanos start{30'000'000'000};  ///< trace clock at the beginning
    std::int32_t first_pid = 157; ///< of the first process that is added
    std::int32_t pid_max = kPidMaxLimit;
    std::vector<kernel::Injection> failures;
    bool trace_syscalls = false; ///< sys_enter and sys_exit are enabled
};

class Engine {
public:
    /// The model, the build and the world must outlive the engine.
    Engine(model::Program const& model, build::BuildFacts const& build, World const& world);
    ~Engine();
    Engine(Engine const&) = delete;
    Engine& operator=(Engine const&) = delete;

    /// A machine with idle tasks and init.
    kernel::Machine boot(RunOptions const& options) const;
    /// A process that begins a program of the world, a child of init and leader of its own session;
    /// it is runnable at once.
    kernel::TaskId add(kernel::Machine& machine, int program) const;

    /// Takes the next thing off the event queue: one CPU goes on until its next visible thing, or
    /// an interrupt arrives.
    RunState step(kernel::Machine& machine, Policy& policy, Observer* observer) const;
    /// Until nothing is left to do, `until` is reached, or `limit` steps more were taken.
    RunState run(kernel::Machine& machine, Policy& policy, Observer* observer, Nanos until,
                 std::uint64_t limit) const;

    /// Lets one CPU go on until its next visible thing, whatever the queue says; false where it is
    /// idle and nothing is pending. For steering.
    bool step_cpu(kernel::Machine& machine, Cpu cpu, Policy& policy, Observer* observer) const;
    /// Lets an interrupt arrive at a CPU before its next instruction.
    void interrupt(kernel::Machine& machine, Cpu cpu, kernel::Interrupt what) const;

    /// The stack as a tracer prints it in this build, innermost frame first: what is inlined or
    /// user space's is not in it.
    std::vector<trace::Location> stack_of(kernel::Machine const& machine,
                                          kernel::TaskId task) const;
    /// Where the newest frame of the task was called from: the function tracer's `<-caller`.
    trace::Location caller_of(kernel::Machine const& machine, kernel::TaskId task) const;
    /// The newest frame's own place.
    trace::Location place_of(kernel::Machine const& machine, kernel::TaskId task) const;
    /// The build's symbol that holds a frame's code; an empty name where there is none.
    build::Symbol symbol_of(kernel::Frame const& frame) const;
    /// Where the task is now: the innermost frame that has one, as a return address behind the call
    /// that it makes.
    trace::Location innermost(kernel::Machine const& machine, kernel::TaskId task) const;
    /// The iterator `__traceiter_EVENT`, where the tracepoint that the step passes calls it and the
    /// tracer shows that: not where it is in the same file and inlined. Else no place at all.
    trace::Location iterator_of(kernel::Machine const& machine, Step const& step,
                                std::string_view event) const;
    /// The flag columns on a CPU now.
    trace::ContextFlags flags_of(kernel::Machine const& machine, Cpu cpu) const;

    model::Program const& model() const;
    build::BuildFacts const& build() const;
    World const& world() const;

    struct Impl;

private:
    /// The CPU that goes on behind it, if one does.
    std::optional<Cpu> take_next(kernel::Machine& machine, Policy& policy,
                                 Observer* observer) const;

    std::unique_ptr<Impl> impl_;
};

/// One diagnostic for each guard, effect, collection, condition and event of the model that the
/// machine does not know; `kflow model check` prints them. Guards are warnings (they have a
/// default), the rest are errors.
std::vector<Diagnostic> missing_names(model::Program const& model);

} // namespace kflow::engine
