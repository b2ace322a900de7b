#pragma once
// From a scenario to what the engine runs: every program a flat list of operations.

#include "sim/engine/program.hpp"
#include "sim/scenario/scenario.hpp"

namespace kflow::scenario {

/// A write to this resource sets the pids.max of a cgroup that the writer is in
/// (kernel/cgroup/pids.c).
inline constexpr int kCgroupPidsMax = 100;

/// One program. `world` gets the strings that it names. Errors were found by the parser: a
/// statement here is well-formed.
engine::Program compile_program(Scenario const& scenario, Program const& program,
                                engine::World& world);

/// All of a scenario's programs, in its order.
engine::World compile_world(Scenario const& scenario);

} // namespace kflow::scenario
