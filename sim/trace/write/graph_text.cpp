#include "sim/trace/write/graph_text.hpp"

#include "sim/trace/event_layout.hpp"
#include "sim/trace/overhead_mark.hpp"
#include "sim/trace/write/context_text.hpp"
#include "sim/trace/write/symbol_text.hpp"
#include "sim/trace/write/text_out.hpp"

namespace kflow::trace {

namespace {

constexpr std::string_view kSeparator = " ------------------------------------------\n";

bool shows_duration(TraceFormat const& format) {
    return format.graph.duration && format.context_info;
}

void append_duration_column(std::string& out, TraceFormat const& format,
                            std::optional<Nanos> const& duration) {
    if (!shows_duration(format)) {
        return;
    }
    if (!duration) {
        out.append("              |  ");
        return;
    }
    out.push_back(format.graph.overhead ? mark_letter(mark_of(*duration)) : ' ');
    out.push_back(' ');
    append_duration(out, *duration);
    out.append("|  ");
}

void append_indentation(std::string& out, std::int32_t depth) {
    if (depth > 0) {
        out.append(static_cast<std::size_t>(depth) * 2, ' ');
    }
}

/// An error as a signed number, anything else as hexadecimal (print_graph_retval). 32-bit errors
/// count as errors too.
void append_retval(std::string& out, TraceFormat const& format, std::uint64_t retval) {
    constexpr std::int64_t kMaxErrno = 4095;
    auto error = static_cast<std::int64_t>(retval);
    if ((retval >> 31) == 1) {
        error = static_cast<std::int32_t>(retval);
    }
    out.append(format.dialect.retval_named ? " ret=" : " = ");
    if (!format.graph.retval_hex && error < 0 && error >= -kMaxErrno) {
        append_decimal(out, error);
    } else {
        out.append("0x");
        append_hex(out, retval);
    }
}

void append_call(std::string& out, GraphFunction const& function,
                 std::optional<Arguments> const& arguments) {
    append_graph_function(out, function);
    if (arguments) {
        append_arguments(out, *arguments);
    } else {
        out.append("()");
    }
}

void append_return_address(std::string& out, TraceFormat const& format, Location const& location) {
    out.append(" <-");
    append_location(out, format, location, true);
}

void append_entry(std::string& out, TraceFormat const& format, Event const& event,
                  GraphEntry const& entry) {
    append_duration_column(out, format, std::nullopt);
    append_indentation(out, event.depth);
    append_call(out, entry.function, entry.arguments);
    out.append(" {");
    if (!entry.return_address.empty()) {
        out.append(" /*");
        append_return_address(out, format, entry.return_address);
        out.append(" */");
    }
}

void append_leaf(std::string& out, TraceFormat const& format, Event const& event,
                 GraphLeaf const& leaf) {
    append_duration_column(out, format, leaf.duration.value_or(Nanos()));
    append_indentation(out, event.depth);
    append_call(out, leaf.function, leaf.arguments);
    out.push_back(';');
    if (leaf.retval || !leaf.return_address.empty()) {
        out.append(" /*");
        if (!leaf.return_address.empty()) {
            append_return_address(out, format, leaf.return_address);
        }
        if (leaf.retval) {
            append_retval(out, format, *leaf.retval);
        }
        out.append(" */");
    }
}

void append_exit(std::string& out, TraceFormat const& format, Event const& event,
                 GraphExit const& exit) {
    append_duration_column(out, format, exit.duration.value_or(Nanos()));
    append_indentation(out, event.depth);
    out.push_back('}');
    if ((exit.unmatched || format.graph.tail || exit.retval) && !exit.function.name.empty()) {
        out.append(" /* ");
        append_graph_function(out, exit.function);
        if (exit.retval) {
            append_retval(out, format, *exit.retval);
        }
        out.append(" */");
    }
    if (exit.overruns) {
        out.append("\n (Overruns: ");
        append_decimal(out, *exit.overruns);
        out.push_back(')');
    }
}

void append_interrupt_mark(std::string& out, TraceFormat const& format, InterruptMark mark) {
    out.append(shows_duration(format) ? "  " : "");
    out.append(mark.enter ? "==========>" : "<==========");
    out.append(shows_duration(format) ? " |" : "");
}

void append_task_switch(std::string& out, TraceFormat const& format, Event const& event,
                        TaskSwitchMark const& mark) {
    out.append(kSeparator);
    append_graph_cpu(out, format, event);
    append_graph_task(out, mark.from_comm, mark.from_pid);
    out.append(" => ");
    append_graph_task(out, event.comm, event.pid);
    out.push_back('\n');
    out.append(kSeparator);
}

void append_comment(std::string& out, TraceFormat const& format, Event const& event,
                    TraceEvent const& comment) {
    append_duration_column(out, format, std::nullopt);
    append_indentation(out, event.depth);
    out.append("/* ");
    EventLayout::of(comment.layout).print(out, comment.fields);
    out.append(" */");
}

} // namespace

void append_duration(std::string& out, Nanos duration) {
    auto const nanos = static_cast<std::uint64_t>(duration.count);
    Digits const micros(nanos / 1000);
    std::size_t length = micros.view().size();
    out.append(micros.view());
    if (length < 7) {
        std::string decimals;
        append_decimal(decimals, nanos % 1000, 3, '0');
        decimals.resize(std::min<std::size_t>(3, 7 - length));
        out.append(".").append(decimals);
        length += decimals.size() + 1;
    }
    out.append(" us ");
    if (length < 8) {
        out.append(8 - length, ' ');
    }
}

bool append_graph_record(std::string& out, TraceFormat const& format, Event const& event) {
    if (auto const* mark = event.as<TaskSwitchMark>()) {
        append_task_switch(out, format, event, *mark);
        out.push_back('\n');
        return true;
    }
    auto const* entry = event.as<GraphEntry>();
    auto const* leaf = event.as<GraphLeaf>();
    auto const* exit = event.as<GraphExit>();
    auto const* interrupt = event.as<InterruptMark>();
    auto const* comment = event.as<TraceEvent>();
    if (!entry && !leaf && !exit && !interrupt && !comment) {
        return false;
    }
    append_graph_context(out, format, event);
    if (entry) {
        append_entry(out, format, event, *entry);
    } else if (leaf) {
        append_leaf(out, format, event, *leaf);
    } else if (exit) {
        append_exit(out, format, event, *exit);
    } else if (interrupt) {
        append_interrupt_mark(out, format, *interrupt);
    } else {
        append_comment(out, format, event, *comment);
    }
    out.push_back('\n');
    return true;
}

} // namespace kflow::trace
