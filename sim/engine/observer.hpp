#pragma once
// What the engine shows of a run: a stream of steps. Views, recorders and tests implement it; the
// engine prints nothing.

#include "sim/base/types.hpp"
#include "sim/kernel/machine.hpp"
#include "sim/model/ir.hpp"
#include "sim/trace/event.hpp"

#include <string_view>
#include <vector>

namespace kflow::engine {

enum class StepKind : std::uint8_t {
    call,         ///< a function of the source begins (inlined ones too): function
    leave,        ///< it returns: function, error
    event,        ///< a tracepoint: event
    effect,       ///< a consequence took place: name
    guard,        ///< a question was answered: name, yes
    block,        ///< the task went to sleep
    switch_task,  ///< the CPU goes on with another task
    enter_kernel, ///< a system call begins: name
    leave_kernel, ///< it returns to user space: name, result
    interrupt,    ///< an interrupt begins: name
    user,         ///< a program's operation begins
};

/// One step. References are valid during the call only.
struct Step {
    StepKind kind = StepKind::call;
    Nanos time;
    Cpu cpu;
    kernel::TaskId task = kernel::kNobody<kernel::TaskId>;
    model::FunctionId function = model::kNone<model::FunctionId>; ///< that the instruction is in,
                                                                  ///< or that begins or returns
    model::Pc pc = 0; ///< the instruction that caused it
    std::string_view name;
    trace::TraceEvent const* event = nullptr;
    int error = 0;
    std::int64_t result = 0; ///< of leave_kernel: what the system call returns, -errno if it failed
    bool yes = false;
};

class Observer {
public:
    virtual ~Observer() = default;
    /// `machine` is the state after the step, except for `leave`: the frame is still there.
    virtual void on_step(Step const& step, kernel::Machine const& machine) = 0;
};

} // namespace kflow::engine
