#pragma once
// How a capture can differ from what a body allows.

#include <cstdint>
#include <string_view>

namespace kflow::check {

enum class DifferenceKind : std::uint8_t {
    missing,   ///< the body has a call here that the capture does not show
    extra,     ///< the capture shows a call here that the body does not have
    renamed,   ///< another function stands in the place of one
    reordered, ///< two neighbours have changed places
    unseen,    ///< no body tells, the code allows it, but no capture that was learned from shows it
};

std::string_view to_string(DifferenceKind kind);

} // namespace kflow::check
