#pragma once
// Prints functions, places and arguments as the tracers do.

#include "sim/trace/event.hpp"
#include "sim/trace/trace_format.hpp"

#include <string>

namespace kflow::trace {

/// seq_print_ip_sym(); with `always_offset` as funcgraph-retaddr shows it.
void append_location(std::string& out, TraceFormat const& format, Location const& location,
                     bool always_offset = false);

void append_graph_function(std::string& out, GraphFunction const& function);

/// print_function_args(), parentheses included.
void append_arguments(std::string& out, Arguments const& arguments);

} // namespace kflow::trace
