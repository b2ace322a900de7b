#include "sim/trace/read/header_text.hpp"

#include "sim/trace/read/line_cursor.hpp"
#include "sim/trace/read/symbol_text.hpp"

namespace kflow::trace {

namespace {

bool holds(std::string_view line, std::string_view word) {
    return line.find(word) != std::string_view::npos;
}

bool begins(std::string_view line, std::string_view word) {
    return line.substr(0, word.size()) == word;
}

/// The text up to `end`, and the cursor behind it.
bool take_until(LineCursor& cursor, std::string_view end, std::string& text) {
    std::size_t const at = cursor.rest().find(end);
    if (at == std::string_view::npos) {
        return false;
    }
    text = cursor.rest().substr(0, at);
    cursor.go(cursor.at() + at + end.size());
    return true;
}

void read_counts(std::string_view line, TraceFormat& format) {
    LineCursor cursor(line);
    std::string words;
    if (take_until(cursor, "written: ", words) &&
        cursor.take_number(format.entries_in_buffer, "") && cursor.take("/", "") &&
        cursor.take_number(format.entries_written, "") && cursor.take("   #P:", "")) {
        cursor.take_number(format.cpus, "");
    }
}

void read_latency_counts(std::string_view line, LatencyHeader& latency) {
    LineCursor cursor(line);
    if (cursor.take("# latency: ", "") && cursor.take_number(latency.latency_us, "") &&
        cursor.take(" us, #", "") && cursor.take_number(latency.entries, "") &&
        cursor.take("/", "") && cursor.take_number(latency.total, "") &&
        cursor.take(", CPU#", "") && cursor.take_number(latency.cpu, "") &&
        cursor.take(" | (M:", "") &&
        take_until(cursor, " VP:0, KP:0, SP:0 HP:0 #P:", latency.preemption)) {
        cursor.take_number(latency.cpus, "");
    }
}

void read_latency_task(std::string_view line, LatencyHeader& latency) {
    LineCursor cursor(line);
    std::size_t const open = line.rfind(" (uid:");
    std::size_t const dash = line.substr(0, open).rfind('-');
    constexpr std::string_view kTask = "#    | task: ";
    if (open == std::string_view::npos || dash == std::string_view::npos || dash < kTask.size()) {
        return;
    }
    // A negative pid has a sign of its own behind the dash.
    bool const negative = line[dash - 1] == '-' && dash > kTask.size();
    latency.comm = line.substr(kTask.size(), dash - (negative ? 1 : 0) - kTask.size());
    cursor.go(negative ? dash : dash + 1);
    if (cursor.take_number(latency.pid, "") && cursor.take(" (uid:", "") &&
        cursor.take_number(latency.uid, "") && cursor.take(" nice:", "") &&
        cursor.take_number(latency.nice, "") && cursor.take(" policy:", "") &&
        cursor.take_number(latency.policy, "") && cursor.take(" rt_prio:", "")) {
        cursor.take_number(latency.rt_prio, "");
    }
}

void read_critical(std::string_view line, std::size_t prefix, TraceFormat& format,
                   Location& place) {
    LineCursor cursor(line);
    cursor.go(prefix);
    read_location(cursor, place);
    format.sym_offset = format.sym_offset || place.has_offset();
    format.sym_addr = format.sym_addr || (place.address != 0 && !place.symbol.empty());
}

void read_latency_line(std::string_view line, TraceFormat& format) {
    constexpr std::string_view kStarted = "#  => started at: ";
    constexpr std::string_view kEnded = "#  => ended at:   ";
    std::size_t const release = line.find(" latency trace v1.1.5 on ");
    if (begins(line, "# ") && release != std::string_view::npos) {
        format.latency_format = true;
        format.latency.emplace().release = line.substr(release + 25);
    }
    if (!format.latency) {
        return;
    }
    if (begins(line, "# latency: ")) {
        read_latency_counts(line, *format.latency);
    } else if (begins(line, "#    | task: ")) {
        read_latency_task(line, *format.latency);
    } else if (begins(line, kStarted)) {
        read_critical(line, kStarted.size(), format, format.latency->started_at);
    } else if (begins(line, kEnded)) {
        read_critical(line, kEnded.size(), format, format.latency->ended_at);
    }
}

void read_graph_titles(std::string_view line, GraphColumns& graph) {
    graph.reltime = holds(line, "   REL TIME     ");
    graph.abstime = begins(line, "#     TIME       ");
    graph.cpu = holds(line, " CPU");
    graph.proc = holds(line, "  TASK/PID       ");
    graph.duration = holds(line, "  DURATION   ");
}

/// The legend over the flag columns, and the titles of the others.
void read_legend(std::string_view line, TraceFormat& format, bool& titles) {
    if (holds(line, "=> need-resched-lazy")) {
        format.dialect.flag_columns = 7;
    } else if (holds(line, "=> need-resched")) {
        format.irq_info = true;
        format.dialect.flag_columns = format.is_graph() ? 5 : 4;
    } else if (holds(line, "=> irqs-off")) {
        format.dialect.header_names_bh = format.is_graph() || holds(line, "irqs-off/BH-disabled");
    } else if (holds(line, "=> migrate-disable") && !format.dialect.has_lazy_columns()) {
        format.dialect.flag_columns = 5;
    } else if (holds(line, "FUNCTION CALLS")) {
        titles = true;
        read_graph_titles(line, format.graph);
    } else if (holds(line, "TASK-PID")) {
        titles = true;
        format.record_tgid = holds(line, "TGID");
    } else if (holds(line, "cmd     pid")) {
        titles = true;
    }
}

} // namespace

TraceFormat read_header(std::vector<std::string_view> const& lines) {
    constexpr std::string_view kTracer = "# tracer: ";
    TraceFormat format;
    format.header = false;
    bool titles = false;
    bool legend = false;
    for (std::string_view const line : lines) {
        if (begins(line, kTracer) && !format.header) {
            format.header = true;
            format.tracer = Name(line.substr(kTracer.size()));
        } else if (!format.header && lines.size() > 0 && holds(lines[0], "tracer: ") == false &&
                   begins(line, "# ")) {
            format.notes.emplace_back(line.substr(2));
        } else if (begins(line, "# entries-in-buffer/entries-written: ")) {
            read_counts(line, format);
        } else {
            legend = legend || holds(line, "=> need-resched");
            read_latency_line(line, format);
            read_legend(line, format, titles);
        }
    }
    if (format.header) {
        format.context_info = titles;
        format.irq_info = legend || format.is_graph() || !titles;
    }
    return format;
}

} // namespace kflow::trace
