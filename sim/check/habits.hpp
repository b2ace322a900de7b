#pragma once
// Whether a list of children is like those that a function was seen to have.
//
// A function that hardly ever shows a new list is held to the lists that it had, but for the rounds
// of its loops (rounds.hpp). Any other one may combine what it did: each step from call to call, at
// the sites of its code, must have been seen, and in the company that it was seen in (company.hpp),
// and what was always so (constants.hpp) must be so again. Where programs went different ways, or
// too few came by to tell, any step that the code allows is taken; and a pointer may lead to a
// function that no capture shows. That it waited for another CPU at a lock is no habit of a
// function: its code tells where it can.
//
// Evidence is counted in programs: calls of one program are not independent of each other, nor are
// its captures.

#include "sim/check/child_order.hpp"
#include "sim/check/code_paths.hpp"
#include "sim/check/company.hpp"
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
    /// Where it went from a place, and in which programs; kStart: it returned.
    using Steps = std::map<CodeState, NumberSet>;
    std::map<CodeState, Steps> steps;
    std::set<CodeState> bound; ///< places from which it goes only where it went
    Constants constants;
    Company company;
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
    Answer judge_list(trace::Name symbol, ChildList const& children, bool returned);
    FunctionHabits const& habits_of(trace::Name symbol, LearnedFunction const& function);
    bool may_go(ChildOrder const& order, FunctionHabits const& habits, CodeState const& from,
                CodeState const& to) const;
    bool fits(ChildOrder const& order, FunctionHabits const& habits, ChildList const& children,
              bool returned) const;
    /// No capture shows a function of that name.
    bool is_stranger(trace::Name name) const { return !shown_.contains(name); }

    LearnedProfile const& profile_;
    ChildOrders& orders_;
    std::set<trace::Name> settled_;
    NameSet shown_; ///< in any list
    std::unordered_map<trace::Name, FunctionHabits, trace::NameHash> known_;
};

} // namespace kflow::check
