#pragma once
// How much a body accepts. A body that accepts nearly everything says nothing: lists that it
// accepts are changed at random, and the share of the changed lists that it still accepts is its
// looseness.

#include "sim/model/ir.hpp"

#include <vector>

namespace kflow::model {

/// One call in a list of children, as the source has it: a function, or an event (events count, as
/// tracepoints are calls).
struct Step {
    FunctionId callee = kNone<FunctionId>;
    EventId event = kNone<EventId>;
    bool operator==(Step const&) const = default;
};

/// Whether a run of the body can make exactly these steps, in this order. Guards are open, but one
/// guard asked twice of one object gives one answer. `unknown` if more ways would have to be tried
/// than the limit allows.
enum class Acceptance { yes, no, unknown };
Acceptance accepts(Program const& program, FunctionId function, std::vector<Step> const& steps);

struct Looseness {
    int mutants = 0;  ///< lists that were changed and judged
    int accepted = 0; ///< of them, those that the body still accepts
};

/// Deterministic: the same body gives the same figures. A body without a choice, or with fewer than
/// three callees, has none.
Looseness measure_looseness(Program const& program, FunctionId function);

} // namespace kflow::model
