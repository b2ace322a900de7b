#pragma once
// Witness 1 for the functions that nobody wrote a body for: their code says in which order they can
// call at all (child_order.hpp), and captures what they were seen to do (habits.hpp).

#include "sim/check/child_order.hpp"
#include "sim/check/conformance.hpp"
#include "sim/check/forest.hpp"
#include "sim/check/habits.hpp"

namespace kflow::check {

/// What is known of a build's functions beside the bodies.
struct UncuratedKnowledge {
    ChildOrders* orders = nullptr; ///< never null
    Habits* habits = nullptr;      ///< null: nothing was learned
    /// A function of that kernel can be preempted anywhere, and then shows a switch.
    bool is_preemptible = false;
};

/// Judges each call that check_conformance() counted as unmodelled, and adds to the result what
/// came of it. Where so much is impossible that the tracer must have passed functions over, nothing
/// is judged. The result must be of an unfiltered capture of the build that is known.
void check_uncurated(model::Program const& program, Forest const& forest,
                     UncuratedKnowledge const& known, ConformanceResult& result);

/// Whether a call of a function without a body is as it may be. Where nothing tells, it is.
bool is_accepted(model::Program const& program, Forest const& forest,
                 UncuratedKnowledge const& known, CallIndex call);

/// The whole calls of functions without a body, for learning. None where the tracer passed
/// functions over: `result.untraced` then names them.
std::vector<SeenCall> seen_calls(model::Program const& program, Forest const& forest,
                                 UncuratedKnowledge const& known, ConformanceResult& result);

} // namespace kflow::check
