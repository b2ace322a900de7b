// System calls and helpers that the model has no body for, as far as their consequence matters to
// a process's life.

#include "sim/engine/native_calls.hpp"

#include "sim/kernel/pids.hpp"
#include "sim/kernel/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kflow::engine {

using kernel::Arg;
using kernel::kNobody;
using kernel::Scope;

namespace {

constexpr int kEperm = 1, kEsrch = 3, kEagain = 11, kEacces = 13, kEinval = 22;

/// The task that a pid argument names; 0 is the caller.
kernel::TaskId named(Scope const& s, std::int64_t pid) {
    return pid == 0 ? s.current
                    : s.machine.find_task(s.machine.namespace_of(s.current),
                                          static_cast<std::int32_t>(pid));
}

/// A member of the process group with that number, in that session.
bool group_exists(kernel::Machine const& machine, kernel::PidId pgrp, kernel::PidId session) {
    bool found = false;
    machine.tasks.for_each([&](kernel::TaskId id, kernel::Task const& task) {
        if (task.leader == id && task.group != kNobody<kernel::ThreadGroupId> &&
            !kernel::is_unhashed(task)) {
            auto const& group = machine.groups[task.group];
            found = found || (group.pgrp == pgrp && group.session == session);
        }
    });
    return found;
}

/// setpgid() of kernel/sys.c: for the caller, or a child of its that has not called exec yet.
int set_process_group(Execution&, Scope const& s) {
    auto const who = named(s, s.args().get(Arg::pid));
    if (s.args().get(Arg::pgid) < 0) {
        return kEinval;
    }
    if (who == kNobody<kernel::TaskId>) {
        return kEsrch;
    }
    auto const& task = s.machine.tasks[who];
    if (task.leader != who) {
        return kEinval;
    }
    auto const session = s.group("current").session;
    if (s.machine.tasks.has(task.real_parent) &&
        s.machine.tasks[task.real_parent].group == s.self().group) {
        if (s.machine.groups[task.group].session != session) {
            return kEperm;
        }
        if ((task.flags & kernel::PF_FORKNOEXEC_) == 0) {
            return kEacces;
        }
    } else if (who != s.self().leader) {
        return kEsrch;
    }
    if (s.machine.groups[task.group].session_leader) {
        return kEperm;
    }
    auto const leader = s.args().get(Arg::pgid) == 0 ? who : named(s, s.args().get(Arg::pgid));
    if (leader == kNobody<kernel::TaskId>) {
        return kEperm;
    }
    auto const pgrp = s.machine.tasks[leader].pid_struct;
    if (leader != who && !group_exists(s.machine, pgrp, session)) {
        return kEperm;
    }
    auto& group = s.machine.groups.edit(task.group);
    if (std::exchange(group.pgrp, pgrp) != pgrp) {
        group.pgrp_since = ++s.machine.attached;
    }
    return 0;
}

int set_session(Execution&, Scope const& s) {
    auto& group = s.edit_group("current");
    auto const own = s.machine.tasks[s.self().leader].pid_struct;
    if (group.session_leader || group.pgrp == own) {
        return kEperm;
    }
    group.pgrp = group.session = own;
    group.pgrp_since = group.session_since = ++s.machine.attached;
    group.session_leader = true;
    group.has_ctty = false;
    s.edit_self().syscall_result = s.machine.number_in(own, s.machine.namespace_of(s.current));
    return 0;
}

int process_control(Execution&, Scope const& s) {
    constexpr std::int64_t set_child_subreaper = 36, set_name = 15, set_pdeathsig = 1;
    auto const option = s.args().get(Arg::options);
    if (option == set_child_subreaper) {
        s.edit_group("current").child_subreaper = s.args().get(Arg::value) != 0;
        std::vector<kernel::TaskId> below = s.self().children;
        for (std::size_t n = 0; n < below.size(); ++n) {
            auto const& task = s.machine.tasks[below[n]];
            s.machine.groups.edit(task.group).has_child_subreaper = true;
            below.insert(below.end(), task.children.begin(), task.children.end());
        }
    } else if (option == set_pdeathsig) {
        s.edit_self().pdeath_signal = static_cast<int>(s.args().get(Arg::value));
    } else if (option == set_name) {
        return 0;
    }
    return 0;
}

int set_limit(Execution&, Scope const& s) {
    s.edit_group("current").rlimits[static_cast<int>(s.args().get(Arg::resource))] =
        s.args().get(Arg::value, -1);
    return 0;
}

int set_user(Execution&, Scope const& s) {
    auto cred = s.machine.creds[s.self().cred];
    auto const old = cred.uid;
    cred.uid = static_cast<int>(s.args().get(Arg::uid));
    cred.capable = cred.capable && cred.uid == 0;
    cred.usage = 1;
    if (s.self().counted) {
        s.machine.processes_of_user[old]--;
        s.machine.processes_of_user[cred.uid]++;
    }
    s.edit_self().cred = s.machine.creds.add(cred);
    return 0;
}

int map_memory(Execution&, Scope const& s) {
    if (s.self().mm != kNobody<kernel::MmId>) {
        s.machine.mms.edit(s.self().mm).vmas +=
            static_cast<std::uint32_t>(std::max<std::int64_t>(s.args().get(Arg::count, 1), 0));
    }
    s.edit_self().syscall_result = 1;
    return 0;
}

/// mprotect() of a part of a mapping leaves two.
int split_mapping(Execution&, Scope const& s) {
    s.machine.mms.edit(s.self().mm).vmas++;
    return 0;
}

int unmap_memory(Execution&, Scope const& s) {
    s.machine.mms.edit(s.self().mm).vmas--;
    return 0;
}

int own_number(Execution&, Scope const& s) {
    s.edit_self().syscall_result =
        s.machine.number_in(s.self().pid_struct, s.machine.namespace_of(s.current));
    return 0;
}

int own_number_of_group(Execution&, Scope const& s) {
    s.edit_self().syscall_result = s.machine.number_in(s.machine.tasks[s.self().leader].pid_struct,
                                                       s.machine.namespace_of(s.current));
    return 0;
}

/// futex(FUTEX_WAIT) as pthread_join() uses it: until the thread's number is cleared.
int futex(Execution& execution, Scope const& s) {
    auto const thread = named(s, s.args().get(Arg::tid));
    if (s.args().get(Arg::tid) == 0 || thread == kNobody<kernel::TaskId> ||
        s.machine.tasks[thread].clear_child_tid == 0) {
        return 0;
    }
    s.edit_self().sleep = {"futex", kernel::object_of(thread)};
    execution.sleep(kernel::TASK_INTERRUPTIBLE_);
    return 0;
}

int charge_cgroup(Execution&, Scope const& s) {
    auto& cgroup = s.machine.pids_cgroup;
    if (!s.self().in_pids_cgroup) {
        return 0;
    }
    if (cgroup.limit >= 0 && cgroup.charged >= cgroup.limit) {
        s.edit("child").in_pids_cgroup = false;
        return kEagain;
    }
    cgroup.charged++;
    return 0;
}

int uncharge_cgroup(Execution&, Scope const& s) {
    s.machine.pids_cgroup.charged -= s.self().in_pids_cgroup ? 1 : 0;
    s.edit("child").in_pids_cgroup = false;
    return 0;
}

int cond_resched(Execution& execution, Scope const& s) {
    auto const& thread = s.self().thread;
    if (thread.need_resched && thread.preempt == 0 && !s.machine.cpu(s.cpu).irqs_off) {
        execution.give_way();
    }
    return 0;
}

/// sched_move_task() puts the running task back on its queue and asks it to give way.
int move_task(Execution& execution, Scope const& s) {
    execution.show_helpers();
    execution.resched(s.cpu, false);
    execution.preempt();
    return 0;
}

int unmask(Execution&, Scope const& s) {
    s.machine.cpu(s.cpu).irqs_off = false;
    return 0;
}

int mask(Execution&, Scope const& s) {
    s.machine.cpu(s.cpu).irqs_off = true;
    return 0;
}

/// The function that calls the one that is worked on.
std::string_view caller_of(Execution& execution, Scope const& s) {
    auto const& frames = s.self().stack.frames;
    return frames.size() < 2 ? std::string_view()
                             : execution.impl().model[frames[frames.size() - 2].function].name;
}

/// The last user of a dead task is gone: delayed_put_task_struct() runs after a grace period.
int call_rcu(Execution& execution, Scope const& s) {
    if (caller_of(execution, s) == "put_task_struct_rcu_user" && s.task_id() != s.current) {
        execution.free_later(s.task_id());
    }
    if (caller_of(execution, s) == "delayed_free_task" && s.task_id() != s.current) {
        s.machine.tasks.remove(s.task_id()); // a fork that failed: nobody ever saw it
    }
    return 0;
}

int allow_softirqs(Execution&, Scope const& s) {
    auto& held = s.edit_self().thread.bh_off;
    held = static_cast<std::uint16_t>(held > 0 ? held - 1 : 0);
    return 0;
}

int count_down(Execution& execution, Scope const& s) {
    auto& preempt = s.edit_self().thread.preempt;
    if (execution.impl().counts_preemption && preempt > 0) {
        preempt--;
    }
    return 0;
}

int handle_interrupt(Execution& execution, Scope const&) {
    execution.handle_interrupt();
    return 0;
}

int enter_hardirq(Execution& execution, Scope const&) {
    execution.enter_hardirq();
    return 0;
}

int leave_hardirq(Execution& execution, Scope const&) {
    execution.leave_hardirq(false);
    return 0;
}

constexpr std::array kCalls{
    NativeEntry{"gic_handle_irq", handle_interrupt},
    NativeEntry{"irq_enter_rcu", enter_hardirq},
    NativeEntry{"irq_exit_rcu", leave_hardirq},
    NativeEntry{"sched_preempt_enable_no_resched", count_down},
    NativeEntry{"__local_bh_enable_ip", allow_softirqs},
    NativeEntry{"__arm64_sys_futex", futex},
    NativeEntry{"__arm64_sys_getpid", own_number_of_group},
    NativeEntry{"__arm64_sys_gettid", own_number},
    NativeEntry{"__arm64_sys_mmap", map_memory},
    NativeEntry{"__arm64_sys_mprotect", split_mapping},
    NativeEntry{"__arm64_sys_munmap", unmap_memory},
    NativeEntry{"__arm64_sys_prctl", process_control},
    NativeEntry{"__arm64_sys_prlimit64", set_limit},
    NativeEntry{"__arm64_sys_setpgid", set_process_group},
    NativeEntry{"__arm64_sys_setsid", set_session},
    NativeEntry{"__arm64_sys_setuid", set_user},
    NativeEntry{"__cond_resched", cond_resched},
    NativeEntry{"call_rcu", call_rcu},
    NativeEntry{"cgroup_can_fork", charge_cgroup},
    NativeEntry{"cgroup_cancel_fork", uncharge_cgroup},
    NativeEntry{"cond_resched", cond_resched},
    NativeEntry{"local_daif_mask", mask},
    NativeEntry{"local_daif_restore", unmask},
    NativeEntry{"sched_move_task", move_task},
};

} // namespace

std::span<NativeEntry const> native_calls() {
    return kCalls;
}

} // namespace kflow::engine
