#include "sim/check/forest.hpp"

#include "sim/trace/name_table.hpp"
#include "sim/trace/noise.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace kflow::check {
namespace {

using trace::NoiseKind;

/// Who an event belongs to: a pid, or the idle task of a CPU.
std::pair<std::int32_t, std::int32_t> owner(std::optional<Pid> pid, std::optional<Cpu> cpu) {
    auto const number = pid ? pid->value : -1;
    return {number, number <= 0 && cpu ? cpu->value : -1};
}

void mark_noise(Forest& forest) {
    auto const& calls = forest.trees.calls;
    forest.noise.assign(calls.size(), 0);
    for (CallIndex c = 0; c < calls.size(); ++c) {
        auto const& call = calls[c];
        auto const inside = call.parent != kNoCall && forest.noise[call.parent] != 0;
        auto const caller = call.parent == kNoCall ? trace::Name{} : calls[call.parent].name;
        // An interrupt that hits inside of a switch belongs to the switch's group, but is noise.
        auto const own_switch = call.noise == NoiseKind::preemption &&
                                trace::noise_root(call.name, caller) == NoiseKind::none;
        auto const begins = !inside && call.noise != NoiseKind::none && !own_switch;
        forest.noise[c] = inside || begins ? 1 : 0;
        if (!forest.is_unfinished(c)) {
            forest.noise_calls += inside || begins ? 1U : 0U;
            forest.noise_groups += begins ? 1U : 0U;
        }
    }
}

void mark_unfinished(Forest& forest) {
    if (forest.trees.unfinished.empty()) {
        return;
    }
    forest.unfinished.assign(forest.calls().size(), 0);
    for (auto const root : forest.trees.unfinished) {
        forest.unfinished[root] = 1;
    }
    for (CallIndex c = 0; c < forest.calls().size(); ++c) { // callers come first
        auto const parent = forest[c].parent;
        if (parent != kNoCall && forest.unfinished[parent] != 0) {
            forest.unfinished[c] = 1;
        }
    }
}

void collect_events(Forest& forest, trace::EventWindow const& window) {
    // Lives of one pid share a list: calls look at their own stretch of it.
    std::map<std::pair<std::int32_t, std::int32_t>, std::vector<std::uint32_t>> lists;
    for (auto const& [number, event] : window.kept()) {
        lists[owner(event.pid, event.cpu)].push_back(number);
    }
    auto number = window.first();
    for (auto const& event : window.events()) {
        if (event.as<trace::TraceEvent>()) {
            lists[owner(event.pid, event.cpu)].push_back(number);
        }
        ++number;
    }
    for (auto const& task : forest.trees.tasks) {
        forest.events.push_back(lists[owner(task.pid, task.cpu)]);
    }
}

void collect_names(Forest& forest) {
    trace::NameTable<char> seen;
    for (auto const& call : forest.calls()) {
        if (std::exchange(seen.at(call.name), 1) == 0) {
            forest.names.push_back(call.name);
        }
    }
}

} // namespace

Forest build_forest(trace::Capture const& capture) {
    trace::ForestBuilder builder;
    return build_forest(builder, capture.events, true);
}

Forest build_forest(trace::ForestBuilder& builder, trace::EventWindow const& events, bool is_last) {
    Forest forest;
    forest.trees = builder.build(events, is_last);
    forest.is_last = is_last;
    if (!forest.trees.told_apart) {
        for (auto& call : forest.trees.calls) {
            call.lost = true; // What is below it may be another task's.
        }
    }
    mark_unfinished(forest);
    mark_noise(forest);
    collect_events(forest, events);
    collect_names(forest);
    return forest;
}

std::span<Child const> Forest::known_children(CallIndex call) const {
    auto const& caller = trees.calls[call];
    auto const is_doubtful = [&](Child const& child) {
        if (is_event(child)) {
            return child.index >= caller.lost_from;
        }
        auto const& called = trees.calls[child.index];
        return called.first_event >= caller.lost_from || !called.entered;
    };
    auto const end = caller.lost ? std::ranges::find_if(caller.children, is_doubtful)
                                 : caller.children.end();
    return {caller.children.begin(), end};
}

std::optional<Diagnostic> too_deep(Forest const& forest, std::string const& file) {
    std::vector<std::uint32_t> open(forest.calls().size(), 1);
    for (CallIndex c = 0; c < open.size(); ++c) {
        auto const& call = forest[c];
        open[c] += call.parent == kNoCall ? 0 : open[call.parent]; // callers come first
        if (open[c] > kDeepestNesting) {
            return Diagnostic{Severity::error,
                              {file, static_cast<int>(call.first_line), 0},
                              fmt::format("more than {} calls of a task stand in one another here, "
                                          "which no kernel's tracer can follow",
                                          kDeepestNesting),
                              "",
                              "are the closing braces missing?"};
        }
    }
    return std::nullopt;
}

} // namespace kflow::check
