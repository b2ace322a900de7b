#pragma once
// How a trace is shown: the tracer, its options and what the header says. Together with the events
// it determines the text.

#include "sim/trace/event.hpp"
#include "sim/trace/name.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kflow::trace {

/// What differs in the text between kernel versions, decided at the edge: nothing else asks for a
/// version.
struct Dialect {
    /// One of kFlagColumns: 4 before 5.15, 5 since (migrate-disable, trace_print_lat_fmt), 7 with
    /// the lazy preemption of the real-time patches up to 6.6 (need-resched-lazy,
    /// preempt-lazy-depth).
    int flag_columns = 5;
    static constexpr std::array<int, 3> kFlagColumns{5, 4, 7};
    bool has_migrate_disable() const { return flag_columns > 4; }
    bool has_lazy_columns() const { return flag_columns == 7; }
    /// The header says `irqs-off/BH-disabled` (since 5.17), not `irqs-off`.
    bool header_names_bh = true;
    /// How funcgraph-retval shows a value: `/* = 0x0 */` from 6.5 to 6.13, then `/* ret=0x0 */`
    /// (print_graph_retval).
    bool retval_named = false;
    /// Arguments of syscalls/ events carry `0x` (since 6.19; print_syscall_enter).
    bool syscall_args_prefixed = false;
    bool operator==(Dialect const&) const = default;
};

/// The dialect of a kernel version.
Dialect dialect_of(int major, int minor);

/// Which columns function_graph shows (its tracer options funcgraph-*; set_graph_function's
/// defaults).
struct GraphColumns {
    bool abstime = false; ///< `  442.977204 |  `
    bool reltime = false; ///< `        12 us |  `, only with latency tracers that display a graph
    bool cpu = true;      ///< ` 3) `
    bool proc = false;    ///< ` fork_wa-1988  | `
    bool duration = true; ///< the column before `|  `
    bool overhead = true; ///< the mark before the duration
    bool tail = false;    ///< the name after every `}`
    bool overrun = false; ///< ` (Overruns: 0)`
    bool irqs = true;     ///< functions inside interrupts are shown
    bool args = false;    ///< funcgraph-args
    bool retval = false;  ///< funcgraph-retval
    bool retval_hex = false;
    bool retaddr = false; ///< funcgraph-retaddr
    int cpu_width = 1;    ///< digits of the highest possible cpu (max_bytes_for_cpu)
    bool operator==(GraphColumns const&) const = default;
};

/// The lines that latency-format puts before the rest (print_trace_header).
struct LatencyHeader {
    std::string release; ///< uname -r: `6.1.0-50-arm64`
    std::uint64_t latency_us = 0;
    std::uint64_t entries = 0;
    std::uint64_t total = 0;
    int cpu = 0;
    std::string preemption; ///< `desktop`, `server`, `preempt`, `lazy` …
    int cpus = 0;           ///< #P:
    std::string comm; ///< of the task with the longest latency; empty for tracers that measure none
    std::int64_t pid = 0;
    std::int64_t uid = 0;
    std::int64_t nice = 0;
    std::int64_t policy = 0;
    std::int64_t rt_prio = 0;
    Location started_at; ///< with irqsoff and its kin: where the critical section began; else empty
    Location ended_at;
    bool operator==(LatencyHeader const&) const = default;
};

/// Everything that the text depends on besides the events.
struct TraceFormat {
    Name tracer = Name("nop"); ///< `nop`, `function`, `function_graph`
    bool header = true;        ///< false: as trace_pipe writes it
    Dialect dialect;
    std::vector<std::string>
        notes; ///< comment lines of other programs before the header, without `# `

    bool context_info = true; ///< the columns before the record itself
    bool irq_info = true;     ///< the flag columns (function and event lines)
    bool record_tgid = false; ///< the tgid column
    bool latency_format = false;
    bool sym_offset = false;
    bool sym_addr = false;
    bool clock_in_ns = true; ///< false with trace clocks that only count
    GraphColumns graph;

    std::uint64_t entries_in_buffer = 0;
    std::uint64_t entries_written = 0;
    int cpus = 0;                         ///< #P:, cpus online
    std::optional<LatencyHeader> latency; ///< with latency_format

    bool is_graph() const {
        static Name const function_graph("function_graph");
        return tracer == function_graph;
    }
    bool operator==(TraceFormat const&) const = default;
};

} // namespace kflow::trace
