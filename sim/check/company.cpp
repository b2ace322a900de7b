#include "sim/check/company.hpp"

#include "sim/check/constants.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace kflow::check {
namespace {

/// That a third function was with a step in each program, or in none, is no chance if it would be
/// so by chance in fewer cases than these, as often as all lists have that function.
constexpr double kByChance = 0.001;

std::uint64_t step_of(trace::Name from, trace::Name to) {
    constexpr unsigned width = 32;
    return std::uint64_t{from.number()} << width | to.number();
}

/// Each step of a list, its first and its last call included.
template <typename Take>
void for_each_step(ChildList const& list, Take const& take) {
    trace::Name before;
    for (auto const name : list) {
        take(step_of(before, name));
        before = name;
    }
    take(step_of(before, trace::Name()));
}

/// A function's names by number, and which of them a list has.
class Names {
public:
    explicit Names(LearnedFunction const& function) {
        std::set<trace::Name> all;
        for (auto const& [list, seen] : function.lists) {
            all.insert(list.begin(), list.end());
        }
        names_.assign(all.begin(), all.end());
        for (std::size_t n = 0; n < names_.size(); ++n) {
            places_.emplace(names_[n], n);
        }
    }

    std::size_t size() const { return names_.size(); }
    trace::Name operator[](std::size_t place) const { return names_[place]; }
    std::vector<bool> in(ChildList const& list) const {
        std::vector<bool> has(names_.size());
        for (auto const name : list) {
            has[places_.at(name)] = true;
        }
        return has;
    }

private:
    std::vector<trace::Name> names_;
    std::unordered_map<trace::Name, std::size_t, trace::NameHash> places_;
};

/// What the lists with a step have in common.
struct Seen {
    std::vector<bool> in_all;
    std::vector<bool> in_some;
    NumberSet programs;
};

} // namespace

Company::Company(LearnedFunction const& function) {
    Names const names(function);
    std::unordered_map<std::uint64_t, Seen> steps;
    std::vector<std::size_t> lists_with(names.size());
    for (auto const& [list, sightings] : function.lists) {
        auto const has = names.in(list);
        for (std::size_t n = 0; n < has.size(); ++n) {
            lists_with[n] += has[n] ? 1 : 0;
        }
        for_each_step(list, [&, &programs = sightings.programs](std::uint64_t step) {
            auto& seen = steps[step];
            if (seen.in_all.empty()) {
                seen.in_all = seen.in_some = has;
            }
            for (std::size_t n = 0; n < has.size(); ++n) {
                seen.in_all[n] = seen.in_all[n] && has[n];
                seen.in_some[n] = seen.in_some[n] || has[n];
            }
            seen.programs.add(programs);
        });
    }
    auto const all = static_cast<double>(function.lists.size());
    for (auto const& [step, seen] : steps) {
        if (seen.programs.size() < kFewestPrograms) {
            continue;
        }
        auto const times = static_cast<double>(seen.programs.size());
        Beside beside;
        for (std::size_t n = 0; n < names.size(); ++n) {
            auto const share = static_cast<double>(lists_with[n]) / all;
            if (seen.in_all[n] && std::pow(share, times) < kByChance) {
                beside.always.push_back(names[n]);
            } else if (!seen.in_some[n] && std::pow(1 - share, times) < kByChance) {
                beside.never.push_back(names[n]);
            }
        }
        if (!beside.always.empty() || !beside.never.empty()) {
            steps_.emplace(step, std::move(beside));
        }
    }
}

bool Company::holds_for(ChildList const& list) const {
    std::set<trace::Name> const has(list.begin(), list.end());
    auto const is_there = [&](trace::Name name) { return has.contains(name); };
    bool holds = true;
    for_each_step(list, [&](std::uint64_t step) {
        auto const found = steps_.find(step);
        holds = holds &&
                (found == steps_.end() || (std::ranges::all_of(found->second.always, is_there) &&
                                           std::ranges::none_of(found->second.never, is_there)));
    });
    return holds;
}

} // namespace kflow::check
