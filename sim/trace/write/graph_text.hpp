#pragma once
// Prints function_graph's records: kernel/trace/trace_functions_graph.c.

#include "sim/trace/event.hpp"
#include "sim/trace/trace_format.hpp"

#include <string>

namespace kflow::trace {

/// One of function_graph's own records, or a trace event as its comment. False if it is another
/// kind of record.
bool append_graph_record(std::string& out, TraceFormat const& format, Event const& event);

/// `%lu.%03lu us `, at most seven digits, padded to the column (trace_print_graph_duration).
void append_duration(std::string& out, Nanos duration);

} // namespace kflow::trace
