// Pids, references and other things of a task that many bodies ask about.

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

PidId pid_of(Scope const& s) {
    auto const id = s.id_of<PidId>("pid", ObjectKind::pid);
    return id != kNobody<PidId> ? id : s.task().pid_struct;
}

/// A namespace in which only its init, or it and the one that waits, is left.
bool nearly_empty(Scope const& s) {
    auto const pid = pid_of(s);
    if (pid == kNobody<PidId> || !s.machine.pids.has(pid)) {
        return false;
    }
    auto const& ns = s.machine.namespaces[s.machine.pids[pid].namespaces.back()];
    return ns.level > 0 && ns.allocation_disabled && ns.used.size() <= 2;
}

constexpr std::array kGuards{
    KFLOW_GUARD(pid_ns_is_nearly_empty, nearly_empty(s)),
    KFLOW_GUARD(task_is_exiting, (s.task().flags & PF_EXITING_) != 0),
    KFLOW_GUARD(task_is_reaped, is_unhashed(s.task())),
    KFLOW_GUARD(mm_is_own, mm_of(s) == s.self().mm),
    KFLOW_GUARD(vma_is_dontcopy, false),
};

} // namespace

Guards task_guards() {
    return kGuards;
}

} // namespace kflow::kernel
