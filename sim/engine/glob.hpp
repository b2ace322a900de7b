#pragma once
// The globs of set_ftrace_filter, as lib/glob.c (glob_match) has them: `*`, `?`, `[a-z]`, `[!a-z]`
// and `\` before a letter that means itself.

#include <string_view>

namespace kflow::engine {

/// Whether the whole of `text` is what the glob says. Takes no longer than both lengths multiplied:
/// only the last `*` is tried again.
bool matches_glob(std::string_view glob, std::string_view text);

} // namespace kflow::engine
