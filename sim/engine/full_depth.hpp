#pragma once
// Full depth: below a function that nobody wrote a body for, a run shows what captures showed there
// (trace/call_shapes.hpp). The machine knows nothing of those calls: they take time, and the
// work that they put off is done.

#include "sim/engine/observer.hpp"
#include "sim/trace/call_shapes.hpp"

#include <vector>

namespace kflow::engine {

/// What the task calls below the function at the place, from now on: by the machine's own
/// generator, from a capture that told of this task before where it knows the place, and of an
/// address space of about this one's size. Empty where nothing is known, or nothing is called.
std::vector<HelperMark> draw_helpers(trace::CallShapes const& shapes, kernel::Machine& machine,
                                     kernel::TaskId task, trace::CallShapes::Place const& place,
                                     Nanos now);

} // namespace kflow::engine
