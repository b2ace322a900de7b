#pragma once
// Witness 1 for the function tracer, which shows entries with their callers and stacks, not calls
// and returns: every caller must be one that the model knows, every stack a chain of such callers,
// and what a task enters below a system call must come in an order that the bodies allow.

#include "sim/check/conformance.hpp"

namespace kflow::check {

/// Adds what it finds to a result: entries count as calls.
void check_entries(model::Program const& program, build::BuildFacts const& facts,
                   trace::Capture const& capture, Alphabet& alphabet, Mask const& mask,
                   ConformanceResult& result);

} // namespace kflow::check
