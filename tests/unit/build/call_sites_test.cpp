#include "sample.hpp"

#include "sim/build/call_site_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <optional>

using namespace kflow;
using namespace kflow::build;

TEST_CASE("call sites are read as they are written") {
    auto const sites = parse_sites("2c:f 30:g=7 34:* 38:*>h=1>i=22 3c:>j=5");
    REQUIRE(sites.size() == 6);
    CHECK(sites[0].callee == "f");
    CHECK(sites[0].return_offset == 0x2c);
    CHECK(sites[1].seen == 7);
    CHECK(sites[2].callee.empty());
    CHECK(sites[2].is_indirect);
    CHECK(sites[3].is_indirect);
    CHECK_FALSE(sites[1].is_indirect);
    CHECK_FALSE(sites[5].is_indirect);
    CHECK(sites[3].callee == "h");
    CHECK(sites[4].callee == "i");
    CHECK(sites[4].return_offset == 0x38);
    CHECK(sites[4].seen == 22);
    CHECK(sites[5].origin == SiteOrigin::capture);
    CHECK(parse_sites("").empty());
}

TEST_CASE("return offsets of the fork path") {
    auto const first = [](BuildFacts const& build, char const* caller, char const* callee) {
        auto const sites = build.call_sites_of(caller, callee);
        return sites.empty() ? 0u : sites.front().return_offset;
    };
    CHECK(first(v612(), "kernel_clone", "copy_process") == 0xa8);
    CHECK(first(v612(), "__do_sys_clone", "kernel_clone") == 0x74);
    CHECK(first(v612(), "el0t_64_sync", "el0t_64_sync_handler") == 0x190);
    CHECK(first(v612(), "ret_from_fork", "schedule_tail") == 0x4);
    CHECK(first(v612(), "invoke_syscall", "__arm64_sys_clone") ==
          0x60); // indirect: known from captures
    CHECK(first(v61(), "kernel_clone", "copy_process") == 0xa0);
    CHECK(first(v61(), "__primary_switched", "start_kernel") ==
          0xbc); // head.S: known from captures
    CHECK(first(v72(), "__do_sys_clone", "kernel_clone") == 0x70);
    CHECK(first(v612(), "invoke_syscall", "__arm64_sys_setpgid") ==
          0x60); // in no capture, but there is one `blr` alone
    CHECK(v612().call_sites_of("invoke_syscall", "no_such_function").empty());
    CHECK(v612().call_sites_of("kernel_clone", "do_exit").empty());
    CHECK(v612().call_sites("no_such_function").empty());
}

TEST_CASE("a doubled call is told by the call before it") {
    struct Path {
        BuildFacts const& build;
        std::uint32_t process, thread, vfork;
    };
    for (auto const& path : {Path{v61(), 0x2f4, 0xfc, 0x22c}, Path{v612(), 0x2f0, 0x100, 0x228},
                             Path{v72(), 0x3c8, 0x110, 0x2cc}}) {
        INFO(path.build.name());
        auto const after = [&](std::string_view previous) {
            auto const before = path.build.next_site("kernel_clone", previous, 0);
            REQUIRE(before);
            return path.build.next_site("kernel_clone", "wake_up_new_task", before->return_offset)
                ->return_offset;
        };
        CHECK(after("lru_gen_add_mm") == path.process);
        CHECK(after("get_task_pid") == path.thread);
        CHECK(after("__init_swait_queue_head") == path.vfork);
    }
    // The last thread's exit and the others' part at group_dead in 7.2.
    CHECK(v72()
              .next_site("do_exit", "exit_files",
                         v72().next_site("do_exit", "acct_process", 0)->return_offset)
              ->return_offset == 0x728);
    CHECK(v72().next_site("do_exit", "exit_files", 0)->return_offset == 0x264);
    // Behind the last site the most seen one: a loop.
    CHECK(v612().next_site("kernel_clone", "copy_process", 0x470)->return_offset == 0xa8);
    CHECK_FALSE(v612().next_site("kernel_clone", "do_exit", 0));
}

