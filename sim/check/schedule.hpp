#pragma once
// Witness 2: is a capture one of the runs that a scenario allows? The scenario's machine is led by
// the capture's own order of records; what is found is the schedule, or the first point where none
// exists.
//
// Where the capture does not say which of two tasks went on first between two records, both are
// tried; so is the other way of a `maybe`. The search is bounded: a schedule that needs more than
// kMostTries changes of mind may be missed, and the text of the result says that it was given up.
// After the first point where none exists the rest is compared as far as the two can be brought
// together again, so that the counts say how much is alike.

#include "sim/check/report.hpp"
#include "sim/scenario/replay.hpp"
#include "sim/trace/capture.hpp"

namespace kflow::check {

/// Changes of mind in one search.
inline constexpr int kMostTries = 400;

/// Of the scenario's starts those are tried whose program begins in the capture, or all where none
/// does. Never fails: that no task of the capture runs a program of the scenario is a result as well.
ScenarioResult find_schedule(scenario::Replay const& replay, trace::Capture const& capture);

} // namespace kflow::check
