#pragma once
// The lines of `trace` stand in the order of their time: the tracer merges the CPUs' buffers by it
// (kernel/trace/trace.c, __find_next_entry). `trace_pipe`, which has no header, prints what is
// there when it is read and may come back to an earlier time: it is not judged.

#include "sim/check/lifecycle.hpp"
#include "sim/trace/capture.hpp"

namespace kflow::check {

/// Adds the rule `lines_in_order` to those judged, and its violations.
void check_order(trace::Capture const& capture, LifecycleResult& result);

} // namespace kflow::check
