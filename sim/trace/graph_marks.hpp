#pragma once
// What function_graph derives while it prints, for events that were not read from a text: a run's,
// or an edited capture's. Facts: kernel/trace/trace_functions_graph.c, verif_pid(),
// print_graph_irq(), print_graph_comment(), print_graph_return().

#include "sim/trace/event.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace kflow::trace {

/// Whether the function lies in the kernel's interrupt entry section on arm64
/// (__irqentry_text_start): arrows are drawn around it.
bool is_interrupt_entry(Name function);

/// The events without InterruptMark and TaskSwitchMark, as a tracer records them.
std::vector<Event> without_graph_marks(std::vector<Event> const& events);

/// insert_graph_marks() of one event after the other.
class GraphMarker {
public:
    /// `see` gets the events as they are shown.
    explicit GraphMarker(std::function<void(Event)> see);
    ~GraphMarker();
    GraphMarker(GraphMarker const&) = delete;
    GraphMarker& operator=(GraphMarker const&) = delete;
    void take(Event const& event);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// The events as function_graph shows them, from events without marks: arrows around interrupt
/// entry functions, separators where a cpu goes on with another task, the depth of trace events
/// shown as comments, exits whose entry is not there marked `unmatched`. Records that have no cpu
/// are passed on as they are.
std::vector<Event> insert_graph_marks(std::vector<Event> const& events);

} // namespace kflow::trace
