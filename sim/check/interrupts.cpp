#include "sim/check/interrupts.hpp"

#include <array>
#include <string_view>

namespace kflow::check {
namespace {

using model::FunctionId;
using model::Op;

/// Where the kernel begins when something happens to it, and what timers, RCU and other CPUs have
/// called from there by a pointer.
constexpr std::array<std::string_view, 18> kBeginnings{
    // arch/arm64/kernel/entry.S, entry-common.c
    "el1h_64_irq", "el1_abort",
    // kernel/sched/core.c, include/linux/wait.h, kernel/time/hrtimer.c
    "sched_ttwu_pending", "wake_up", "__wake_up_locked", "wake_up_interruptible", "hrtimer_wakeup",
    // kernel/signal.c: timers, files, perf
    "send_sigqueue", "posixtimer_send_sigqueue", "do_send_sig_info", "kill_pid_info",
    "send_sig_perf",
    // RCU's callbacks of kernel/exit.c, fork.c, pid.c and fs/file.c
    "delayed_put_task_struct", "__put_task_struct_rcu_cb", "__delayed_free_task", "delayed_put_pid",
    "free_fdtable_rcu", "vm_area_free_rcu_cb"};

} // namespace

InterruptReach::InterruptReach(model::Program const& program,
                               std::set<std::string, std::less<>> const& shown)
    : reached_(program.functions.size()) {
    std::vector<FunctionId> work;
    auto const reach = [&](FunctionId function) {
        if (function != model::kNone<FunctionId> && !reached_[model::index_of(function)]) {
            reached_[model::index_of(function)] = true;
            work.push_back(function);
        }
    };
    for (auto const name : kBeginnings) {
        reach(program.find_function(name));
    }
    while (!work.empty()) {
        auto const function = work.back();
        work.pop_back();
        if (shown.contains(program[function].name)) {
            continue; // What it calls stands below it.
        }
        for (auto const& code : program.body(function)) {
            if (code.op == Op::call) {
                reach(static_cast<FunctionId>(code.subject));
            } else if (code.op == Op::via) {
                for (auto const& member : program.in_members(code.members)) {
                    reach(member.callee);
                }
            }
        }
    }
    for (std::size_t f = 0; f < reached_.size(); ++f) {
        reached_[f] = reached_[f] || !program.functions[f].has_body;
    }
}

} // namespace kflow::check
