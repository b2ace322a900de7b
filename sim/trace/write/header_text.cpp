// The header of a trace file: kernel/trace/trace.c, s_show(), trace_default_header(),
// print_trace_header(), and trace_functions_graph.c, print_graph_headers_flags().
#include "sim/trace/capture.hpp"
#include "sim/trace/write/symbol_text.hpp"

#include <fmt/format.h>

namespace kflow::trace {

namespace {

/// Comment lines with the columns' legend, each pushed to the right by the same number of spaces.
void append_legend(std::string& out, int spaces, std::initializer_list<std::string_view> lines) {
    for (std::string_view const line : lines) {
        out.push_back('#');
        out.append(static_cast<std::size_t>(spaces), ' ');
        out.append(line).push_back('\n');
    }
}

std::string_view irqs_title(Dialect const& dialect) {
    return dialect.header_names_bh ? "irqs-off/BH-disabled" : "irqs-off";
}

void append_irq_legend(std::string& out, TraceFormat const& format) {
    int const spaces = format.record_tgid ? 40 : 30;
    if (format.dialect.has_lazy_columns()) {
        append_legend(out, spaces,
                      {fmt::format("  _-------=> {}", irqs_title(format.dialect)),
                       " / _------=> need-resched", "| / _-----=> need-resched-lazy",
                       "|| / _----=> hardirq/softirq", "||| / _---=> preempt-depth",
                       "|||| / _--=> preempt-lazy-depth", "||||| / _-=> migrate-disable",
                       "|||||| /     delay"});
    } else if (format.dialect.has_migrate_disable()) {
        append_legend(out, spaces,
                      {fmt::format("  _-----=> {}", irqs_title(format.dialect)),
                       " / _----=> need-resched", "| / _---=> hardirq/softirq",
                       "|| / _--=> preempt-depth", "||| / _-=> migrate-disable",
                       "|||| /     delay"});
    } else {
        append_legend(out, spaces,
                      {fmt::format("  _-----=> {}", irqs_title(format.dialect)),
                       " / _----=> need-resched", "| / _---=> hardirq/softirq",
                       "|| / _--=> preempt-depth", "||| /     delay"});
    }
    std::string_view const tgid = format.record_tgid ? "     TGID   " : "  ";
    std::string_view const mark = format.record_tgid ? "       |    " : "  ";
    if (format.dialect.has_lazy_columns()) {
        out += fmt::format("#           TASK-PID  {} CPU#  |||||||  TIMESTAMP  FUNCTION\n", tgid);
        out += fmt::format("#              | |    {}   |   |||||||      |         |\n", mark);
    } else if (format.dialect.has_migrate_disable()) {
        out += fmt::format("#           TASK-PID  {} CPU#  |||||  TIMESTAMP  FUNCTION\n", tgid);
        out += fmt::format("#              | |    {}   |   |||||     |         |\n", mark);
    } else {
        out += fmt::format("#           TASK-PID  {} CPU#  ||||   TIMESTAMP  FUNCTION\n", tgid);
        out += fmt::format("#              | |    {}   |   ||||      |         |\n", mark);
    }
}

void append_default_header(std::string& out, TraceFormat const& format) {
    out += fmt::format("# entries-in-buffer/entries-written: {}/{}   #P:{}\n#\n",
                       format.entries_in_buffer, format.entries_written, format.cpus);
    if (format.irq_info) {
        append_irq_legend(out, format);
        return;
    }
    bool const tgid = format.record_tgid;
    out += fmt::format("#           TASK-PID    {} CPU#     TIMESTAMP  FUNCTION\n",
                       tgid ? "   TGID   " : "");
    out += fmt::format("#              | |      {}   |         |         |\n",
                       tgid ? "     |    " : "");
}

void append_latency_header(std::string& out, TraceFormat const& format) {
    LatencyHeader const& latency = *format.latency;
    out += fmt::format("# {} latency trace v1.1.5 on {}\n", format.tracer.view(), latency.release);
    out += "# --------------------------------------------------------------------\n";
    out += fmt::format("# latency: {} us, #{}/{}, CPU#{} | (M:{} VP:0, KP:0, SP:0 HP:0 #P:{})\n",
                       latency.latency_us, latency.entries, latency.total, latency.cpu,
                       latency.preemption, latency.cpus);
    out += "#    -----------------\n";
    out += fmt::format("#    | task: {}-{} (uid:{} nice:{} policy:{} rt_prio:{})\n", latency.comm,
                       latency.pid, latency.uid, latency.nice, latency.policy, latency.rt_prio);
    out += "#    -----------------\n";
    if (!latency.started_at.empty()) {
        out += "#  => started at: ";
        append_location(out, format, latency.started_at);
        out += "\n#  => ended at:   ";
        append_location(out, format, latency.ended_at);
        out += "\n#\n";
    }
    out += "#\n";
}

void append_latency_legend(std::string& out, Dialect const& dialect) {
    if (dialect.has_lazy_columns()) {
        out += "#                    _--------=> CPU#            \n"
               "#                   / _-------=> irqs-off/BH-disabled\n"
               "#                  | / _------=> need-resched    \n"
               "#                  || / _-----=> need-resched-lazy\n"
               "#                  ||| / _----=> hardirq/softirq \n"
               "#                  |||| / _---=> preempt-depth   \n"
               "#                  ||||| / _--=> preempt-lazy-depth\n"
               "#                  |||||| / _-=> migrate-disable \n"
               "#                  ||||||| /     delay           \n"
               "#  cmd     pid     |||||||| time  |   caller     \n"
               "#     \\   /        ||||||||  \\    |    /       \n";
        return;
    }
    if (!dialect.has_migrate_disable()) {
        out += "#                  _------=> CPU#            \n"
               "#                 / _-----=> irqs-off        \n"
               "#                | / _----=> need-resched    \n"
               "#                || / _---=> hardirq/softirq \n"
               "#                ||| / _--=> preempt-depth   \n"
               "#                |||| /     delay            \n"
               "#  cmd     pid   ||||| time  |   caller      \n"
               "#     \\   /      |||||  \\    |   /         \n";
        return;
    }
    out += fmt::format("#                    _------=> CPU#            \n"
                       "#                   / _-----=> {}\n"
                       "#                  | / _----=> need-resched    \n"
                       "#                  || / _---=> hardirq/softirq \n"
                       "#                  ||| / _--=> preempt-depth   \n"
                       "#                  |||| / _-=> migrate-disable \n"
                       "#                  ||||| /     delay           \n"
                       "#  cmd     pid     |||||| time  |   caller     \n"
                       "#     \\   /        ||||||  \\    |    /       \n",
                       dialect.header_names_bh ? "irqs-off/BH-disabled" : "irqs-off        ");
}

void append_graph_header(std::string& out, TraceFormat const& format) {
    GraphColumns const& graph = format.graph;
    bool const latency = format.latency_format;
    if (latency) {
        int const spaces = (graph.abstime ? 16 : 0) + (graph.reltime ? 16 : 0) +
                           (graph.cpu ? 4 : 0) + (graph.proc ? 17 : 0);
        append_legend(out, spaces,
                      {"  _-----=> irqs-off        ", " / _----=> need-resched    ",
                       "| / _---=> hardirq/softirq ", "|| / _--=> preempt-depth   ",
                       "||| /                      "});
    }
    out += "#";
    out += graph.abstime ? "     TIME       " : "";
    out += graph.reltime ? "   REL TIME     " : "";
    out += graph.cpu ? " CPU" : "";
    out += graph.proc ? "  TASK/PID       " : "";
    out += latency ? "||||   " : "";
    out += graph.duration ? "  DURATION   " : "";
    out += "               FUNCTION CALLS\n#";
    out += graph.abstime ? "      |         " : "";
    out += graph.reltime ? "      |         " : "";
    out += graph.cpu ? " |  " : "";
    out += graph.proc ? "   |    |        " : "";
    out += latency ? "||||   " : "";
    out += graph.duration ? "   |   |      " : "";
    out += "               |   |   |   |\n";
}

} // namespace

std::string write_header(TraceFormat const& format) {
    std::string out;
    for (std::string const& note : format.notes) {
        out += fmt::format("# {}\n", note);
    }
    if (!format.header) {
        return out;
    }
    out += fmt::format("# tracer: {}\n#\n", format.tracer.view());
    if (!format.context_info) {
        return out;
    }
    bool const latency = format.latency_format && format.latency;
    if (latency) {
        append_latency_header(out, format);
    }
    if (format.is_graph()) {
        append_graph_header(out, format);
    } else if (latency) {
        append_latency_legend(out, format.dialect);
    } else {
        append_default_header(out, format);
    }
    return out;
}

} // namespace kflow::trace
