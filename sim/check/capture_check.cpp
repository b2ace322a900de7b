#include "sim/check/capture_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <future>
#include <span>

namespace kflow::check {
namespace {

std::size_t lost_before(trace::TraceFormat const& format) {
    return format.entries_written > format.entries_in_buffer
               ? static_cast<std::size_t>(format.entries_written - format.entries_in_buffer)
               : 0;
}

std::size_t lost_in(std::span<trace::Event const> events) {
    std::size_t lost = 0;
    for (auto const& event : events) {
        if (auto const* gap = event.as<trace::LostEvents>()) {
            lost += static_cast<std::size_t>(std::max<std::uint64_t>(gap->count.value_or(1), 1));
        }
    }
    return lost;
}

/// What the check took for given, as the capture looks.
void assume(Report& report) {
    auto const& c = report.conformance;
    if (c.filter > 0) {
        report.assumptions.push_back(
            fmt::format("the trace is filtered to {} functions: no other was traced", c.filter));
    }
    for (auto const& name : c.untraced) {
        report.assumptions.push_back(
            name + " was not traced: what it calls stands in its callers' places");
    }
}

} // namespace

CaptureCheck::CaptureCheck(BuildContext& with, std::vector<LifecycleRule> const& rules,
                           trace::TraceFormat const& format, bool explain)
    : has_header_(format.header), graph_(with.graph(), explain),
      entries_(with.program, with.facts, with.cache->alphabet(), *with.mask), rules_(rules),
      lost_(lost_before(format)) {
    if (with.orders && format.is_graph()) {
        uncurated_.emplace(with.program, with.uncurated());
    }
}

void CaptureCheck::see(Window const& window) {
    auto others = std::async(std::launch::async, [&] { see_without_bodies(window); });
    graph_.judge(window.view(), window.forest);
    entries_.see(*window.events, window.is_last);
    told_apart_ = told_apart_ && window.forest.trees.told_apart;
    others.get();
}

/// What needs no bodies, and shares nothing with those that do.
void CaptureCheck::see_without_bodies(Window const& window) {
    if (uncurated_) {
        uncurated_->see(window.forest);
    }
    rules_.see(window.events, window.is_last);
    if (has_header_) {
        order_.see(*window.events);
    }
    lost_ += lost_in(*window.events);
}

void CaptureCheck::finish(Report& report) {
    report.lost = lost_;
    report.conformance = graph_.finish();
    if (uncurated_ && report.conformance.filter == 0) {
        uncurated_->finish(report.conformance);
    }
    assume(report);
    if (!told_apart_) {
        report.gaps.emplace_back("records name neither task nor CPU, so whose calls they are "
                                 "cannot be told: none is judged");
    }
    entries_.finish(report.conformance);
    report.automata = rules_.finish();
    order_.finish(report.automata);
}

} // namespace kflow::check
