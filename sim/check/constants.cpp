#include "sim/check/constants.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

namespace kflow::check {
namespace {

using Counts = std::map<trace::Name, std::size_t>;

Counts count(ChildList const& list) {
    Counts counts;
    for (auto const name : list) {
        ++counts[name];
    }
    return counts;
}

std::size_t of(Counts const& counts, trace::Name name) {
    auto const found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
}

/// Finds what the lists have in common, but for their order.
class CommonTraits {
public:
    explicit CommonTraits(LearnedFunction const& function) {
        for (auto const& [list, seen] : function.lists) {
            lists_.push_back(count(list));
            for (auto const& [name, times] : lists_.back()) {
                programs_[name].add(seen.programs);
            }
        }
    }

    Constants find() const {
        Constants found;
        std::map<std::vector<std::size_t>, std::vector<trace::Name>> alike;
        for (auto const& [name, programs] : programs_) {
            std::vector<std::size_t> times;
            for (auto const& counts : lists_) {
                times.push_back(of(counts, name));
            }
            if (std::ranges::find(times, std::size_t{0}) == times.end()) {
                found.always.push_back(name);
            }
            if (programs.size() >= kFewestPrograms) {
                find_of(name, times, found);
            }
            alike[times].push_back(name);
        }
        for (auto& [times, names] : alike) {
            if (names.size() > 1 &&
                std::ranges::adjacent_find(times, std::not_equal_to{}) != times.end()) {
                found.as_often.push_back(std::move(names));
            }
        }
        return found;
    }

private:
    void find_of(trace::Name name, std::vector<std::size_t> const& times, Constants& found) const {
        if (std::ranges::all_of(times, [](auto n) { return n <= 1; })) {
            found.once.push_back(name);
        }
        for (auto const& seen : programs_) {
            auto const other = seen.first; // clang 14 captures no structured binding
            auto const goes_with = other != name && std::ranges::all_of(lists_, [&](auto const& l) {
                                       return of(l, name) == 0 || of(l, other) > 0;
                                   });
            if (goes_with) {
                found.with.emplace_back(name, other);
            }
        }
    }

    std::vector<Counts> lists_;
    std::map<trace::Name, NumberSet> programs_;
};

auto place(FullBatch const& batch) {
    return std::tuple(batch.of, batch.then, batch.after);
}

/// Another task ran in the middle: a function that is not traced gave way (__cond_resched).
bool has_switch(ChildList const& list) {
    return std::ranges::any_of(list, [](trace::Name name) {
        return name.view().starts_with("finish_task_switch"); // .isra.0
    });
}

/// Each run of calls of one function that something comes behind; none where a switch may have cut
/// one.
std::vector<FullBatch> batches_of(ChildList const& list) {
    std::vector<FullBatch> runs;
    if (has_switch(list)) {
        return runs;
    }
    for (auto const name : list) {
        if (!runs.empty() && runs.back().of == name) {
            ++runs.back().size;
            continue;
        }
        runs.push_back({name, {}, {}, 1});
        for (std::size_t back = 2; back <= std::min<std::size_t>(3, runs.size()); ++back) {
            auto& before = runs[runs.size() - back];
            (back == 2 ? before.then : before.after) = name;
        }
    }
    if (!runs.empty()) {
        runs.pop_back();
    }
    return runs;
}

/// Runs that were as long each time, more than one call.
std::vector<FullBatch> full_batches(LearnedFunction const& function) {
    struct Seen {
        std::set<std::size_t> sizes;
        NumberSet programs;
    };
    std::map<std::tuple<trace::Name, trace::Name, trace::Name>, Seen> places;
    for (auto const& [list, seen] : function.lists) {
        for (auto const& batch : batches_of(list)) {
            auto& at = places[place(batch)];
            at.sizes.insert(batch.size);
            at.programs.add(seen.programs);
        }
    }
    std::vector<FullBatch> found;
    for (auto const& [names, seen] : places) {
        if (seen.sizes.size() == 1 && *seen.sizes.begin() > 1 &&
            seen.programs.size() >= kFewestPrograms) {
            found.push_back(
                {std::get<0>(names), std::get<1>(names), std::get<2>(names), *seen.sizes.begin()});
        }
    }
    return found;
}

} // namespace

bool Constants::hold_for(ChildList const& list) const {
    auto const counts = count(list);
    auto const has = [&](trace::Name name) { return of(counts, name) > 0; };
    return std::ranges::all_of(always, has) &&
           std::ranges::all_of(once, [&](auto name) { return of(counts, name) <= 1; }) &&
           std::ranges::all_of(
               with, [&](auto const& pair) { return !has(pair.first) || has(pair.second); }) &&
           std::ranges::all_of(as_often,
                               [&](auto const& names) {
                                   return std::ranges::all_of(names, [&](auto name) {
                                       return of(counts, name) == of(counts, names.front());
                                   });
                               }) &&
           std::ranges::all_of(batches_of(list), [&](FullBatch const& batch) {
               return std::ranges::none_of(batches, [&](FullBatch const& full) {
                   return place(full) == place(batch) && full.size != batch.size;
               });
           });
}

Constants find_constants(LearnedFunction const& function) {
    auto found = CommonTraits(function).find();
    found.batches = full_batches(function);
    return found;
}

} // namespace kflow::check
