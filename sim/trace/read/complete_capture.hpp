#pragma once
// What only the whole of a trace tells.

#include "sim/trace/capture.hpp"

namespace kflow::trace {

/// Sets the options that show in the records (sym-offset, funcgraph-tail, …), drops delay marks
/// that follow from the times, and gives the graph's records the tasks that separators name where
/// the graph has no task column.
void complete_capture(Capture& capture);

} // namespace kflow::trace
