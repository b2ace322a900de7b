#include "sim/trace/write/context_text.hpp"

#include "sim/trace/overhead_mark.hpp"
#include "sim/trace/shown_comm.hpp"
#include "sim/trace/write/text_out.hpp"

namespace kflow::trace {

namespace {

constexpr std::size_t kGraphTaskWidth = 14;

std::int32_t shown_pid(std::optional<Pid> pid) {
    return pid ? pid->value : 0;
}

std::int32_t shown_cpu(std::optional<Cpu> cpu) {
    return cpu ? cpu->value : 0;
}

std::int64_t rounded_micros(Nanos time) {
    return (time.count + 500) / 1000;
}

char resched_letter(ContextFlags const& flags) {
    if (flags.need_resched) {
        return flags.need_resched_lazy ? (flags.preempt_resched ? 'B' : 'b')
                                       : (flags.preempt_resched ? 'N' : 'n');
    }
    if (flags.need_resched_lazy) {
        return flags.preempt_resched ? 'L' : 'l';
    }
    return flags.preempt_resched ? 'p' : '.';
}

char interrupt_letter(ContextFlags const& flags) {
    if (flags.nmi) {
        return flags.hardirq ? 'Z' : 'z';
    }
    if (flags.hardirq) {
        return flags.softirq ? 'H' : 'h';
    }
    return flags.softirq ? 's' : '.';
}

char irqs_letter(ContextFlags const& flags) {
    if (flags.irqs_off) {
        return flags.bh_off ? 'D' : 'd';
    }
    return flags.bh_off ? 'b' : flags.irqs_unknown ? 'X' : '.';
}

void append_depth(std::string& out, std::uint8_t depth) {
    if (depth == 0) {
        out.push_back('.');
    } else {
        append_hex(out, depth);
    }
}

void append_latency_context(std::string& out, TraceFormat const& format, Event const& event,
                            Event const* next) {
    append_right(out, shown_comm(event.comm).substr(0, kLatencyCommLength), kLatencyCommLength);
    out.push_back('-');
    append_left(out, Digits(shown_pid(event.pid)).view(), 7);
    out.push_back(' ');
    append_decimal(out, shown_cpu(event.cpu), 3);
    append_flags(out, format.dialect, event.flags.value_or(ContextFlags()));
    out.push_back(' ');
    std::int64_t const time = event.time ? event.time->count : 0;
    if (!format.clock_in_ns) {
        append_decimal(out, time, 4);
        out.append(": ");
        return;
    }
    append_decimal(out, rounded_micros({time}), 4);
    out.append("us");
    out.push_back(mark_letter(delay_mark(event, next)));
    out.append(": ");
}

} // namespace

std::string_view shown_comm(Name comm) {
    return comm.empty() ? "<...>" : comm.view();
}

void append_flags(std::string& out, Dialect const& dialect, ContextFlags const& flags) {
    out.push_back(irqs_letter(flags));
    if (dialect.has_lazy_columns()) {
        out.push_back(flags.need_resched ? 'n' : '.');
        out.push_back(flags.need_resched_lazy ? 'L' : '.');
    } else {
        out.push_back(resched_letter(flags));
    }
    out.push_back(interrupt_letter(flags));
    append_depth(out, flags.preempt_depth);
    if (dialect.has_lazy_columns()) {
        append_depth(out, flags.preempt_lazy_depth);
    }
    if (dialect.has_migrate_disable()) {
        append_depth(out, flags.migrate_disable);
    }
}

void append_time(std::string& out, TraceFormat const& format, Nanos time) {
    out.push_back(' ');
    if (!format.clock_in_ns) {
        append_decimal(out, static_cast<std::uint64_t>(time.count), 12);
        return;
    }
    std::int64_t const micros = rounded_micros(time);
    append_decimal(out, micros / 1'000'000, 5);
    out.push_back('.');
    append_decimal(out, micros % 1'000'000, 6, '0');
}

void append_context(std::string& out, TraceFormat const& format, Event const& event,
                    Event const* next) {
    if (!format.context_info) {
        return;
    }
    if (format.latency_format) {
        append_latency_context(out, format, event, next);
        return;
    }
    append_right(out, shown_comm(event.comm), 16);
    out.push_back('-');
    append_left(out, Digits(shown_pid(event.pid)).view(), 7);
    out.push_back(' ');
    if (format.record_tgid) {
        out.push_back('(');
        append_right(out, event.tgid ? Digits(event.tgid->value).view() : "-------", 7);
        out.append(") ");
    }
    out.push_back('[');
    append_decimal(out, shown_cpu(event.cpu), 3, '0');
    out.append("] ");
    if (format.irq_info) {
        append_flags(out, format.dialect, event.flags.value_or(ContextFlags()));
    }
    append_time(out, format, event.time.value_or(Nanos()));
    out.append(": ");
}

void append_graph_cpu(std::string& out, TraceFormat const& format, Event const& event) {
    out.push_back(' ');
    append_decimal(out, shown_cpu(event.cpu), static_cast<std::size_t>(format.graph.cpu_width));
    out.append(") ");
}

void append_graph_task(std::string& out, Name comm, std::optional<Pid> pid) {
    std::string_view const name = shown_comm(comm).substr(0, kGraphCommLength);
    Digits const digits(shown_pid(pid));
    std::size_t const length = name.size() + 1 + digits.view().size();
    std::size_t const spaces = length < kGraphTaskWidth ? kGraphTaskWidth - length : 0;
    out.append(spaces / 2, ' ');
    out.append(name).append("-").append(digits.view());
    out.append(spaces - spaces / 2, ' ');
}

void append_graph_context(std::string& out, TraceFormat const& format, Event const& event) {
    if (!format.context_info) {
        return;
    }
    std::int64_t const micros = event.time ? event.time->count / 1000 : 0;
    if (format.graph.abstime) {
        append_decimal(out, micros / 1'000'000, 5);
        out.push_back('.');
        append_decimal(out, micros % 1'000'000, 6, '0');
        out.append(" |  ");
    }
    if (format.graph.reltime) {
        append_decimal(out, micros, 9);
        out.append(" us |  ");
    }
    if (format.graph.cpu) {
        append_graph_cpu(out, format, event);
    }
    if (format.graph.proc) {
        append_graph_task(out, event.comm, event.pid);
        out.append(" | ");
    }
    if (format.latency_format) {
        out.push_back(' ');
        append_flags(out, format.dialect, event.flags.value_or(ContextFlags()));
        out.append(" | ");
    }
}

} // namespace kflow::trace
