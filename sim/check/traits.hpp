#pragma once
// What a capture shows of the build that wrote it.

#include "sim/build/build_facts.hpp"
#include "sim/trace/event.hpp"

#include <span>

namespace kflow::check {

/// Names of functions and callers, sizes, who calls whom, and how events are printed. Functions
/// that are marked as a module's are left out.
build::CaptureTraits traits_of(std::span<trace::Event const> events);

} // namespace kflow::check
