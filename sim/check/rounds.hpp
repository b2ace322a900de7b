#pragma once
// How often a loop of a function's code goes round follows from what there is to go over (cgroups
// above a task, pages, entries): it is no habit of the function.

#include "sim/check/child_order.hpp"
#include "sim/check/learned_profile.hpp"

namespace kflow::check {

/// Whether a list differs from one that the function had in nothing but the rounds of loops that
/// make one call a round, and that were seen to go round different numbers of times there.
bool differs_in_rounds(LearnedFunction const& function, ChildOrder const& order,
                       ChildList const& children);

} // namespace kflow::check
