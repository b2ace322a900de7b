#pragma once
// The ways through a function's code on which it calls what a list says.

#include "sim/check/child_order.hpp"
#include "sim/check/learned_profile.hpp"

#include <cstdint>
#include <set>
#include <vector>

namespace kflow::check {

/// A place in a function's code, and whom it called there.
struct CodeState {
    static constexpr std::uint32_t kStart = ~std::uint32_t{0};
    std::uint32_t node = kStart;
    trace::Name callee;
    auto operator<=>(CodeState const&) const = default;
};

using CodeStates = std::set<CodeState>;

/// Nodes of the code that can come behind it.
std::vector<std::uint32_t> const& ahead_of(ChildOrder const& order, CodeState const& state);
bool can_return(ChildOrder const& order, CodeState const& state);

/// The start, then for each call the places where it can have been made, on a way from the start to
/// the return; empty if there is none.
std::vector<CodeStates> paths_of(ChildOrder const& order, ChildList const& children);

/// Those of `to` that can come behind a place.
CodeStates steps_of(ChildOrder const& order, CodeState const& from, CodeStates const& to);

/// One of the ways, without the start: always the same of several.
std::vector<CodeState> path_of(ChildOrder const& order, ChildList const& children);

} // namespace kflow::check
