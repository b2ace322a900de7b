#pragma once
// A function's lists of children as one expression: what comes one behind the other, instead of
// each other, perhaps, and again.
//
// Each call site of the code stands in it once, so it is as narrow as such an expression can be
// (a single occurrence regular expression, by the algorithm Soa2Sore of Freydenberger and
// Kötzing, "Fast learning of restricted regular expressions and DTDs", ICDT 2013; but a loop that
// can be left behind its last call only is not bent where that call does not end a round).

#include "sim/check/code_paths.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace kflow::check {

struct Expression {
    enum class Kind : std::uint8_t {
        nothing,
        call,
        sequence, ///< all parts
        choice,   ///< one of the parts; `nothing` may be one of them
        repeat,   ///< its one part, once or more
    };
    Kind kind = Kind::nothing;
    CodeState call; ///< of a call
    std::vector<Expression>
        parts; ///< never one alone in a sequence or choice, none inside its own kind
    /// How often each part of a choice was taken, in the parts' order.
    std::vector<std::size_t> taken;
    /// How often a repeat went round so many times.
    std::map<std::size_t, std::size_t> rounds;
};

/// A list of children as the places it was called at, and how many calls had it.
struct SeenPath {
    std::vector<CodeState> calls;
    std::size_t times = 0;
};

/// The narrowest expression that has all paths, with how often each of its branches was taken.
/// There must be a path.
Expression expression_of(std::vector<SeenPath> const& paths);

} // namespace kflow::check
