#include "sim/check/graph_conformance.hpp"

#include "sim/check/classes.hpp"
#include "sim/check/projection.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace kflow::check {
namespace {

using Names = NarrowedCaches::Names;

/// A filter has some tens of functions; a trace of all functions shows hundreds.
constexpr std::size_t kLargestFilter = 64;

/// Whether each call that differs is one of a function of whose calls the capture has none at all:
/// of a few lines of a filtered trace no more than that can be seen.
bool shows_no_callee(model::Program const& program, AutomataCache& cache,
                     ConformanceResult const& result, Names const& shown) {
    auto const& alphabet = cache.alphabet();
    return std::ranges::all_of(result.divergences, [&](Divergence const& d) {
        auto const parent = program.find_function(d.parent);
        return parent != model::kNone<model::FunctionId> && program[parent].has_body &&
               std::ranges::none_of(cache.get(parent).symbols, [&](auto symbol) {
                   return shown.contains(alphabet.name(symbol));
               });
    });
}

/// Whether the trace was filtered by name: few functions are there, and nearly as many that should
/// be are nowhere in it.
bool looks_filtered(model::Program const& program, AutomataCache& cache,
                    ConformanceResult const& result, Names const& shown) {
    if (shown.size() > kLargestFilter) {
        return false;
    }
    if (shows_no_callee(program, cache, result, shown)) {
        return true;
    }
    Names nowhere;
    for (auto const& d : result.divergences) {
        if (d.kind == DifferenceKind::missing && !shown.contains(d.function)) {
            nowhere.insert(d.function);
        }
    }
    return nowhere.size() * 2 > shown.size();
}

/// A function that was not traced is so in each of its calls. One call is no evidence of that: it
/// is a difference.
constexpr std::size_t kFewestCalls = 2;

/// Functions that the capture shows nowhere, although what they call stands in the place of a call
/// of theirs in more than one call: with the lines of these calls.
std::map<std::string, std::set<std::uint32_t>> passed_over(model::Program const& program,
                                                           AutomataCache& cache,
                                                           ConformanceResult const& result,
                                                           Names const& shown) {
    std::map<std::string, std::set<std::uint32_t>> calls;
    auto const& alphabet = cache.alphabet();
    for (auto const& d : result.divergences) {
        auto const parent = program.find_function(d.parent);
        if (d.kind == DifferenceKind::missing || parent == model::kNone<model::FunctionId> ||
            !program[parent].has_body) {
            continue;
        }
        for (auto const symbol : cache.get(parent).symbols) {
            auto const name = alphabet.name(symbol);
            auto const callee = program.find_function(name);
            if (callee != model::kNone<model::FunctionId> && program[callee].has_body &&
                !shown.contains(name) &&
                cache.get(callee).symbols.contains(alphabet.find(d.function))) {
                calls[std::string(name)].insert(d.call_line);
            }
        }
    }
    std::erase_if(calls, [](auto const& found) { return found.second.size() < kFewestCalls; });
    return calls;
}

} // namespace

NarrowedCaches::NarrowedCaches(model::Program const& program, Mask const& mask)
    : program_(program), mask_(mask) {}

NarrowedCaches::~NarrowedCaches() = default;

AutomataCache& NarrowedCaches::keep(std::map<Names, Narrowed>& place, Names const& names,
                                    std::unique_ptr<Mask> mask) {
    auto cache = std::make_unique<AutomataCache>(program_, *mask);
    auto const [kept, is_new] = place.emplace(names, Narrowed{std::move(mask), std::move(cache)});
    return *kept->second.cache;
}

AutomataCache& NarrowedCaches::filtered_to(Names const& shown) {
    auto const known = filtered_.find(shown);
    return known != filtered_.end()
               ? *known->second.cache
               : keep(filtered_, shown,
                      std::make_unique<Projection>(program_, mask_, Traced::calls, shown, Names{}));
}

AutomataCache& NarrowedCaches::without(Names const& hidden) {
    auto const known = untraced_.find(hidden);
    return known != untraced_.end()
               ? *known->second.cache
               : keep(untraced_, hidden, std::make_unique<Untraced>(program_, mask_, hidden));
}

void GraphCheck::judge(trace::EventWindow const& events, Forest const& forest) {
    check_.see(events, forest);
    if (is_filtered_) {
        check_.judge(events, forest, known_.narrowed.filtered_to(check_.names()), true);
    } else if (!untraced_.empty()) {
        check_.judge(events, forest, known_.narrowed.without(untraced_), false);
    } else {
        auto before = check_.checkpoint();
        auto const differences = check_.so_far().divergences.size();
        check_.judge(events, forest, known_.cache, false, votes_);
        if (check_.so_far().divergences.size() > differences) {
            narrow(std::move(before), events, forest);
        }
    }
    if (!forest.is_last) {
        check_.let_go(events, forest);
    }
}

void GraphCheck::narrow(ConformanceCheck::Checkpoint before, trace::EventWindow const& events,
                        Forest const& forest) {
    auto const& shown = check_.names();
    if (looks_filtered(known_.program, known_.cache, check_.so_far(), shown)) {
        is_filtered_ = true;
        if (votes_ == nullptr) {
            check_.restore(std::move(before));
            check_.judge(events, forest, known_.narrowed.filtered_to(shown), true);
        }
        return;
    }
    auto const calls = passed_over(known_.program, known_.cache, check_.so_far(), shown);
    if (calls.empty()) {
        return;
    }
    Names hidden;
    for (auto const& [name, lines] : calls) {
        hidden.insert(name);
    }
    auto const differences = check_.so_far().divergences.size();
    check_.restore(before);
    check_.judge(events, forest, known_.narrowed.without(hidden), false);
    if (check_.so_far().divergences.size() < differences) {
        untraced_ = hidden;
        for (auto const& [name, lines] : calls) {
            check_.take_back(lines); // in windows before
        }
    } else {
        check_.restore(std::move(before));
        check_.judge(events, forest, known_.cache, false, votes_);
    }
}

ConformanceResult GraphCheck::finish() {
    auto const names = is_filtered_ ? check_.names() : Names{};
    auto result = check_.finish();
    result.filter = names.size();
    result.untraced.assign(untraced_.begin(), untraced_.end());
    if (votes_ == nullptr) {
        count_classes(known_.program, known_.narrowed.mask(), names, result);
    }
    return result;
}

ConformanceResult check_graph(GraphKnowledge const& known, trace::EventWindow const& events,
                              Forest const& forest, bool explain, CallVotes* votes) {
    GraphCheck check(known, explain, votes);
    check.judge(events, forest);
    return check.finish();
}

} // namespace kflow::check
