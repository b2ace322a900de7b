#pragma once
// A list of children as text: `a (b c)*3 d`, with what repeats written once; `-` for an empty one.

#include "sim/check/learned_profile.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kflow::check {

std::string fold(ChildList const& list);
/// The list again; nothing if the text is none.
std::optional<ChildList> unfold(std::string_view text);

} // namespace kflow::check