TEST_CASE("possible callees are each there once, those of drivers' functions too") {
    auto const callees = v612().callees("kernel_clone");
    CHECK(std::is_sorted(callees.begin(), callees.end()));
    CHECK(std::adjacent_find(callees.begin(), callees.end()) == callees.end());
    for (auto const* name : {"copy_process", "wake_up_new_task", "get_task_pid", "pid_vnr"}) {
        CHECK(std::binary_search(callees.begin(), callees.end(), name));
    }
    CHECK_FALSE(v612().callees("pl011_tx_chars").empty());
    CHECK(v612().callees("no_such_function").empty());
}

TEST_CASE("a noreturn call at a function's end prints as the next function") {
    CHECK(v61().alias_of("__wake_up_parent") == "__arm64_sys_exit_group");
    CHECK(v612().alias_of("__wake_up_parent").empty());
    for (auto const* build : {&v61(), &v612()}) {
        auto const caller = build->symbol("__arm64_sys_exit_group");
        auto const sites = build->call_sites_of("__arm64_sys_exit_group", "do_group_exit");
        REQUIRE(sites.size() == 1);
        auto const place = build->return_place(*caller, sites.front().return_offset);
        REQUIRE(place);
        bool const is_61 = build == &v61();
        CHECK(place->symbol.name == (is_61 ? "__wake_up_parent" : "__arm64_sys_exit_group"));
        CHECK((place->offset == 0) == is_61);
    }
}

namespace {

std::string shown(BuildFacts::Place const& place) {
    return fmt::format("{}+{:#x}/{:#x}", place.symbol.name, place.offset, place.symbol.size);
}

/// The symbol that a printed place `name+0x…/0x…` means: at offset 0 behind `<-` the function whose
/// noreturn call it is.
std::optional<Symbol> meant(BuildFacts const& build, std::string const& text, bool is_return) {
    auto name = std::string_view(text).substr(0, text.find('+'));
    auto const size = std::stoull(text.substr(text.find('/') + 1), nullptr, 16);
    bool const is_alias = is_return && text.find("+0x0/") != std::string::npos;
    if (is_alias) {
        name = build.alias_of(name);
    }
    for (auto const& symbol : build.symbols_named(name)) {
        if (is_alias || symbol.size == size) {
            return symbol;
        }
    }
    return std::nullopt;
}

/// Whether one of the caller's sites for the callee prints as that text.
bool can_print(BuildFacts const& build, std::string const& callee_text,
               std::string const& caller_text, bool callee_is_entry) {
    auto const callee = meant(build, callee_text, !callee_is_entry);
    auto const caller = meant(build, caller_text, true);
    if (!callee || !caller ||
        (callee_is_entry && shown({*callee, build.entry_offset()}) != callee_text)) {
        return false;
    }
    for (auto const& site : build.call_sites_of(caller->name, callee->name, caller->file)) {
        auto const place = build.return_place(*caller, site.return_offset);
        if (place && shown(*place) == caller_text) {
            return true;
        }
    }
    return false;
}

/// Checks each line `callee <-caller` of a list and returns how many there are.
std::size_t check_list(std::string const& build, std::string const& kind) {
    std::ifstream lines(
        fmt::format("{}/tests/unit/build/{}-{}.txt", KFLOW_SOURCE_DIR, kind, build));
    REQUIRE(lines);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        auto const arrow = line.find(" <-");
        REQUIRE(arrow != std::string::npos);
        INFO(build << ": " << line);
        CHECK(can_print(shipped(build), line.substr(0, arrow), line.substr(arrow + 3),
                        kind == "calls"));
    }
    return count;
}

} // namespace

TEST_CASE("every call that the captures show with offsets is one that the facts give") {
    // The distinct `callee+0x4/… <-caller+…` of all captures of each build, as ftrace printed them.
    for (auto const& name : list_builds(kModel)) {
        CHECK(check_list(name, "calls") > 30);
    }
}

TEST_CASE("every frame of the captures' stacks is a call that the facts give") {
    // The distinct neighbours of all stacks: each called from where the next one says.
    for (auto const& name : list_builds(kModel)) {
        CHECK(check_list(name, "frames") > 60);
    }
}
