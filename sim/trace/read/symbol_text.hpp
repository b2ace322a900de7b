#pragma once
// Reads functions, places and arguments as the tracers print them. Each returns whether the text
// was there and leaves the cursor where it was if not.

#include "sim/trace/event.hpp"
#include "sim/trace/read/line_cursor.hpp"

namespace kflow::trace {

/// `copy_process`, `copy_process+0x4/0x182c [module] <ffff800008090358>`, `0x00000000`, `0`
/// (seq_print_ip_sym).
bool read_location(LineCursor& cursor, Location& location);

/// `name` or `name [module]`, up to the parenthesis (`%ps`).
bool read_graph_function(LineCursor& cursor, GraphFunction& function);

/// `(regs=0xffff8000834dbec0, options=0)` (print_function_args). `()` gives an empty list.
bool read_arguments(LineCursor& cursor, Arguments& arguments);

} // namespace kflow::trace
