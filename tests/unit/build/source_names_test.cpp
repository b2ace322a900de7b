#include "sample.hpp"

#include "sim/build/source_names.hpp"

#include <algorithm>

using namespace kflow;
using namespace kflow::build;

namespace {

SourceNames load(std::string const& series) {
    auto result = SourceNames::load(kModel, series);
    REQUIRE(std::holds_alternative<SourceNames>(result));
    return std::get<SourceNames>(result);
}

} // namespace

TEST_CASE("the source's names are known by file") {
    CHECK(list_source_series(kModel) == std::vector<std::string>{"6.1", "6.12", "7.2"});
    for (auto const& series : list_source_series(kModel)) {
        INFO(series);
        auto const names = load(series);
        CHECK(names.series() == series);
        CHECK(names.version().starts_with(series));
        CHECK(names.defines("kernel/fork.c", "copy_process"));
        CHECK(names.defines("kernel/fork.c", "copy_mm"));
        CHECK(names.defines("kernel/fork.c", "__arm64_sys_clone"));
        CHECK(names.defines("kernel/fork.c", "__do_sys_clone"));
        CHECK(names.defines("arch/arm64/kernel/entry.S", "el0t_64_sync"));
        CHECK(names.defines("arch/arm64/kernel/entry.S", "ret_from_fork"));
        CHECK(names.defines("include/linux/rcupdate.h", "rcu_read_lock"));
        CHECK(names.defines("include/linux/spinlock.h", "spin_lock_irq"));
        CHECK(names.defines("drivers/char/random.c", "get_random_u16"));
        CHECK(names.defines("include/trace/events/sched.h", "trace_sched_process_fork"));
        CHECK(names.defines("include/trace/events/sched.h", "__traceiter_sched_process_fork"));
        CHECK(names.defines("include/trace/events/task.h", "trace_task_newtask_enabled"));
        CHECK_FALSE(names.defines("kernel/exit.c", "copy_process"));
        CHECK_FALSE(names.defines("kernel/fork.c", "copy_proces"));
        CHECK_FALSE(names.defines("kernel/nothing.c", "copy_process"));
        CHECK_FALSE(names.knows("copy_flies"));
        CHECK_FALSE(names.knows(""));
        CHECK(names.knows("put_pid"));
        CHECK(names.has_file("kernel/exit.c"));
        CHECK_FALSE(names.has_file("kernel"));
        CHECK(names.files_of("copy_process") == std::vector<std::string_view>{"kernel/fork.c"});
        CHECK(names.names_in("kernel/exit.c").size() > 50);
        auto const files = names.files();
        CHECK(std::is_sorted(files.begin(), files.end()));
    }
}

TEST_CASE("what a series brought is not in the one before") {
    CHECK(load("6.12").defines("kernel/fork.c", "copy_signal"));
    CHECK(load("6.1").knows("lru_gen_add_mm"));
    CHECK(load("7.2").defines("kernel/entry/common.c", "exit_to_user_mode_loop"));
    CHECK(load("6.12").knows("scx_fork"));
    CHECK_FALSE(load("6.1").knows("scx_fork"));
}

TEST_CASE("every traced function of the lifecycle's files has its name in the list") {
    for (auto const* build : {&v61(), &v612(), &v72()}) {
        auto const names =
            load(std::string(build->release().substr(0, build->release().find('.', 2))));
        for (auto const* file :
             {"kernel/fork.c", "kernel/exit.c", "kernel/signal.c", "kernel/pid.c", "fs/exec.c"}) {
            auto const listed = names.names_in(file);
            std::size_t found = 0;
            for (auto const name : listed) {
                found += build->symbol_of(name, file) ? 1 : 0;
            }
            INFO(build->name() << " " << file << " " << listed.size());
            CHECK(found > 25);
        }
    }
}

TEST_CASE("a series without a list says which have one") {
    auto const result = SourceNames::load(kModel, "5.10");
    REQUIRE(std::holds_alternative<Diagnostic>(result));
    CHECK(std::get<Diagnostic>(result).hint == "there are 6.1, 6.12, 7.2");
}
