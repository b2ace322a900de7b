#pragma once
// The last steps of building a forest: what only all of its calls tell.

#include "sim/trace/call_tree.hpp"

#include <cstdint>
#include <vector>

namespace kflow::trace {

/// Counts the calls below each, and ends those that never returned with what was last below them.
void count_calls(CallForest& forest);

/// Numbers the calls anew, callers before what they call, where some have no entry and were
/// numbered at their return. Gives each old number's new one. They must be counted.
std::vector<std::uint32_t> put_in_order(CallForest& forest);

} // namespace kflow::trace
