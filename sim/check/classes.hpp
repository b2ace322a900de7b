#pragma once
// What is no difference, and why a capture does not show it: calls of the bodies that the build
// inlines, hides from its tracer, or that the capture's filter leaves out.

#include "sim/check/conformance.hpp"
#include "sim/check/mask.hpp"

#include <set>
#include <string>

namespace kflow::check {

/// Counts the calls in the texts of the functions in `result`, each text once. `shown`: what the
/// filter lets through; empty: all.
void count_classes(model::Program const& program, Mask const& mask,
                   std::set<std::string, std::less<>> const& shown, ConformanceResult& result);

} // namespace kflow::check
