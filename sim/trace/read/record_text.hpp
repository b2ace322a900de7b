#pragma once
// Reads records behind their columns, and the lines that have none.

#include "sim/trace/event.hpp"
#include "sim/trace/read/line_cursor.hpp"
#include "sim/trace/trace_format.hpp"

namespace kflow::trace {

/// A function, a trace event or the first line of a stack, to the line's end.
bool read_record(LineCursor& cursor, TraceFormat const& format, Event& event);

/// ` => copy_process+0x4/0x182c`: one frame of a stack.
bool read_frame(LineCursor& cursor, bool user, Location& frame);

/// `CPU:1 [LOST 36926 EVENTS]` or `##### CPU 2 buffer started ####`.
bool read_buffer_line(LineCursor& cursor, Event& event);

/// Columns and record of a function or event line.
bool read_line(LineCursor& cursor, TraceFormat const& format, Event& event);

} // namespace kflow::trace
