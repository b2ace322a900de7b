#pragma once
// Prints the columns before a record: trace_print_context(), trace_print_lat_context(), and graph
// columns.

#include "sim/trace/event.hpp"
#include "sim/trace/trace_format.hpp"

#include <string>

namespace kflow::trace {

/// `<...>` where the tracer knew no name.
std::string_view shown_comm(Name comm);

/// `dNh2.`: as many columns as the dialect has (trace_print_lat_fmt).
void append_flags(std::string& out, Dialect const& dialect, ContextFlags const& flags);

/// ` %5lu.%06lu` rounded to microseconds, or the bare count of another clock (trace_print_time).
void append_time(std::string& out, TraceFormat const& format, Nanos time);

/// Function and event lines: `            bash-116     [001] d.h..   357.217388: `; nothing without
/// context-info.
void append_context(std::string& out, TraceFormat const& format, Event const& event,
                    Event const* next);

/// The graph's columns before the duration, by the options: time, cpu, task, flags
/// (print_graph_prologue).
void append_graph_context(std::string& out, TraceFormat const& format, Event const& event);

/// ` 3) ` (print_graph_cpu).
void append_graph_cpu(std::string& out, TraceFormat const& format, Event const& event);

/// `  bash-116    `: centered in 14 columns, the name cut to 7 bytes (print_graph_proc).
void append_graph_task(std::string& out, Name comm, std::optional<Pid> pid);

} // namespace kflow::trace
