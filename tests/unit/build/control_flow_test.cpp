// Control flow of the three builds, as scripts/control-flow read it off their Images.
#include "sample.hpp"

#include "sim/build/control_flow.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace kflow;
using namespace kflow::build;

namespace {

ControlFlow flow_of(std::string const& model, std::string const& build) {
    auto loaded = ControlFlow::load(model, build);
    REQUIRE(std::holds_alternative<std::optional<ControlFlow>>(loaded));
    REQUIRE(std::get<std::optional<ControlFlow>>(loaded));
    return *std::get<std::optional<ControlFlow>>(std::move(loaded));
}

/// A model folder with one build, whose file is what is given.
std::string folder_with(std::string const& text) {
    auto const folder = std::filesystem::temp_directory_path() /
                        ("kflow-control-flow-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder / "builds/b");
    std::ofstream(folder / "builds/b/control-flow.zst", std::ios::binary) << text;
    return folder.string();
}

bool has_site(FunctionFlow const& function, std::string_view callee) {
    return std::any_of(function.sites.begin(), function.sites.end(),
                       [&](FlowSite const& site) { return site.callee == callee; });
}

} // namespace

TEST_CASE("control flow is read as it is written") {
    auto const flow = ControlFlow::from_text("# Control flow of b\n%\n"
                                             "f\t10\t>8,1c,$ 8:g>1c,20 1c:*>$ 20:~h>8,$\n"
                                             "leaf\t40\t>$\n"
                                             "same\t80\t>4 4:a>$\nsame\tc0\t>4 4:b>\n");
    auto const all = flow.functions("f");
    REQUIRE(all.size() == 1);
    auto const& f = all.front();
    CHECK(f.may_be_silent);
    CHECK(f.first == std::vector<std::uint32_t>{0, 1});
    REQUIRE(f.sites.size() == 3);
    CHECK(f.sites[0].kind == FlowSite::Callee::traced);
    CHECK(f.sites[0].callee == "g");
    CHECK(f.sites[0].next == std::vector<std::uint32_t>{1, 2});
    CHECK_FALSE(f.sites[0].ends);
    CHECK(f.sites[1].kind == FlowSite::Callee::pointer);
    CHECK(f.sites[1].ends);
    CHECK(f.sites[2].kind == FlowSite::Callee::hidden);
    CHECK(f.sites[2].callee == "h");
    CHECK(flow.functions("leaf").front().may_be_silent);
    CHECK(flow.functions("leaf").front().sites.empty());
    REQUIRE(flow.functions("same").size() == 2);
    CHECK_FALSE(flow.functions("same")[1].sites[0].ends); // it does not return
    CHECK(flow.functions("no_such_function").empty());
}

TEST_CASE("a build without control flow has none, and a damaged one says so") {
    auto const folder = folder_with("\x28\xb5\x2f\xfd damaged");
    CHECK(std::holds_alternative<Diagnostic>(ControlFlow::load(folder, "b")));
    auto const none = ControlFlow::load(folder, "other");
    REQUIRE(std::holds_alternative<std::optional<ControlFlow>>(none));
    CHECK_FALSE(std::get<std::optional<ControlFlow>>(none));
    std::filesystem::remove_all(folder);
}

TEST_CASE("the builds' control flow has the lifecycle's calls") {
    for (auto const* build : {"debian-6.1-arm64", "debian-6.12-arm64", "debian-7.2-arm64"}) {
        INFO(build);
        auto const flow = flow_of(kModel, build);
        auto const copy = flow.functions("kernel_clone");
        REQUIRE(copy.size() == 1);
        CHECK(has_site(copy.front(), "copy_process"));
        CHECK(has_site(copy.front(), "wake_up_new_task"));
        // schedule_tail calls nothing behind calculate_sigpending (kernel/sched/core.c).
        auto const tail = flow.functions("schedule_tail").front();
        auto const last = std::find_if(tail.sites.begin(), tail.sites.end(), [](auto const& site) {
            return site.callee == "calculate_sigpending";
        });
        REQUIRE(last != tail.sites.end());
        CHECK(last->ends);
        CHECK(last->next.empty());
    }
}
