#pragma once
// What differs between two bodies of one function, found by their longest common subsequence.

#include "sim/model/body_steps.hpp"

#include <string>
#include <vector>

namespace kflow::model {

struct StepDifference {
    enum class Kind {
        added,
        removed,
        condition, ///< the same call under another condition, or through a pointer now
        order,     ///< the same call at another place among the others
    };
    Kind kind = Kind::added;
    BodyStep before; ///< in the first body; meaningless if added
    BodyStep after;  ///< in the second; meaningless if removed
    /// With `order`: the step before it in each of the two; empty: it is the first.
    std::string behind_before = {};
    std::string behind_after = {};
    bool operator==(StepDifference const&) const = default;
};

/// In the order of the bodies.
std::vector<StepDifference> compare_steps(std::vector<BodyStep> const& first,
                                          std::vector<BodyStep> const& second);

/// One call that stands where another one stood, under the same condition.
struct Replacement {
    std::string before;
    std::string after;
};

std::vector<Replacement> replacements(std::vector<BodyStep> const& first,
                                      std::vector<BodyStep> const& second);

} // namespace kflow::model
