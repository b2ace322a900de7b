#pragma once
// Sets the noise of a forest apart: the last step of build_call_forest().

#include "sim/trace/call_tree.hpp"

namespace kflow::trace {

/// Marks children that begin or belong to a noise group, all calls below them, and counts both.
void mark_noise(CallForest& forest);

} // namespace kflow::trace
