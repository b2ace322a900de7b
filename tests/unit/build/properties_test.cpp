#include "sample.hpp"

using namespace kflow;
using namespace kflow::build;

TEST_CASE("the three builds are there, and say what they are") {
    CHECK(list_builds(kModel) ==
          std::vector<std::string>{"debian-6.1-arm64", "debian-6.12-arm64", "debian-7.2-arm64"});
    CHECK(v61().version() == KernelVersion{6, 1, 176});
    CHECK(v612().version() == KernelVersion{6, 12, 117});
    CHECK(v72().version() == KernelVersion{7, 2, 13});
    CHECK(v612().release() == "6.12.117+deb13-arm64");
    CHECK(v612().name() == kDefaultBuild);
    CHECK(v612().compiler() == "aarch64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0");
    CHECK(v612().arch() == "arm64");
    for (auto const* build : {&v61(), &v612(), &v72()}) {
        CHECK(build->page_size() == 4096);
        CHECK(build->cpus() == 4);
        CHECK(build->flag_columns() == 5);
        CHECK(build->entry_offset() == 4);
        CHECK(build->stack_entry_offset() == 8);
        CHECK(build->version_line().starts_with("Linux version "));
        CHECK(build->trouble().empty());
    }
}

TEST_CASE("the preemption model decides what spin locks look like") {
    CHECK(v61().preemption() == Preemption::voluntary);
    CHECK(v612().preemption() == Preemption::voluntary);
    CHECK(v72().preemption() == Preemption::lazy);
    CHECK_FALSE(v612().is_traced("_raw_spin_lock_irq"));
    CHECK(v72().is_traced("_raw_spin_lock_irq"));
}

TEST_CASE("configuration options are found by either name") {
    CHECK(v612().config("CLONE_BACKWARDS") == "y");
    CHECK(v612().config("CONFIG_CLONE_BACKWARDS") == "y");
    CHECK(v612().config_enabled("PREEMPT_VOLUNTARY"));
    CHECK_FALSE(v612().config_enabled("PREEMPTION"));
    CHECK(v72().config_enabled("PREEMPTION"));
    CHECK(v612().config("HZ") == "250");
    CHECK(v612().config("DEFAULT_HOSTNAME") == "(none)");
    CHECK(v612().config("PREEMPT_").empty());
    CHECK(v612().config("NO_SUCH_OPTION").empty());
}

TEST_CASE("versions compare, and what is none is refused") {
    CHECK(parse_version("6.12") == KernelVersion{6, 12, 0});
    CHECK(parse_version("6.1.176") < parse_version("6.12"));
    CHECK(*parse_version("6.12.117") > KernelVersion{6, 1, 200});
    for (auto const* text : {"", "6", "6.", "6.x", "6.1.", "6.1.2.3", "-6.1", "6.1-rc1"}) {
        CHECK_FALSE(parse_version(text));
    }
}

TEST_CASE("a build that is not there names those that are") {
    auto const result = BuildFacts::load(kModel, "debian-6.12-arm46");
    REQUIRE(std::holds_alternative<Diagnostic>(result));
    auto const& diagnostic = std::get<Diagnostic>(result);
    CHECK(diagnostic.message == "has no build \"debian-6.12-arm46\"");
    CHECK(diagnostic.hint == "did you mean \"debian-6.12-arm64\"? it has debian-6.1-arm64, "
                             "debian-6.12-arm64, debian-7.2-arm64");
    CHECK(std::holds_alternative<Diagnostic>(BuildFacts::load(kModel, "")));
    CHECK(
        std::holds_alternative<Diagnostic>(BuildFacts::load(kModel, "../builds/debian-6.1-arm64")));
    CHECK(std::holds_alternative<Diagnostic>(BuildFacts::load("/nowhere", "debian-6.1-arm64")));
}

TEST_CASE("event formats, options and tracers are the kernel's") {
    auto const event = v612().event("sched", "sched_process_fork");
    REQUIRE(event);
    CHECK(event->fields.size() == 8);
    CHECK(event->fields[0].is_common);
    CHECK(event->fields[3].name == "common_pid");
    CHECK(event->fields[3].is_signed);
    CHECK(event->fields[4].name == "parent_comm");
    CHECK(event->print_fmt.starts_with("\"comm=%s pid=%d child_comm=%s child_pid=%d\""));
    CHECK_FALSE(v612().event("sched", "no_such_event"));
    CHECK(v61().event("sched", "sched_process_exit")->print_fmt.find("group_dead") ==
          std::string_view::npos);
    CHECK(v72().event("sched", "sched_process_exit")->print_fmt.find("group_dead") !=
          std::string_view::npos);
    CHECK(v612().event("signal", "signal_generate"));
    CHECK(v612().event("raw_syscalls", "sys_enter"));
    CHECK(v612().events().size() > 50);
    auto const options = v72().trace_options();
    CHECK(std::count(options.begin(), options.end(), "func-args") == 1);
    auto const older = v612().trace_options();
    CHECK(std::count(older.begin(), older.end(), "func-args") == 0);
    CHECK(v612().tracers() ==
          std::vector<std::string_view>{"blk", "function_graph", "function", "nop"});
}
