#include "sim/trace/read/complete_capture.hpp"

#include "sim/trace/overhead_mark.hpp"

namespace kflow::trace {

void ShownOptions::note_place(Location const& place) {
    sym_offset_ = sym_offset_ || place.has_offset();
    sym_addr_ = sym_addr_ || (!place.symbol.empty() && place.address != 0);
}

void ShownOptions::note(Location const& frame, bool user) {
    sym_addr_ = sym_addr_ || (!frame.symbol.empty() && frame.address != 0);
    sym_offset_ = sym_offset_ || (!user && frame.has_offset());
}

void ShownOptions::note(Event const& event) {
    events_ = true;
    if (auto const* exit = event.as<GraphExit>()) {
        exits_ = true;
        unnamed_exits_ = unnamed_exits_ || !exit->unmatched;
        retval_ = retval_ || exit->retval.has_value();
    } else if (auto const* leaf = event.as<GraphLeaf>()) {
        args_ = args_ || leaf->arguments.has_value();
        retaddr_ = retaddr_ || !leaf->return_address.empty();
        retval_ = retval_ || leaf->retval.has_value();
    } else if (auto const* entry = event.as<GraphEntry>()) {
        args_ = args_ || entry->arguments.has_value();
        retaddr_ = retaddr_ || !entry->return_address.empty();
    } else if (auto const* function = event.as<FunctionEntry>()) {
        functions_ = true;
        note_place(function->ip);
        note_place(function->parent);
    } else if (auto const* repeats = event.as<FunctionRepeats>()) {
        note_place(repeats->ip);
        note_place(repeats->parent);
    }
}

void ShownOptions::set(TraceFormat& format) const {
    format.sym_offset = format.sym_offset || sym_offset_;
    format.sym_addr = format.sym_addr || sym_addr_;
    GraphColumns& graph = format.graph;
    graph.overrun = graph.overrun || overruns_;
    graph.retval = graph.retval || retval_;
    graph.args = graph.args || args_;
    graph.retaddr = graph.retaddr || retaddr_;
    graph.tail = exits_ && !unnamed_exits_;
}

void TaskNaming::name(std::span<Event> events) {
    for (Event const& event : events) {
        auto const* mark = event.as<TaskSwitchMark>();
        if (mark && event.cpu) {
            running_.try_emplace(*event.cpu, Task{mark->from_pid, mark->from_comm});
        }
    }
    for (Event& event : events) {
        if (!event.cpu) {
            continue;
        }
        if (event.as<TaskSwitchMark>()) {
            running_[*event.cpu] = {event.pid, event.comm};
            continue;
        }
        auto const found = running_.find(*event.cpu);
        if (found != running_.end() && !event.pid && !event.as<LostEvents>()) {
            event.pid = found->second.pid;
            event.comm = found->second.comm;
        }
    }
}

void forget_names_of_tails(std::vector<Event>& events) {
    for (Event& event : events) {
        if (auto* exit = std::get_if<GraphExit>(&event.payload)) {
            exit->unmatched = false;
        }
    }
}

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

} // namespace kflow::trace
