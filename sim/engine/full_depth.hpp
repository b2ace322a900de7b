#pragma once
// Full depth: below a function that nobody wrote a body for, a run shows what captures showed there
// (trace/call_shapes.hpp). The machine knows nothing of those calls: they take time, and the
// work that they put off is done.

#include "sim/engine/observer.hpp"
#include "sim/trace/call_shapes.hpp"

#include <optional>

namespace kflow::engine {

/// The shape of what the task calls below the function at the place: by the machine's own
/// generator, from a capture that told of this task before where it knows the place, and of an
/// address space of about this one's size. Nothing where nothing is known.
std::optional<trace::CallShapes::Id> draw_shape(trace::CallShapes const& shapes,
                                                kernel::Machine& machine, kernel::TaskId task,
                                                trace::CallShapes::Place const& place);

} // namespace kflow::engine
