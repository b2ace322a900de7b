#pragma once
// What two captures' functions did different, in words.

#include "sim/trace/profile_difference.hpp"
#include "sim/view/build_difference_report.hpp"
#include "sim/view/source_files.hpp"

namespace kflow::view {

DifferenceReport report_of(trace::ProfileDifference const& difference, ComparedNames const& names,
                           SourceFiles const& files, Language language);

} // namespace kflow::view
