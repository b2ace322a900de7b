#include "sim/check/habits.hpp"

#include <algorithm>

namespace kflow::check {

namespace {

/// Of all calls that were learned from, one in so many may be of a function that is held to its
/// lists and had a list that only one capture shows: so often the next capture shows a new one.
constexpr std::size_t kSurprises = 5000;

/// Calls of lists that only one capture shows.
std::size_t surprises(LearnedFunction const& function) {
    if (function.all.captures < 2) {
        return function.all.calls;
    }
    std::size_t calls = 0;
    for (auto const& [list, seen] : function.lists) {
        calls += seen.captures == 1 ? seen.calls : 0;
    }
    return calls;
}

/// Functions that hardly ever show a new list: those with the fewest surprises first, as long as
/// there are not too many in all.
std::set<trace::Name> find_settled(LearnedProfile const& profile) {
    std::vector<std::pair<std::size_t, trace::Name>> order;
    std::size_t calls = 0;
    for (auto const& [symbol, function] : profile.functions()) {
        calls += function.all.calls;
        if (function.all.captures >= 2) {
            order.emplace_back(surprises(function), symbol);
        }
    }
    std::sort(order.begin(), order.end());
    std::set<trace::Name> settled;
    std::size_t sum = 0;
    for (auto const& [count, symbol] : order) {
        sum += count;
        if (sum * kSurprises > calls) {
            break;
        }
        settled.insert(symbol);
    }
    return settled;
}

void add_list(ChildOrder const& order, ChildList const& children, std::size_t captures,
              FunctionHabits& habits) {
    auto const paths = paths_of(order, children);
    CodeStates passed;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        passed.insert(paths[i].begin(), paths[i].end());
        for (auto const& state : paths[i]) {
            auto const next = i + 1 < paths.size() ? steps_of(order, state, paths[i + 1])
                                                   : CodeStates{CodeState{}}; // It returned.
            for (auto const& to : next) {
                habits.steps.insert({state, to});
            }
        }
    }
    for (auto const& state : passed) {
        habits.captures[state] += captures;
    }
}

} // namespace

Habits::Habits(LearnedProfile const& profile, ChildOrders& orders)
    : profile_(profile), orders_(orders), settled_(find_settled(profile)) {}

FunctionHabits const& Habits::habits_of(trace::Name symbol, LearnedFunction const& function) {
    auto const [place, is_new] = known_.try_emplace(symbol);
    if (is_new) {
        if (auto const* const order = orders_.of(symbol)) {
            for (auto const& [list, seen] : function.lists) {
                add_list(*order, list, seen.captures, place->second);
            }
        }
        if (function.all.captures >= kFewestCaptures) {
            place->second.constants = find_constants(function);
        }
    }
    return place->second;
}

bool Habits::fits(ChildOrder const& order, FunctionHabits const& habits, ChildList const& children,
                  bool returned) {
    auto const is_free = [&](CodeState const& state) {
        auto const seen = habits.captures.find(state);
        return seen == habits.captures.end() || seen->second < kFewestCaptures;
    };
    CodeStates here{CodeState{}};
    for (auto const child : children) {
        CodeStates next;
        for (auto const& state : here) {
            auto const free = is_free(state);
            for (auto const node : ahead_of(order, state)) {
                CodeState const to{node, child};
                if ((order.nodes[node].pointer || order.nodes[node].callee == child) &&
                    (free || habits.steps.contains({state, to}))) {
                    next.insert(to);
                }
            }
        }
        if (next.empty()) {
            return false;
        }
        here = std::move(next);
    }
    return !returned || std::ranges::any_of(here, [&](CodeState const& state) {
        return can_return(order, state) &&
               (is_free(state) || habits.steps.contains({state, CodeState{}}));
    });
}

Habits::Answer Habits::judge(trace::Name symbol, ChildList const& children, bool returned) {
    auto const* const function = profile_.function(symbol);
    auto const* const order = function ? orders_.of(symbol) : nullptr;
    if (!order) {
        return Answer::unheard;
    }
    if (returned && function->lists.contains(children)) {
        return Answer::alike;
    }
    if (returned && is_settled(symbol)) {
        return Answer::unseen;
    }
    auto const& habits = habits_of(symbol, *function);
    auto const alike = fits(*order, habits, children, returned) &&
                       (!returned || habits.constants.hold_for(children));
    return alike ? Answer::alike : Answer::unseen;
}

} // namespace kflow::check
