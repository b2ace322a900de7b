// Going back in a run and forward again changes nothing: neither the machine nor a byte of the log.
// Some scenarios on every change; all of them on all builds by the tag [.everything]
// (scripts/nightly).

#include "sim/engine/timeline.hpp"
#include "sim/scenario/replay.hpp"
#include "sim/trace/capture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

using namespace kflow;

namespace {

std::string const kSource = KFLOW_SOURCE_DIR;
constexpr std::uint64_t kStride = 10;
constexpr std::uint64_t kKeyframes = 64; ///< so that going back really replays

std::string log_of(engine::Recorder const& recorder) {
    auto const capture = recorder.capture();
    return trace::write_trace(capture.format, capture.events);
}

/// From the end back to every tenth step, and ten steps forward again.
void check_machines(scenario::Replay const& replay, engine::Policy& policy,
                    std::vector<kernel::Machine> const& tenths) {
    engine::Timeline timeline(replay.engine(), tenths.front(), policy, kKeyframes);
    REQUIRE(timeline.go_to((tenths.size() - 1) * kStride));
    for (std::size_t n = tenths.size() - 1; n-- > 0;) {
        INFO("step " << n * kStride);
        REQUIRE(timeline.go_to(n * kStride));
        REQUIRE(timeline.machine() == tenths[n]);
        REQUIRE(timeline.go_to((n + 1) * kStride));
        REQUIRE(timeline.machine() == tenths[n + 1]);
    }
}

/// The same log by a run that goes back ten steps after every tenth.
std::string zigzag_log(scenario::Replay const& replay, engine::Policy& policy) {
    engine::Timeline timeline(replay.engine(), replay.start().machine, policy, kKeyframes);
    engine::Recorder recorder(replay.engine(), replay.trace_options());
    while (timeline.forward(&recorder)) {
        if (auto const here = timeline.position(); here % kStride == 0) {
            REQUIRE(timeline.go_to(here - kStride));
            REQUIRE(timeline.go_to(here));
        }
    }
    return log_of(recorder);
}

void check_scenario(std::string const& name, std::string const& build) {
    CAPTURE(name, build);
    scenario::ReplayOptions options;
    options.model_dir = kSource + "/model";
    options.build = build;
    auto const loaded =
        scenario::Replay::load(kSource + "/scenarios/" + name + ".scenario", options);
    REQUIRE(std::holds_alternative<std::unique_ptr<scenario::Replay>>(loaded));
    auto const& replay = *std::get<std::unique_ptr<scenario::Replay>>(loaded);
    engine::SeededPolicy policy;
    engine::Timeline straight(replay.engine(), replay.start().machine, policy, kKeyframes);
    engine::Recorder recorder(replay.engine(), replay.trace_options());
    std::vector<kernel::Machine> tenths{straight.machine()};
    while (straight.forward(&recorder)) {
        if (straight.position() % kStride == 0) {
            tenths.push_back(straight.machine());
        }
    }
    check_machines(replay, policy, tenths);
    CHECK(zigzag_log(replay, policy) == log_of(recorder));
}

} // namespace

TEST_CASE("going back to every tenth step and forward again gives the same bytes") {
    for (auto const* name : {"fork_wait", "raspbian_proc", "threads_exit", "stop_cont"}) {
        check_scenario(name, "debian-7.2-arm64");
    }
}

TEST_CASE("the same for every scenario on every build", "[.everything]") {
    std::vector<std::string> names;
    for (auto const& entry : std::filesystem::directory_iterator(kSource + "/scenarios")) {
        if (entry.path().extension() == ".scenario") {
            names.push_back(entry.path().stem());
        }
    }
    std::sort(names.begin(), names.end());
    for (auto const& name : names) {
        for (auto const& build : build::list_builds(kSource + "/model")) {
            check_scenario(name, build);
        }
    }
}
