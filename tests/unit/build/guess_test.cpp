#include "sample.hpp"

using namespace kflow;
using namespace kflow::build;

namespace {

Guess judge(CaptureTraits const& traits) {
    auto const result = guess(kModel, traits);
    REQUIRE(std::holds_alternative<Guess>(result));
    return std::get<Guess>(result);
}

} // namespace

TEST_CASE("sizes tell a build at once") {
    auto const result = judge({{"kernel_clone", "copy_process"},
                               {"invoke_syscall"},
                               {{"kernel_clone", 0x478}, {"copy_process", 0x1d60}}});
    CHECK(result.build == "debian-6.12-arm64");
    CHECK(result.sizes_agree == 1.0);
    CHECK(result.known == 1.0);
    CHECK(result.certain);
    CHECK(result.judged == 5);
}

TEST_CASE("names tell builds apart where there are no sizes") {
    CHECK(judge({{"_raw_spin_lock_irq", "copy_process"}, {}, {}}).build == "debian-7.2-arm64");
    auto const older = judge(
        {{"copy_process", "dup_mmap", "do_notify_resume", "arch_do_signal_or_restart"}, {}, {}});
    CHECK(older.sizes_agree == -1);
    CHECK(judge({{"lru_gen_add_mm", "copy_process"}, {"__wake_up_parent"}, {}})
              .build.starts_with("debian-"));
}

TEST_CASE("what every build has leaves the default, and says so") {
    auto const result = judge({{"copy_process", "do_exit"}, {}, {}});
    CHECK(result.build == kDefaultBuild);
    CHECK(result.known == 1.0);
    CHECK_FALSE(result.certain);
}

TEST_CASE("strangers are not judged") {
    auto const result =
        judge({{"my_module_function", "copy_process"}, {}, {{"my_module_function", 0x10}}});
    CHECK(result.judged == 1);
    auto const nothing = judge({});
    CHECK(nothing.build == kDefaultBuild);
    CHECK(nothing.judged == 0);
    CHECK_FALSE(nothing.certain);
}

TEST_CASE("where names leave a tie, the callers decide") {
    // do_group_exit() does not come back: 6.1 prints the function that stands behind its caller.
    auto const older = judge(
        {{"do_group_exit", "do_exit"}, {}, {}, {{"__wake_up_parent", "do_group_exit"}}});
    CHECK(older.build == "debian-6.1-arm64");
    auto const newer = judge(
        {{"get_signal", "do_exit"}, {}, {}, {{"arch_do_signal_or_restart", "get_signal"}}});
    CHECK(newer.build == "debian-7.2-arm64");
}

TEST_CASE("where there are no names, the fields of the events decide") {
    CaptureTraits traits;
    traits.events = {{"sched_process_exit", {"comm", "pid", "prio", "group_dead"}}};
    auto const newer = judge(traits);
    CHECK(newer.build == "debian-7.2-arm64");
    CHECK(newer.certain);
    CHECK(newer.candidates.size() == 1);
    traits.events = {{"sched_process_exit", {"comm", "pid", "prio"}}};
    auto const older = judge(traits);
    CHECK(older.build == kDefaultBuild);
    CHECK(older.candidates == std::vector<std::string>{"debian-6.12-arm64", "debian-6.1-arm64"});
    // An event that no build prints so tells nothing.
    traits.events = {{"sched_process_exit", {"comm", "colour"}}, {"my_event", {"pid"}}};
    CHECK(judge(traits).judged == 0);
}

TEST_CASE("no builds, no guess") {
    auto const result = guess("/nowhere", {{"copy_process"}, {}, {}});
    REQUIRE(std::holds_alternative<Guess>(result));
    CHECK(std::get<Guess>(result).build.empty());
}
