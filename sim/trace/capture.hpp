#pragma once
// A trace that was read: its format, its events and what could not be used.

#include "sim/base/diagnostic.hpp"
#include "sim/trace/event.hpp"
#include "sim/trace/trace_format.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::trace {

/// What reading found besides the events.
struct ReadSummary {
    std::size_t lines = 0;       ///< complete lines, header included
    std::size_t unread = 0;      ///< lines inside that fit no grammar: each has a Diagnostic
    bool first_line_cut = false; ///< the text begins inside a line: a gap, not used
    bool last_line_cut =
        false; ///< the text ends inside a line or inside a record of several lines: a gap, not used
    bool operator==(ReadSummary const&) const = default;
};

struct Capture {
    std::string file; ///< the name that diagnostics use
    TraceFormat format;
    std::vector<Event> events; ///< in the order of the text
    ReadSummary summary;
    std::vector<Diagnostic>
        diagnostics; ///< one for each unread line, up to a limit, and one if no event could be read
    bool operator==(Capture const&) const = default;

    /// Whether there is no error among the diagnostics.
    bool readable() const;
};

/// Reads the text that tracefs' `trace` or `trace_pipe` gives, of any tracer, option set and kernel
/// that this project knows. Never fails: what is wrong is in the diagnostics. `file` is only a
/// name.
Capture read_trace(std::string_view text, std::string file);

/// The text of a trace: write_trace(c.format, c.events) is what c was read from, to the byte, where
/// nothing was left unread.
std::string write_trace(TraceFormat const& format, std::vector<Event> const& events);

/// The header alone; empty without one.
std::string write_header(TraceFormat const& format);

/// Appends one record's lines. `next` is the record after it in the trace or null: the latency
/// format's mark depends on it.
void append_event(std::string& out, TraceFormat const& format, Event const& event,
                  Event const* next);

} // namespace kflow::trace
