#include "sim/check/habits.hpp"

#include "sim/check/rounds.hpp"

#include <algorithm>

namespace kflow::check {

namespace {

/// What is a rule holds for the next program, too, but for one in so many: that it has no new list,
/// and that it goes no new way from a place in the code.
constexpr std::size_t kOddsOfLists = 20;
constexpr std::size_t kOddsOfSteps = 8;

/// Whether the next program does nothing new, where each of `alone` programs out of `programs` did
/// something that no other did: as likely as these suggest (Laplace's rule of succession).
bool is_rule(NumberSet const& alone, NumberSet const& programs, std::size_t odds) {
    return (alone.size() + 1) * odds <= programs.size() + 1;
}

/// Programs that do something that no other does. `Seen`: a map to the programs of each thing.
template <typename Seen, typename ProgramsOf>
NumberSet alone_in(Seen const& seen, ProgramsOf const& programs_of) {
    NumberSet alone;
    for (auto const& [what, how] : seen) {
        if (programs_of(how).size() == 1) {
            alone.add(programs_of(how));
        }
    }
    return alone;
}

/// Functions that hardly ever show a new list.
std::set<trace::Name> find_settled(LearnedProfile const& profile) {
    std::set<trace::Name> settled;
    for (auto const& [symbol, function] : profile.functions()) {
        auto const alone = alone_in(
            function.lists, [](auto const& seen) -> auto& { return seen.programs; });
        if (is_rule(alone, function.all.programs, kOddsOfLists)) {
            settled.insert(symbol);
        }
    }
    return settled;
}

void add_list(ChildOrder const& order, ChildList const& children, NumberSet const& programs,
              FunctionHabits& habits) {
    auto const paths = paths_of(order, children);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        for (auto const& state : paths[i]) {
            auto const next = i + 1 < paths.size() ? steps_of(order, state, paths[i + 1])
                                                   : CodeStates{CodeState{}}; // It returned.
            for (auto const& to : next) {
                habits.steps[state][to].add(programs);
            }
        }
    }
}

/// Whether the next program, too, goes on from a place as others did.
bool is_bound(FunctionHabits::Steps const& steps) {
    NumberSet programs;
    for (auto const& [to, those] : steps) {
        programs.add(those);
    }
    auto const alone = alone_in(
        steps, [](auto const& those) -> auto& { return those; });
    return is_rule(alone, programs, kOddsOfSteps);
}

/// What a lock calls where another CPU holds it: at any time, whatever the function that takes it
/// does.
bool waits_for_lock(trace::Name name) {
    static NameSet const waits{trace::Name("queued_spin_lock_slowpath"),
                               trace::Name("queued_read_lock_slowpath"),
                               trace::Name("queued_write_lock_slowpath")};
    return waits.contains(name);
}

} // namespace

Habits::Habits(LearnedProfile const& profile, ChildOrders& orders)
    : profile_(profile), orders_(orders), settled_(find_settled(profile)) {
    for (auto const& [symbol, function] : profile.functions()) {
        shown_.insert(symbol);
        for (auto const& [list, seen] : function.lists) {
            shown_.insert(list.begin(), list.end());
        }
    }
}

FunctionHabits const& Habits::habits_of(trace::Name symbol, LearnedFunction const& function) {
    auto const [place, is_new] = known_.try_emplace(symbol);
    auto& habits = place->second;
    if (is_new) {
        if (auto const* const order = orders_.of(symbol)) {
            for (auto const& [list, seen] : function.lists) {
                add_list(*order, list, seen.programs, habits);
            }
        }
        for (auto const& [place_of, steps] : habits.steps) {
            if (is_bound(steps)) {
                habits.bound.insert(place_of);
            }
        }
        if (function.all.programs.size() >= kFewestPrograms) {
            habits.constants = find_constants(function);
            habits.company = Company(function);
        }
    }
    return habits;
}

bool Habits::may_go(ChildOrder const& order, FunctionHabits const& habits, CodeState const& from,
                    CodeState const& to) const {
    if (!habits.bound.contains(from)) {
        return true;
    }
    auto const& steps = habits.steps.at(from);
    if (steps.contains(to)) {
        return true;
    }
    // A pointer leads to another driver's or file system's function: not to one that is known from
    // elsewhere.
    auto const here = steps.lower_bound(CodeState{to.node, {}});
    return to.node != CodeState::kStart && order.nodes[to.node].pointer && is_stranger(to.callee) &&
           here != steps.end() && here->first.node == to.node;
}

bool Habits::fits(ChildOrder const& order, FunctionHabits const& habits, ChildList const& children,
                  bool returned) const {
    CodeStates here{CodeState{}};
    for (auto const child : children) {
        CodeStates next;
        for (auto const& state : here) {
            for (auto const node : ahead_of(order, state)) {
                CodeState const to{node, child};
                if ((order.nodes[node].pointer || order.nodes[node].callee == child) &&
                    may_go(order, habits, state, to)) {
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
        return can_return(order, state) && may_go(order, habits, state, CodeState{});
    });
}

Habits::Answer Habits::judge(trace::Name symbol, ChildList const& children, bool returned) {
    auto const answer = judge_list(symbol, children, returned);
    if (answer != Answer::unseen || std::ranges::none_of(children, waits_for_lock)) {
        return answer;
    }
    // It may have been learned from programs that never met another at this lock.
    auto undisturbed = children;
    std::erase_if(undisturbed, waits_for_lock);
    return judge_list(symbol, undisturbed, returned);
}

Habits::Answer Habits::judge_list(trace::Name symbol, ChildList const& children, bool returned) {
    auto const* const function = profile_.function(symbol);
    auto const* const order = function ? orders_.of(symbol) : nullptr;
    if (!order) {
        return Answer::unheard;
    }
    if (returned && function->lists.contains(children)) {
        return Answer::alike;
    }
    auto const has_stranger =
        std::ranges::any_of(children, [&](auto name) { return is_stranger(name); });
    auto const held_to_lists = returned && is_settled(symbol) && !has_stranger;
    if (held_to_lists && !differs_in_rounds(*function, *order, children)) {
        return Answer::unseen;
    }
    // What was always so was so with those whose place the stranger takes.
    auto const& habits = habits_of(symbol, *function);
    auto const alike =
        (held_to_lists || fits(*order, habits, children, returned)) &&
        (!returned || has_stranger ||
         (habits.constants.hold_for(children) && habits.company.holds_for(children)));
    return alike ? Answer::alike : Answer::unseen;
}

} // namespace kflow::check
