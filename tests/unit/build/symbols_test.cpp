#include "sample.hpp"

#include <algorithm>

using namespace kflow;
using namespace kflow::build;

TEST_CASE("a compiler suffix is told from a name") {
    CHECK(function_of_symbol("el0_svc_common.constprop.0") == "el0_svc_common");
    CHECK(function_of_symbol("f.part.0.isra.0") == "f");
    CHECK(function_of_symbol("f.constprop.12.isra.3") == "f");
    CHECK(function_of_symbol("plain") == "plain");
    CHECK(function_of_symbol("odd.participle") == "odd.participle");
    CHECK(function_of_symbol("") == "");
    CHECK(is_part_symbol("put_pid.part.0"));
    CHECK_FALSE(is_part_symbol("put_pid"));
}

TEST_CASE("traced functions, frames and neither") {
    for (auto const* build : {&v61(), &v612(), &v72()}) {
        INFO(build->name());
        for (auto const* name :
             {"copy_process", "kernel_clone", "do_exit", "release_task", "__arm64_sys_clone",
              "wake_up_new_task", "schedule_tail", "get_signal", "begin_new_exec"}) {
            CHECK(build->is_traced(name));
            CHECK_FALSE(build->is_frame(name));
        }
        for (auto const* name : {"__do_sys_clone", "el0_svc", "el0t_64_sync",
                                 "el0t_64_sync_handler", "ret_from_fork"}) {
            CHECK_FALSE(build->is_traced(name));
            CHECK(build->is_frame(name));
        }
        CHECK_FALSE(build->is_symbol("copy_mm"));
        CHECK_FALSE(build->is_symbol(""));
        CHECK(build->is_symbol("invoke_syscall") != build->is_symbol("invoke_syscall.constprop.0"));
    }
}

TEST_CASE("a source function is found under its compiler's name") {
    auto const symbol = v612().symbol_of("do_execveat_common", "fs/exec.c");
    REQUIRE(symbol);
    CHECK(symbol->name == "do_execveat_common.isra.0");
    CHECK(symbol->file == "fs/exec.c");
    CHECK(v612().symbol_of("el0_svc_common")->name == "el0_svc_common.constprop.0");
    CHECK_FALSE(v612().symbol_of("copy_mm", "kernel/fork.c"));
    CHECK_FALSE(v612().symbol_of("copy_process", "kernel/exit.c"));
    auto const parts = v612().parts_of("put_pid", "kernel/pid.c");
    CHECK(parts == std::vector<std::string_view>{"put_pid.part.0"});
    CHECK(v612().symbol_of("put_pid", "kernel/pid.c")->name == "put_pid");
}

TEST_CASE("sizes and addresses are those that the kernel prints") {
    auto const clone = v612().symbol("kernel_clone");
    REQUIRE(clone);
    CHECK(clone->size == 0x478);
    CHECK(clone->address + v612().entry_offset() == 0xffff8000800a612c);
    CHECK(v612().symbol("copy_process")->size == 0x1d60);
    CHECK(v612().symbol_at(0xffff8000800a61d0)->name == "kernel_clone");
    CHECK(v612().symbol_at(clone->address)->name == "kernel_clone");
    CHECK(v612().symbol_at(clone->address + clone->size)->name != "kernel_clone");
    CHECK_FALSE(v612().symbol_at(0x1000));
    CHECK_FALSE(v612().symbol_at(~std::uint64_t{0}));
}

TEST_CASE("names that several files define are told apart by the file") {
    auto const all = v612().symbols_named("gic_ipi_send_mask");
    REQUIRE(all.size() == 2);
    CHECK(all[0].address < all[1].address);
    CHECK(all[0].file != all[1].file);
    for (auto const& symbol : all) {
        CHECK(v612().symbol("gic_ipi_send_mask", symbol.file)->address == symbol.address);
    }
}

TEST_CASE("functions of drivers and modules are known too") {
    CHECK(v612().is_traced("pl011_tx_chars"));
    auto const symbol = v612().symbol("netfs_file_read_iter");
    REQUIRE(symbol);
    CHECK(symbol->traced);
    CHECK(symbol->file == "[netfs]");
    auto const traced = v612().traced_symbols();
    CHECK(traced.size() > 47000);
    CHECK(std::is_sorted(traced.begin(), traced.end()));
    CHECK(std::binary_search(traced.begin(), traced.end(), "copy_process"));
    CHECK(std::binary_search(traced.begin(), traced.end(), "netfs_file_read_iter"));
}
