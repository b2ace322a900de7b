#include "sim/check/code_paths.hpp"

#include <algorithm>

namespace kflow::check {
namespace {

/// Places that a call can have been made at, behind one of these.
CodeStates next_of(ChildOrder const& order, CodeStates const& here, trace::Name child) {
    CodeStates next;
    for (auto const& state : here) {
        for (auto const node : ahead_of(order, state)) {
            if (order.nodes[node].pointer || order.nodes[node].callee == child) {
                next.insert({node, child});
            }
        }
    }
    return next;
}

} // namespace

std::vector<std::uint32_t> const& ahead_of(ChildOrder const& order, CodeState const& state) {
    return state.node == CodeState::kStart ? order.first : order.nodes[state.node].next;
}

bool can_return(ChildOrder const& order, CodeState const& state) {
    return state.node == CodeState::kStart ? order.may_be_silent : order.nodes[state.node].ends;
}

CodeStates steps_of(ChildOrder const& order, CodeState const& from, CodeStates const& to) {
    CodeStates steps;
    for (auto const& state : to) {
        if (std::ranges::find(ahead_of(order, from), state.node) != ahead_of(order, from).end()) {
            steps.insert(state);
        }
    }
    return steps;
}

std::vector<CodeStates> paths_of(ChildOrder const& order, ChildList const& children) {
    std::vector<CodeStates> paths{{CodeState{}}};
    for (auto const child : children) {
        paths.push_back(next_of(order, paths.back(), child));
    }
    std::erase_if(paths.back(), [&](CodeState const& s) { return !can_return(order, s); });
    for (auto i = paths.size() - 1; i-- > 0;) {
        std::erase_if(paths[i], [&](CodeState const& state) {
            return steps_of(order, state, paths[i + 1]).empty();
        });
    }
    return paths.front().empty() ? std::vector<CodeStates>{} : paths;
}

std::vector<CodeState> path_of(ChildOrder const& order, ChildList const& children) {
    auto const paths = paths_of(order, children);
    std::vector<CodeState> path;
    CodeState at;
    for (std::size_t i = 1; i < paths.size(); ++i) {
        at = *steps_of(order, at, paths[i]).begin();
        path.push_back(at);
    }
    return path;
}

} // namespace kflow::check
