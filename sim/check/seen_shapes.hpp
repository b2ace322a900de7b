#pragma once
// What a capture shows below the functions that nobody wrote a body for, for runs at full depth
// (trace/call_shapes.hpp).

#include "sim/check/forest.hpp"
#include "sim/model/ir.hpp"
#include "sim/trace/call_shapes.hpp"

#include <string>

namespace kflow::check {

/// Adds each whole call of a function without a body whose caller has one, or that has no caller:
/// without interrupts, faults and whatever else is not the task's own. Where it gives the CPU away
/// or wakes somebody, that one call is left open; calls that do so more than once are left out. The
/// capture must be of every function.
void add_shapes(model::Program const& program, Forest const& forest, std::string const& capture,
                trace::CallShapes& into);

} // namespace kflow::check
