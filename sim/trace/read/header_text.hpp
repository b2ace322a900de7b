#pragma once
// Reads the header of a trace: which tracer, which columns.

#include "sim/trace/trace_format.hpp"

#include <string_view>
#include <vector>

namespace kflow::trace {

/// What the lines at the top that begin with `#` say. Lines before `# tracer:` are other programs'
/// notes. Lines that say nothing known are passed over: writing the header again and comparing
/// tells whether all was understood.
TraceFormat read_header(std::vector<std::string_view> const& lines);

} // namespace kflow::trace
