#include "sim/check/filtered.hpp"

#include "sim/check/projection.hpp"

#include <algorithm>

namespace kflow::check {

namespace {

/// Functions that a filtered capture shows at the most. Without a filter even the shortest program
/// shows some hundreds.
constexpr std::size_t kLargestFilter = 200;
/// Without a filter nearly all calls of a real kernel are accepted; a capture with one changed call
/// must not look like a filtered one.
constexpr double kLeastRefused = 0.1;

/// A body behind a filter holds what it calls, to any depth: where that is more than this, as where
/// every path can lead to a shown `schedule`, nothing is said of the call's children.
constexpr std::size_t kMostFilteredNodes = 1000;

using Names = std::set<std::string, std::less<>>;

Names shown_functions(Forest const& forest) {
    Names names;
    for (auto const& call : forest.calls()) {
        names.emplace(build::function_of_symbol(call.name.view()));
    }
    return names;
}

Names shown_events(trace::Capture const& capture) {
    Names names;
    for (auto const& event : capture.events) {
        if (auto const* const named = event.as<trace::TraceEvent>()) {
            names.emplace(named->name.view());
        }
    }
    return names;
}

bool looks_filtered(ConformanceResult const& result, Names const& names) {
    auto const& curated = result.curated;
    auto const refused = static_cast<double>(curated.calls - curated.accepted);
    if (names.size() > kLargestFilter ||
        refused < kLeastRefused * static_cast<double>(curated.calls)) {
        return false;
    }
    return std::ranges::any_of(result.divergences, [&](Divergence const& d) {
        return d.kind == DifferenceKind::missing && !names.contains(d.function);
    });
}

} // namespace

std::optional<ConformanceResult> check_filtered(model::Program const& program,
                                                build::BuildFacts const& facts,
                                                trace::Capture const& capture, Forest const& forest,
                                                Mask const& mask,
                                                ConformanceResult const& unfiltered, bool explain) {
    auto const names = shown_functions(forest);
    if (!capture.format.is_graph() || !looks_filtered(unfiltered, names)) {
        return std::nullopt;
    }
    Projection const narrowed(program, mask, names, shown_events(capture), Projection::Form::tree);
    AutomataCache cache(program, narrowed, kMostFilteredNodes);
    auto result = check_conformance(program, facts, capture, forest, cache, explain);
    if (result.curated.accepted <= unfiltered.curated.accepted) {
        return std::nullopt;
    }
    return result;
}

} // namespace kflow::check
