#pragma once
// Reads the columns before a record, as exactly as the kernel prints them: what is read here prints
// the same again.

#include "sim/trace/event.hpp"
#include "sim/trace/read/line_cursor.hpp"
#include "sim/trace/trace_format.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace kflow::trace {

/// `dNh2.`, as many columns as the dialect has.
bool read_flags(LineCursor& cursor, Dialect const& dialect, ContextFlags& flags);

/// ` %5lu.%06lu`, or ` %12llu` where the clock only counts.
bool read_time(LineCursor& cursor, TraceFormat const& format, Nanos& time);

/// The columns of function and event lines, latency-format included; the time ends in `: `. Nothing
/// to read without context-info.
bool read_context(LineCursor& cursor, TraceFormat const& format, Event& event);

/// Sets the columns of `format` (record-tgid, irq-info, flag columns, clock, latency-format) as the
/// line has them. False where it has none.
bool guess_context(std::string_view line, TraceFormat& format);

/// Tasks as the graph's columns named them lately: few run at a time, and each has many lines.
class KnownTasks {
public:
    struct Task {
        std::string column; ///< with what stands behind it
        Name comm;
        Pid pid;
    };
    /// The place of the task that stands at the beginning of the text, or of another one.
    Task& place(std::string_view text);

private:
    std::array<Task, 64> tasks_;
};

/// The graph's columns before the duration.
bool read_graph_context(LineCursor& cursor, TraceFormat const& format, KnownTasks& known,
                        Event& event);

/// ` 3) `.
bool read_graph_cpu(LineCursor& cursor, TraceFormat const& format, std::optional<Cpu>& cpu);

/// `  bash-116    ` up to and with `end` (an empty `end` is the line's end).
bool read_graph_task(LineCursor& cursor, std::string_view end, Name& comm, std::optional<Pid>& pid);

} // namespace kflow::trace
