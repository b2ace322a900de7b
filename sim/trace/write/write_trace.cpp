#include "sim/trace/capture.hpp"
#include "sim/trace/event_layout.hpp"
#include "sim/trace/write/context_text.hpp"
#include "sim/trace/write/graph_text.hpp"
#include "sim/trace/write/symbol_text.hpp"
#include "sim/trace/write/text_out.hpp"

#include <algorithm>

namespace kflow::trace {

namespace {

void append_function(std::string& out, TraceFormat const& format, Location const& ip,
                     std::optional<Arguments> const* arguments, Location const& parent) {
    append_location(out, format, ip);
    if (arguments && *arguments) {
        append_arguments(out, **arguments);
    }
    if (!parent.empty()) {
        out.append(" <-");
        append_location(out, format, parent);
    }
}

void append_user_frame(std::string& out, TraceFormat const& format, Location const& frame) {
    if (!frame.symbol.empty()) {
        out.append(frame.symbol.view());
        if (frame.has_offset()) {
            out.append("[+0x");
            append_hex(out, frame.offset);
            out.push_back(']');
        }
    }
    if (frame.symbol.empty() || (format.sym_addr && frame.address != 0)) {
        out.append(" <");
        append_hex(out, frame.address, 16);
        out.push_back('>');
    }
}

void append_stack(std::string& out, TraceFormat const& format, StackTrace const& stack) {
    out.append(stack.user ? "<user stack trace>\n" : "<stack trace>\n");
    for (Location const& frame : stack.frames) {
        out.append(" => ");
        if (stack.user) {
            append_user_frame(out, format, frame);
        } else {
            append_location(out, format, frame);
        }
        out.push_back('\n');
    }
}

void append_lost(std::string& out, Event const& event, LostEvents const& lost) {
    out.append("CPU:");
    append_decimal(out, event.cpu ? event.cpu->value : 0);
    out.append(" [LOST ");
    if (lost.count) {
        append_decimal(out, *lost.count);
        out.push_back(' ');
    }
    out.append("EVENTS]\n");
}

void append_buffer_started(std::string& out, Event const& event) {
    out.append("##### CPU ");
    append_decimal(out, event.cpu ? event.cpu->value : 0);
    out.append(" buffer started ####\n");
}

void append_record(std::string& out, TraceFormat const& format, Event const& event) {
    if (auto const* function = event.as<FunctionEntry>()) {
        append_function(out, format, function->ip, &function->arguments, function->parent);
        out.push_back('\n');
    } else if (auto const* repeats = event.as<FunctionRepeats>()) {
        append_function(out, format, repeats->ip, nullptr, repeats->parent);
        out.append(" (repeats: ");
        append_decimal(out, repeats->count);
        out.append(", last_ts:");
        append_time(out, format, repeats->last);
        out.append(")\n");
    } else if (auto const* trace_event = event.as<TraceEvent>()) {
        EventLayout::of(trace_event->layout).print(out, trace_event->fields);
        out.push_back('\n');
    } else if (auto const* stack = event.as<StackTrace>()) {
        append_stack(out, format, *stack);
    }
}

} // namespace

void append_event(std::string& out, TraceFormat const& format, Event const& event,
                  Event const* next) {
    if (auto const* lost = event.as<LostEvents>()) {
        append_lost(out, event, *lost);
        return;
    }
    if (event.as<BufferStarted>()) {
        append_buffer_started(out, event);
        return;
    }
    bool const graph = format.is_graph() || !event.as<TraceEvent>();
    if (graph && append_graph_record(out, format, event)) {
        return;
    }
    append_context(out, format, event, next);
    append_record(out, format, event);
}

std::string write_trace(TraceFormat const& format, std::vector<Event> const& events) {
    std::string out = write_header(format);
    out.reserve(out.size() + events.size() * 100);
    std::size_t next = 0; // the next record of a buffer: lines that are no record have no time
    for (std::size_t i = 0; i < events.size(); ++i) {
        next = std::max(next, i + 1);
        while (next < events.size() && !events[next].time) {
            ++next;
        }
        append_event(out, format, events[i], next < events.size() ? &events[next] : nullptr);
    }
    return out;
}

} // namespace kflow::trace
