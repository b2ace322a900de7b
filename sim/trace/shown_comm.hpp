#pragma once
// How much of a task's name a record shows: kernel/trace/trace_functions_graph.c
// (print_graph_proc), kernel/trace/trace_output.c (trace_print_lat_context).

#include <cstddef>

namespace kflow::trace {

inline constexpr std::size_t kGraphCommLength = 7;
inline constexpr std::size_t kLatencyCommLength = 8;

} // namespace kflow::trace
