#include "sim/check/evidence.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {
namespace {

using kernel::Answer;
using kernel::to_answer;

// Clone flags: include/uapi/linux/sched.h. task_newtask shows them without the exit signal.

/// The task_newtask of the fork that the question belongs to: inside the clone call around it.
trace::TraceEvent const* fork_of(Question const& q) {
    for (auto const* function : {"kernel_clone", "copy_process"}) {
        auto const clone = q.evidence.around(q.call, function);
        if (clone != kNoCall) {
            return q.evidence.event_inside(clone, "task_newtask");
        }
    }
    return q.evidence.event_inside(q.evidence.root(q.call), "task_newtask");
}

Answer clone_flag(Question const& q) {
    auto const* event = fork_of(q);
    auto const flags = event ? event->number("clone_flags") : std::nullopt;
    if (!flags) {
        return Answer::unknown;
    }
    return to_answer((static_cast<std::uint64_t>(*flags) & q.parameter) != 0);
}

struct Entry {
    std::string_view guard;
    Rule rule;
    std::uint64_t parameter;
};

constexpr std::array kRules{
    Entry{"clone_vm", clone_flag, 0x00000100},
    Entry{"clone_fs", clone_flag, 0x00000200},
    Entry{"clone_files", clone_flag, 0x00000400},
    Entry{"clone_sighand", clone_flag, 0x00000800},
    Entry{"clone_pidfd", clone_flag, 0x00001000},
    Entry{"clone_ptrace", clone_flag, 0x00002000},
    Entry{"clone_vfork", clone_flag, 0x00004000},
    Entry{"clone_parent", clone_flag, 0x00008000},
    Entry{"clone_thread", clone_flag, 0x00010000},
    Entry{"clone_newns", clone_flag, 0x00020000},
    Entry{"clone_sysvsem", clone_flag, 0x00040000},
    Entry{"clone_settls", clone_flag, 0x00080000},
    Entry{"clone_parent_settid", clone_flag, 0x00100000},
    Entry{"clone_child_cleartid", clone_flag, 0x00200000},
    Entry{"clone_detached", clone_flag, 0x00400000},
    Entry{"clone_untraced", clone_flag, 0x00800000},
    Entry{"clone_child_settid", clone_flag, 0x01000000},
    Entry{"clone_newcgroup", clone_flag, 0x02000000},
    Entry{"clone_newuts", clone_flag, 0x04000000},
    Entry{"clone_newipc", clone_flag, 0x08000000},
    Entry{"clone_newuser", clone_flag, 0x10000000},
    Entry{"clone_newpid", clone_flag, 0x20000000},
    Entry{"clone_newnet", clone_flag, 0x40000000},
    Entry{"clone_newtime", clone_flag, 0x00000080},
    Entry{"clone_io", clone_flag, 0x80000000},
    Entry{"clone_clear_sighand", clone_flag, 0x100000000},
    Entry{"clone_into_cgroup", clone_flag, 0x200000000},
};

} // namespace

Rule rule_for(std::string_view guard, std::uint64_t& parameter) {
    auto const found = std::find_if(kRules.begin(), kRules.end(),
                                    [&](auto const& entry) { return entry.guard == guard; });
    if (found == kRules.end()) {
        return nullptr;
    }
    parameter = found->parameter;
    return found->rule;
}

} // namespace kflow::check
