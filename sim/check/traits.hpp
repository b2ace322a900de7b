#pragma once
// What a capture shows of the build that wrote it.

#include "sim/build/build_facts.hpp"
#include "sim/trace/capture.hpp"

namespace kflow::check {

/// Names of functions and callers, sizes, who calls whom, and how events are printed. Functions that
/// are marked as a module's are left out.
build::CaptureTraits traits_of(trace::Capture const& capture);

} // namespace kflow::check
