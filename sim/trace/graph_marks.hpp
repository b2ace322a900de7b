#pragma once
// What function_graph derives while it prints, for events that were not read from a text: a run's,
// or an edited capture's. Facts: kernel/trace/trace_functions_graph.c, verif_pid(),
// print_graph_irq(), print_graph_comment(), print_graph_return().

#include "sim/trace/event.hpp"

#include <set>
#include <vector>

namespace kflow::trace {

/// The functions of the kernel's interrupt entry section (__irqentry_text_start) on arm64: those
/// that arrows are drawn around.
std::set<Name> const& interrupt_entry_functions();

/// The events without InterruptMark and TaskSwitchMark, as a tracer records them.
std::vector<Event> without_graph_marks(std::vector<Event> const& events);

/// The events as function_graph shows them, from events without marks: arrows around interrupt
/// entry functions, separators where a cpu goes on with another task, the depth of trace events
/// shown as comments, exits without an entry marked `unmatched`. `with_arrows` is false where
/// funcgraph-irqs is off. Events need cpu and pid; those without are passed on as they are.
std::vector<Event> insert_graph_marks(std::vector<Event> const& events, bool with_arrows = true);

} // namespace kflow::trace
