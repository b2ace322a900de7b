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

void LineOrder::see(std::span<trace::Event const> events) {
    for (auto const& event : events) {
        if (!event.time) {
            continue;
        }
        if (is_judged_ && *event.time < latest_) {
            violations_.push_back(
                {"lines_in_order", "the capture", event.line, latest_line_,
                 fmt::format("its time is {}, but a line before it has {}: lines were moved",
                             seconds(*event.time), seconds(latest_)),
                 ""});
            continue;
        }
        is_judged_ = true;
        latest_ = *event.time;
        latest_line_ = event.line;
    }
}

void LineOrder::finish(LifecycleResult& result) const {
    if (is_judged_) {
        result.judged.emplace_back("lines_in_order");
        result.violations.insert(result.violations.end(), violations_.begin(), violations_.end());
        std::ranges::stable_sort(result.violations, {}, &Violation::line);
    }
}

} // namespace kflow::check
