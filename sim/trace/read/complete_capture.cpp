#include "sim/trace/read/complete_capture.hpp"

#include "sim/trace/overhead_mark.hpp"

#include <map>

namespace kflow::trace {

namespace {

void note_location(TraceFormat& format, Location const& location) {
    format.sym_offset = format.sym_offset || location.has_offset();
    format.sym_addr = format.sym_addr || (!location.symbol.empty() && location.address != 0);
}

void note_symbol_options(Capture& capture) {
    for (Event const& event : capture.events) {
        if (auto const* function = event.as<FunctionEntry>()) {
            note_location(capture.format, function->ip);
            note_location(capture.format, function->parent);
        } else if (auto const* repeats = event.as<FunctionRepeats>()) {
            note_location(capture.format, repeats->ip);
            note_location(capture.format, repeats->parent);
        } else if (auto const* stack = event.as<StackTrace>()) {
            for (Location const& frame : stack->frames) {
                capture.format.sym_addr =
                    capture.format.sym_addr || (!frame.symbol.empty() && frame.address != 0);
                capture.format.sym_offset =
                    capture.format.sym_offset || (!stack->user && frame.has_offset());
            }
        }
    }
}

void note_graph_options(Capture& capture) {
    GraphColumns& graph = capture.format.graph;
    std::size_t exits = 0;
    std::size_t named = 0;
    for (Event const& event : capture.events) {
        if (auto const* exit = event.as<GraphExit>()) {
            ++exits;
            named += exit->unmatched ? 1 : 0;
            graph.overrun = graph.overrun || exit->overruns.has_value();
            graph.retval = graph.retval || exit->retval.has_value();
        } else if (auto const* entry = event.as<GraphEntry>()) {
            graph.args = graph.args || entry->arguments.has_value();
            graph.retaddr = graph.retaddr || !entry->return_address.empty();
        } else if (auto const* leaf = event.as<GraphLeaf>()) {
            graph.args = graph.args || leaf->arguments.has_value();
            graph.retaddr = graph.retaddr || !leaf->return_address.empty();
            graph.retval = graph.retval || leaf->retval.has_value();
        }
    }
    graph.tail = named > 0 && named == exits;
    if (graph.tail) {
        for (Event& event : capture.events) {
            if (auto* exit = std::get_if<GraphExit>(&event.payload)) {
                exit->unmatched = false;
            }
        }
    }
}

/// The mark stays a field only where rounding to microseconds keeps it from following from the
/// times.
void derive_delays(std::vector<Event>& events) {
    Event const* next = nullptr;
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
        if (!event->time) {
            continue;
        }
        DelayMark const read = event->delay;
        event->delay = DelayMark::derived;
        if (delay_mark(*event, next) != read) {
            event->delay = read;
        }
        next = &*event;
    }
}

struct Task {
    std::optional<Pid> pid;
    Name comm;
};

/// Between two separators of a cpu all its records are one task's.
void spread_tasks(std::vector<Event>& events) {
    std::map<Cpu, Task> running;
    for (Event const& event : events) {
        auto const* mark = event.as<TaskSwitchMark>();
        if (mark && event.cpu) {
            running.try_emplace(*event.cpu, Task{mark->from_pid, mark->from_comm});
        }
    }
    for (Event& event : events) {
        if (!event.cpu) {
            continue;
        }
        if (event.as<TaskSwitchMark>()) {
            running[*event.cpu] = {event.pid, event.comm};
            continue;
        }
        auto const found = running.find(*event.cpu);
        if (found != running.end() && !event.pid && !event.as<LostEvents>()) {
            event.pid = found->second.pid;
            event.comm = found->second.comm;
        }
    }
}

} // namespace

void complete_capture(Capture& capture) {
    note_symbol_options(capture);
    note_graph_options(capture);
    if (capture.format.latency_format) {
        derive_delays(capture.events);
    }
    if (capture.format.is_graph() && !capture.format.graph.proc) {
        spread_tasks(capture.events);
    }
}

} // namespace kflow::trace
