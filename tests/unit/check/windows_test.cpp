// A capture that is read window by window gets the report that it gets when it is read at one go.

#include "real_captures.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <vector>

using namespace kflow;

namespace {

using check::test::kSource;

/// Captures of all builds, each with a window that its text has a few or many of, or with
/// $KFLOW_WINDOW bytes all of them.
struct Sample {
    std::string name;
    std::size_t window;
};

std::vector<Sample> samples() {
    return {{"fork_wait.graph", 100'000},
            {"fork_wait.stack", 20'000},
            {"fork_wait.events", 5'000},
            {"threads_exit.graph", 400'000},
            {"opt-graph-lost", 60'000},
            {"opt-graph-no-cpu", 60'000},
            {"opt-graph-events", 60'000},
            {"leaderless.stack", 60'000},
            {"session-rpi_proc_exit.graph", 2'000'000}};
}

std::vector<Sample> all_of(std::string const& build, std::size_t window) {
    std::vector<Sample> found;
    for (auto const& entry :
         std::filesystem::directory_iterator(kSource + "/tests/captures/" + build)) {
        auto const name = entry.path().filename().string();
        auto const end = name.find(".trace.zst");
        if (end != std::string::npos) {
            found.push_back({name.substr(0, end), window});
        }
    }
    std::ranges::sort(found, {}, &Sample::name);
    return found;
}

std::string report_of(std::string const& build, Sample const& sample, std::size_t window) {
    static std::map<std::pair<std::string, std::size_t>, std::unique_ptr<check::Checker>> checkers;
    auto& checker = checkers[{build, window}];
    if (!checker) {
        check::CheckOptions options{kSource + "/model", build, "", false};
        options.window = window;
        checker = std::make_unique<check::Checker>(options);
    }
    auto report = checker->check(check::test::capture(build, sample.name));
    // What a later window shows settles nothing in this one any more.
    report.conformance.guards = {};
    report.conformance.classes = {};
    report.conformance.unsettled.clear();
    report.conformance.maybes.clear();
    return check::report_json({report});
}

/// The first line of a text that another one does not have in that place.
std::string first_difference(std::string const& text, std::string const& other) {
    auto const at = static_cast<std::size_t>(std::ranges::mismatch(text, other).in1 - text.begin());
    if (at == text.size() && text.size() == other.size()) {
        return {};
    }
    auto const begin = text.rfind('\n', at == 0 ? 0 : at - 1) + 1;
    return text.substr(begin, text.find('\n', begin) - begin) + " / " +
           other.substr(begin, other.find('\n', begin) - begin);
}

} // namespace

TEST_CASE("a capture's report is the same whether it is read whole or window by window") {
    char const* const wanted = std::getenv("KFLOW_WINDOW");
    for (std::string const build : {"debian-6.1-arm64", "debian-6.12-arm64", "debian-7.2-arm64"}) {
        auto const chosen =
            wanted ? all_of(build, static_cast<std::size_t>(std::atoi(wanted))) : samples();
        for (auto const& sample : chosen) {
            if (!std::filesystem::exists(check::test::capture(build, sample.name))) {
                continue;
            }
            INFO(build << " " << sample.name << " in windows of " << sample.window << " bytes");
            CHECK(first_difference(report_of(build, sample, sample.window),
                                   report_of(build, sample, check::CaptureWindows::kAll)) == "");
        }
    }
}
