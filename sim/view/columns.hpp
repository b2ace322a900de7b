#pragma once
// Text for a terminal of so many columns.

#include <string>
#include <string_view>

namespace kflow::view {

/// How many columns UTF-8 text takes: two for a Hangul syllable or another wide letter, else one.
int columns_of(std::string_view text);

/// The text, cut to at most so many columns with a `…` at the end; 0: as it is.
std::string cut_to(std::string_view text, int columns);

} // namespace kflow::view
