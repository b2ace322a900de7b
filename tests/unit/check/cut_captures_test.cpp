// A capture that ends anywhere gets a verdict, and never one that blames the kernel for the end.

#include "real_captures.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

using namespace kflow;

namespace {

using check::test::kSource;
constexpr std::size_t kMost = 64 << 10; ///< bytes of a capture

/// One of each kind: what the tracers and their options write, of every build.
std::vector<std::filesystem::path> kinds() {
    std::vector<std::filesystem::path> found;
    for (auto const& entry :
         std::filesystem::recursive_directory_iterator(kSource + "/tests/captures")) {
        auto const name = entry.path().filename().string();
        if (name.ends_with(".trace.zst") &&
            (name.starts_with("opt-") || name.starts_with("fork_wait.") ||
             name.starts_with("session-raspbian_proc."))) {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// $KFLOW_CUT_EVERY or a prime that meets lines at all their columns: bytes between two cuts.
std::size_t stride() {
    char const* const wanted = std::getenv("KFLOW_CUT_EVERY");
    return wanted ? static_cast<std::size_t>(std::max(std::atoi(wanted), 1)) : 16411;
}

} // namespace

TEST_CASE("a capture that is cut anywhere ends in a verdict or a diagnostic") {
    std::size_t cuts = 0;
    for (auto const& path : kinds()) {
        auto const build = path.parent_path().filename().string();
        auto const input = read_input(path.string());
        auto const& whole = std::get<std::string>(input);
        for (std::size_t end = stride(); end < std::min(whole.size(), kMost); end += stride()) {
            auto const report = check::test::check_text(build, whole.substr(0, end));
            ++cuts;
            bool const judged = report.verdict == check::Verdict::agrees ||
                                report.verdict == check::Verdict::agrees_with_gaps;
            bool const told =
                report.verdict == check::Verdict::unreadable && !report.diagnostics.empty();
            INFO(path << " cut behind byte " << end);
            CHECK((judged || told));
        }
    }
    CHECK(cuts > 100);
}
