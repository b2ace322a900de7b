#pragma once
// Where a list of children differs from every list that the automaton allows, at the least cost.

#include "sim/check/difference_kind.hpp"
#include "sim/check/simulate.hpp"

#include <optional>
#include <vector>

namespace kflow::check {

struct Difference {
    DifferenceKind kind = DifferenceKind::extra;
    /// The letter that it is about; for `missing` the one before which the call is missing (the
    /// number of letters: at the end).
    std::size_t letter = 0;
    /// The step of the automaton that it is about; none for `extra`.
    std::optional<Run::Taken> step;
    bool operator==(Difference const&) const = default;
};

/// The differences of the cheapest alignment, in order; the same input gives the same answer. Never
/// empty: where the word is accepted after all, or the search goes too far, the first letter that
/// no run could read is `extra` (or what could stand at the end is `missing`), as `run` says.
std::vector<Difference> align(Automaton const& automaton, Word const& word,
                              Knowledge const& knowledge, Run const& run);

} // namespace kflow::check
