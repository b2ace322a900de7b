#pragma once
// Whether a list of children is like those that a function was seen to have.
//
// A function that hardly ever shows a new list is held to the lists that it had. Any other one may
// combine what it did: each step from call to call, at the sites of its code, must have been seen,
// and what was always so (constants.hpp) must be so again. Where its code was seen too seldom to
// tell, any step that the code allows is taken.

#include "sim/check/child_order.hpp"
#include "sim/check/code_paths.hpp"
#include "sim/check/constants.hpp"
#include "sim/check/learned_profile.hpp"

#include <map>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kflow::check {

/// How one function behaves: made of its lists.
struct FunctionHabits {
    std::set<std::pair<CodeState, CodeState>> steps; ///< to a state at kStart: it returned
    std::map<CodeState, std::size_t> captures;       ///< that a state was seen in, at most
    Constants constants;
};

class Habits {
public:
    /// Both must outlive it.
    Habits(LearnedProfile const& profile, ChildOrders& orders);

    enum class Answer {
        unheard, ///< nothing is known of the function
        alike,
        unseen, ///< its code allows it, but it was never so
    };
    Answer judge(trace::Name symbol, ChildList const& children, bool returned);

    /// Whether it is held to the lists that it had.
    bool is_settled(trace::Name symbol) const { return settled_.contains(symbol); }

private:
    FunctionHabits const& habits_of(trace::Name symbol, LearnedFunction const& function);
    static bool fits(ChildOrder const& order, FunctionHabits const& habits,
                     ChildList const& children, bool returned);

    LearnedProfile const& profile_;
    ChildOrders& orders_;
    std::set<trace::Name> settled_;
    std::unordered_map<trace::Name, FunctionHabits, trace::NameHash> known_;
};

} // namespace kflow::check
