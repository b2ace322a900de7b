#pragma once
// A comparison as a call graph: what is new is green, what is gone red, what changed orange, and
// grey what only leads there.

#include "sim/model/build_difference.hpp"
#include "sim/trace/profile_difference.hpp"
#include "sim/view/build_difference_report.hpp"
#include "sim/view/source_files.hpp"

#include <string>

namespace kflow::view {

/// What changed, and who calls it, in boxes for their files.
std::string difference_dot(model::BuildDifference const& difference,
                           model::ComparedBuild const& first, model::ComparedBuild const& second,
                           ComparedNames const& names);

std::string difference_dot(trace::ProfileDifference const& difference,
                           trace::CallProfile const& first, trace::CallProfile const& second,
                           ComparedNames const& names, SourceFiles const& files);

} // namespace kflow::view
