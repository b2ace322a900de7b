#include "sim/check/order.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::check {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMicrosecond = 1'000;

std::string seconds(Nanos time) {
    return fmt::format("{}.{:06}", time.count / kSecond, time.count % kSecond / kMicrosecond);
}

} // namespace

void check_order(trace::Capture const& capture, LifecycleResult& result) {
    if (!capture.format.header) {
        return;
    }
    trace::Event const* latest = nullptr;
    for (auto const& event : capture.events) {
        if (!event.time) {
            continue;
        }
        if (latest && *event.time < *latest->time) {
            result.violations.push_back(
                {"lines_in_order", "the capture", event.line, latest->line,
                 fmt::format("its time is {}, but a line before it has {}: lines were moved",
                             seconds(*event.time), seconds(*latest->time)),
                 ""});
            continue;
        }
        latest = &event;
    }
    if (latest) {
        result.judged.emplace_back("lines_in_order");
        std::ranges::stable_sort(result.violations, {}, &Violation::line);
    }
}

} // namespace kflow::check
