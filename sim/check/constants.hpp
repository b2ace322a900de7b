#pragma once
// What all lists of children that a function was seen to have have in common.

#include "sim/check/learned_profile.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace kflow::check {

/// What fewer programs show is no rule.
inline constexpr std::size_t kFewestPrograms = 5;

/// So many calls of one function, one behind the other: a batch that is full before something is
/// done with it.
struct FullBatch {
    trace::Name of;
    trace::Name then;  ///< what comes behind them
    trace::Name after; ///< and behind that; empty: it returns
    std::size_t size = 0;
};

struct Constants {
    std::vector<std::vector<trace::Name>> as_often;        ///< each of them as often as the others
    std::vector<std::pair<trace::Name, trace::Name>> with; ///< never the first without the second
    std::vector<trace::Name> always;
    std::vector<trace::Name> once; ///< at most
    std::vector<FullBatch> batches;

    /// Of a whole list.
    bool hold_for(ChildList const& list) const;
};

Constants find_constants(LearnedFunction const& function);

} // namespace kflow::check
