#pragma once
// Which of the source's calls a build inlines, as far as captures tell: lines of a mask
// (docs/BUILD_FACTS.md), and what captures say that a mask cannot hold.

#include "sim/build/mask_table.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::check {

/// How often something was seen, and where first.
struct Sighting {
    std::size_t times = 0;
    std::string file;
    std::uint32_t line = 0;

    void add(std::size_t more, std::string const& in, std::uint32_t at);
};

/// A call of the source, in the code of one function, that the symbols leave open.
struct LearnedCall {
    std::string unit; ///< the compiled file that the code is in
    std::string caller;
    std::string callee;
    std::string outer; ///< whose code it is
    Sighting passed;   ///< it was made, one way or the other
    Sighting inlined;
    Sighting called;
    build::MaskKind known = build::MaskKind::called; ///< what the build's own mask says

    /// Whether a capture says which way; else every reading fits with both.
    bool is_told() const { return inlined.times + called.times > 0; }
    build::MaskKind kind() const; ///< of one that is told
    std::string name() const;     ///< `UNIT:CALLER>CALLEE in OUTER`
};

struct LearnedMask {
    std::vector<LearnedCall> calls;       ///< by unit, caller, callee, outer
    std::vector<std::string> unexplained; ///< differences that no mask explains, each in a sentence

    /// The mask's lines of the calls that are told.
    std::string text(std::string_view build) const;
    /// What was learned, in words: how much, and every exception.
    std::string report() const;
};

} // namespace kflow::check
