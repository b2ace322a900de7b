#pragma once
// Reads function_graph's records, as exactly as trace_functions_graph.c prints them.

#include "sim/trace/event.hpp"
#include "sim/trace/read/context_text.hpp"
#include "sim/trace/read/line_cursor.hpp"
#include "sim/trace/trace_format.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::trace {

/// Calls as lines end with them, `    fput();` or `  do_exit() {`: most come again. Only those with
/// nothing but the name.
class KnownCalls {
public:
    struct Call {
        std::string text;
        GraphFunction function;
        std::int32_t depth = 0;
        bool opens = false;
    };
    /// The place of the call that the text is, or of another one.
    Call& place(std::string_view text);
    /// Its call is the one that was read last.
    void keep(std::string_view text, Event const& event);

private:
    static constexpr int kMostBits = 13;
    int bits_ = 4; ///< a short text has few calls
    std::size_t kept_ = 0;
    std::vector<Call> calls_ = std::vector<Call>(std::size_t{1} << bits_);
};

/// What lines tell for those behind them. Options that only lines tell are unknown until one of
/// them does.
struct GraphFindings {
    std::optional<bool> overhead;   ///< told by the first duration over 10 us
    std::optional<bool> retval_hex; ///< told by the first error
    std::optional<bool> retval_named;
    KnownTasks tasks;
    KnownCalls calls;
};

/// One line of the graph: a call, a return, an arrow or an event as a comment. Not separators and
/// overruns.
bool read_graph_line(LineCursor& cursor, TraceFormat const& format, GraphFindings& findings,
                     Event& event);

/// The second line of a separator: ` 0)    <idle>-0    =>  fork_wa-1988 `.
bool read_task_switch(LineCursor& cursor, TraceFormat const& format, Event& event);

/// The separator's first and third line.
bool is_separator_line(std::string_view line);

/// ` (Overruns: 0)`, the line behind a return.
bool read_overruns(LineCursor& cursor, std::uint32_t& overruns);

} // namespace kflow::trace
