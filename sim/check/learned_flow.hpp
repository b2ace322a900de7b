#pragma once
// What was learned as a person reads it: for each function a body, with how often each of its
// branches was taken (model/builds/NAME/learned.flow, written by `kflow learn`; docs/LEARN.md says
// how it is read).

#include "sim/check/child_order.hpp"
#include "sim/check/learned_profile.hpp"
#include "sim/trace/call_shapes.hpp"

#include <string>
#include <string_view>

namespace kflow::check {

/// All of them, sorted by name. `shapes` tells of own times.
std::string learned_flow(std::string_view build, LearnedProfile const& profile, ChildOrders& orders,
                         trace::CallShapes const& shapes);

/// One function's lines of such a text; empty if it has none.
std::string_view learned_body(std::string_view text, std::string_view function);

} // namespace kflow::check
