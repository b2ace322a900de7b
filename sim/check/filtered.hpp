#pragma once
// function_graph under set_ftrace_filter: what the filter leaves out is no difference. A capture
// does not say its filter; it follows from what it never shows.

#include "sim/check/conformance.hpp"
#include "sim/check/mask.hpp"

#include <optional>
#include <string>

namespace kflow::check {

/// Conformance under the narrowest filter that shows what the capture shows, if `unfiltered` looks
/// as if there was one: a large part of the calls lacks children, and what they lack is nowhere in
/// the capture. Nothing where it does not, or where a filter explains no more.
std::optional<ConformanceResult> check_filtered(model::Program const& program,
                                                build::BuildFacts const& facts,
                                                trace::Capture const& capture, Forest const& forest,
                                                Mask const& mask,
                                                ConformanceResult const& unfiltered, bool explain);

} // namespace kflow::check
