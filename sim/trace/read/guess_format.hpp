#pragma once
// Finds the columns that a header does not tell, or all of them where there is no header
// (trace_pipe).

#include "sim/trace/trace_format.hpp"

#include <string_view>
#include <vector>

namespace kflow::trace {

/// `known` with the columns under which the most of `lines` can be read. What a header told is
/// kept.
TraceFormat guess_format(TraceFormat const& known, std::vector<std::string_view> const& lines);

} // namespace kflow::trace
