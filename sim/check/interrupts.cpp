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
    "el1h_64_irq",
    "el1_abort",          // arch/arm64/kernel/entry-common.c
    "sched_ttwu_pending", // kernel/sched/core.c
    "wake_up",
    "__wake_up_locked",
    "wake_up_interruptible", // include/linux/wait.h
    "hrtimer_wakeup",        // kernel/time/hrtimer.c
    "send_sigqueue",
    "posixtimer_send_sigqueue", // kernel/signal.c, a POSIX timer
    "do_send_sig_info",
    "kill_pid_info",
    "send_sig_perf", // kernel/signal.c, other timers, files
    "delayed_put_task_struct",
    "__put_task_struct_rcu_cb", // kernel/exit.c, kernel/fork.c
    "__delayed_free_task",      // kernel/fork.c
    "delayed_put_pid",          // kernel/pid.c
    "free_fdtable_rcu",
    "vm_area_free_rcu_cb"}; // fs/file.c, kernel/fork.c

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
