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
bool is_filtered(model::Program const& program, AutomataCache& cache,
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
/// of theirs in more than one call.
Names passed_over(model::Program const& program, AutomataCache& cache,
                  ConformanceResult const& result, Names const& shown) {
    std::map<std::string, std::set<std::uint32_t>, std::less<>> calls;
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
    Names hidden;
    for (auto const& [name, lines] : calls) {
        if (lines.size() >= kFewestCalls) {
            hidden.insert(name);
        }
    }
    return hidden;
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

namespace {

ConformanceResult check_as_traced(model::Program const& program, build::BuildFacts const& facts,
                                  trace::Capture const& capture, Forest const& forest,
                                  AutomataCache& cache, NarrowedCaches& narrowed, bool explain,
                                  CallVotes* votes) {
    auto whole = check_conformance(program, facts, capture, forest, cache, {explain, false, votes});
    if (whole.divergences.empty()) {
        return whole;
    }
    auto const shown = names_in(forest);
    if (is_filtered(program, cache, whole, shown)) {
        if (votes != nullptr) {
            whole.filter = shown.size();
            return whole;
        }
        auto result = check_conformance(program, facts, capture, forest,
                                        narrowed.filtered_to(shown), {explain, true, nullptr});
        result.filter = shown.size();
        return result;
    }
    auto const hidden = passed_over(program, cache, whole, shown);
    if (hidden.empty()) {
        return whole;
    }
    auto result = check_conformance(program, facts, capture, forest, narrowed.without(hidden),
                                    {explain, false, nullptr});
    if (result.divergences.size() >= whole.divergences.size()) {
        return whole;
    }
    result.untraced.assign(hidden.begin(), hidden.end());
    return result;
}

} // namespace

ConformanceResult check_graph(model::Program const& program, build::BuildFacts const& facts,
                              trace::Capture const& capture, Forest const& forest,
                              AutomataCache& cache, NarrowedCaches& narrowed, bool explain,
                              CallVotes* votes) {
    auto result = check_as_traced(program, facts, capture, forest, cache, narrowed, explain, votes);
    if (votes != nullptr) {
        return result;
    }
    count_classes(program, narrowed.mask(), result.filter > 0 ? names_in(forest) : Names{}, result);
    return result;
}

} // namespace kflow::check
