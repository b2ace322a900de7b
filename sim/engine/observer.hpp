#pragma once
// What the engine shows of a run: a stream of steps. Views, recorders and tests implement it; the
// engine prints nothing.

#include "sim/base/types.hpp"
#include "sim/kernel/machine.hpp"
#include "sim/model/ir.hpp"
#include "sim/trace/event.hpp"

#include <initializer_list>
#include <span>
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
    helpers,      ///< at full depth: what is called below a function without a body
};

/// At full depth: the entry or the return of a call below a function without a body.
struct HelperMark {
    trace::Name symbol;
    bool enters = true;
    Nanos at;
    Nanos entered; ///< of a return: when the call began
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
    bool visible = false; ///< of call and leave: this build's function tracer sees the function
    std::span<HelperMark const> helpers; ///< in the order of time, from `time` on
};

/// The steps that an observer looks at.
struct StepSet {
    std::uint32_t kinds = ~std::uint32_t{0}; ///< a bit for each StepKind
    bool hidden = true; ///< calls and returns too that no function tracer of the build sees

    static constexpr StepSet of(std::initializer_list<StepKind> kinds, bool hidden) {
        StepSet set{0, hidden};
        for (auto const kind : kinds) {
            set.kinds |= bit(kind);
        }
        return set;
    }
    constexpr bool has(StepKind kind) const { return (kinds & bit(kind)) != 0; }
    constexpr StepSet operator|(StepSet other) const {
        return {kinds | other.kinds, hidden || other.hidden};
    }
    static constexpr std::uint32_t bit(StepKind kind) {
        return std::uint32_t{1} << static_cast<unsigned>(kind);
    }
};

class Observer {
public:
    /// `wanted`: it may be shown other steps too, but the engine need not.
    explicit Observer(StepSet wanted = {}) : wanted_(wanted) {}
    virtual ~Observer() = default;
    StepSet wanted() const { return wanted_; }
    /// `machine` is the state after the step, except for `leave`: the frame is still there.
    virtual void on_step(Step const& step, kernel::Machine const& machine) = 0;

private:
    StepSet wanted_;
};

} // namespace kflow::engine
