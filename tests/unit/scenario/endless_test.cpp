// A run that comes to no end is cut off after as many steps as were allowed, every time at the same
// place.

#include "sim/scenario/replay.hpp"
#include "sim/scenario/step_through.hpp"

#include <catch2/catch.hpp>

using namespace kflow;

namespace {

std::unique_ptr<scenario::Replay> endless(std::uint64_t limit) {
    scenario::ReplayOptions options;
    options.model_dir = KFLOW_SOURCE_DIR "/model";
    options.limit = limit;
    auto loaded =
        scenario::Replay::load(KFLOW_SOURCE_DIR "/tests/unit/scenario/endless.scenario", options);
    REQUIRE(std::holds_alternative<std::unique_ptr<scenario::Replay>>(loaded));
    return std::get<std::unique_ptr<scenario::Replay>>(std::move(loaded));
}

} // namespace

TEST_CASE("an endless run is cut off where its limit is") {
    constexpr std::uint64_t limit = 100'000;
    auto const replay = endless(limit);
    auto const once = replay->run();
    REQUIRE(once.cut_off);
    CHECK(once.cut_off->place.line > 0);
    CHECK(once.end.steps >= limit);
    CHECK(once.end.steps < limit + 20'000); // a step is not cut in two
    auto const again = replay->run();
    CHECK(again.end == once.end);
    CHECK(again.cut_off == once.cut_off);
}

TEST_CASE("the steps of an endless run can be walked through up to its limit") {
    auto const replay = endless(scenario::kMostSteps);
    scenario::StepThrough steps(*replay, 50'000);
    CHECK(steps.cut_off());
    REQUIRE(steps.size() > 1000);
    CHECK(steps.to_end());
    CHECK(steps.back());
}
