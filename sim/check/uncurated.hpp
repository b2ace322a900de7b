#pragma once
// Witness 1 for the functions that nobody wrote a body for: their code says in which order they can
// call at all (child_order.hpp), and captures what they were seen to do (habits.hpp).

#include "sim/check/child_order.hpp"
#include "sim/check/conformance_result.hpp"
#include "sim/check/forest.hpp"
#include "sim/check/habits.hpp"
#include "sim/model/ir.hpp"

#include <memory>
#include <vector>

namespace kflow::check {

/// What is known of a build's functions beside the bodies.
struct UncuratedKnowledge {
    ChildOrders* orders = nullptr; ///< never null
    Habits* habits = nullptr;      ///< null: nothing was learned
    /// A function of that kernel can be preempted anywhere, and then shows a switch.
    bool is_preemptible = false;
};

/// Judges each call that GraphCheck counts as unmodelled, window by window. Calls of a function
/// with the same children are one case: what is said of one holds for all, so that little of a
/// capture has to be kept.
class UncuratedCheck {
public:
    /// The program, and what is known, must outlive it.
    UncuratedCheck(model::Program const& program, UncuratedKnowledge const& known);
    ~UncuratedCheck();
    UncuratedCheck(UncuratedCheck const&) = delete;
    UncuratedCheck& operator=(UncuratedCheck const&) = delete;

    void see(Forest const& forest);

    /// Adds what came of it to the result, which must be of the same capture, unfiltered and of the
    /// build that is known. Where so much is impossible that the tracer must have passed functions
    /// over, nothing is judged.
    void finish(ConformanceResult& result);

    /// The whole calls of functions without a body, for learning. None where the tracer passed
    /// functions over: `result.untraced` then names them.
    std::vector<SeenCall> whole_calls(ConformanceResult& result);

    /// Whether a call of a function without a body is as it may be. Where nothing tells, it is.
    bool accepts(Forest const& forest, CallIndex call) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kflow::check
