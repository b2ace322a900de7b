#pragma once
// What a function's body does, statement by statement, as two kernels' bodies are compared: its
// calls, its trace events and the errors that it returns of its own. Effects are left out: they are
// the model's words, not the source's.

#include "sim/model/ir.hpp"

#include <compare>
#include <string>
#include <vector>

namespace kflow::model {

struct BodyStep {
    enum class Kind {
        call,
        pointer, ///< a call through a pointer: one step for every function that it can lead to
        event,   ///< a trace event
        failure, ///< an error that the function returns
    };
    Kind kind = Kind::call;
    std::string name; ///< the function's, the event's, the errno's
    /// Of the blocks around it, the outermost first: "if clone_thread, each vma"; empty: always.
    std::string condition;
    bool cleanup = false; ///< only on the way out of a failure
    auto operator<=>(BodyStep const&) const = default;
};

/// In the order of the body; empty without one.
std::vector<BodyStep> steps_of(Program const& program, FunctionId function);

} // namespace kflow::model
