#pragma once
// The marks that tell long durations and delays: kernel/trace/trace_output.c, trace_find_mark().

#include "sim/base/types.hpp"
#include "sim/trace/event.hpp"

#include <optional>

namespace kflow::trace {

/// How much longer than each of the thresholds 10 us, 100 us, 1 ms, 10 ms, 100 ms and 1 s: none to
/// over_1s, never `derived`.
DelayMark mark_of(Nanos duration);

/// ` `, `+`, `!`, `#`, `*`, `@`, `$`.
char mark_letter(DelayMark mark);

std::optional<DelayMark> mark_from_letter(char letter);

/// The threshold that the mark says was exceeded; 0 for none.
Nanos mark_threshold(DelayMark mark);

/// The mark behind a time of the latency format, from it and the next record's (lat_print_timestamp
/// rounds to microseconds).
DelayMark delay_mark(Event const& event, Event const* next);

} // namespace kflow::trace
