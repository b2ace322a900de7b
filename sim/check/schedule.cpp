#include "sim/check/schedule.hpp"

#include "sim/check/schedule_search.hpp"

#include <algorithm>

namespace kflow::check {
namespace {

/// One of the ways to begin the scenario, and what of it the capture shows.
struct Beginning {
    int program = 0;
    bool seen = false; ///< the program that it starts begins in the capture
    std::map<int, Root> roots;
};

/// Where a start's own program is in the capture, that start is meant; else any of them may be.
std::vector<Beginning> beginnings(scenario::Scenario const& scenario, engine::World const& world,
                                  CaptureItems const& items) {
    std::vector<Beginning> all;
    for (auto const& start : scenario.starts) {
        auto const program = scenario.find_program(start) - scenario.programs.data();
        Beginning one{static_cast<int>(program), false, {}};
        one.seen = begins(items, world, one.program);
        one.roots = find_roots(items, world, one.program);
        all.push_back(std::move(one));
    }
    if (std::ranges::any_of(all, &Beginning::seen)) {
        std::erase_if(all, [](Beginning const& one) { return !one.seen; });
    }
    return all;
}

std::size_t matched(ScenarioResult const& result) {
    return result.spine_matched + result.events_matched;
}

} // namespace

ScenarioResult find_schedule(scenario::Replay const& replay, trace::Capture const& capture) {
    auto const items = list_items(capture, replay.program());
    auto const& scenario = replay.scenario();
    ScenarioResult best;
    best.start = scenario.start;
    best.explanation = "no task of the capture runs a program of the scenario";
    for (auto& beginning : beginnings(scenario, replay.world(), items)) {
        if (best.found || beginning.roots.empty()) {
            continue;
        }
        auto result =
            Search(replay, items, beginning.program, std::move(beginning.roots)).result();
        result.start = scenario.programs[static_cast<std::size_t>(beginning.program)].name;
        if (result.found || best.spine_total + best.events_total == 0 ||
            matched(result) > matched(best)) {
            best = std::move(result);
        }
    }
    best.scenario = scenario.file;
    return best;
}

} // namespace kflow::check
