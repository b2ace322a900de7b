// The end of a task (kernel/exit.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

/// A living thread of the task's group, other than the task.
bool has_alive_thread(Scope const& s, TaskId task) {
    auto const& threads = s.machine.groups[s.machine.tasks[task].group].threads;
    return std::any_of(threads.begin(), threads.end(), [&](TaskId id) {
        return id != s.current && (s.machine.tasks[id].flags & PF_EXITING_) == 0;
    });
}

bool is_alone(Scope const& s) {
    return s.group().threads.size() <= 1;
}

bool is_reaper(Scope const& s) {
    auto const& task = s.task();
    return task.pid_struct != kNobody<PidId> &&
           s.machine.namespaces[s.machine.namespace_of(s.task_id())].child_reaper == s.task_id();
}

bool last_user_of_mm(Scope const& s) {
    auto const mm = mm_of(s);
    return mm == kNobody<MmId> || !s.machine.mms.has(mm) || s.machine.mms[mm].users <= 0;
}

bool runs_program_file(Scope const& s) {
    auto const mm = mm_of(s);
    return mm != kNobody<MmId> && s.machine.mms.has(mm) && s.machine.mms[mm].has_exe_file;
}

/// Whether next_process has nobody to go on with.
bool at_last_process(Scope const& s) {
    auto const at = s.object("other");
    if (at.kind != ObjectKind::task) {
        return true;
    }
    bool more = false;
    s.machine.tasks.for_each([&](TaskId id, Task const& task) {
        more = more || (task.leader == id && !is_unhashed(task) && number_of(id) > at.id);
    });
    return !more;
}

ThreadGroup const* group_of(Machine const& machine, TaskId task) {
    return machine.tasks.has(task) && machine.tasks[task].group != kNobody<ThreadGroupId>
               ? &machine.groups[machine.tasks[task].group]
               : nullptr;
}

/// Of kill_orphaned_pgrp(): the real parent of who exits, or the dying father of who is reparented.
TaskId former_parent(Scope const& s) {
    return s.task_id() == s.self().leader ? s.task().real_parent : s.current;
}

bool is_outside_tie(ThreadGroup const* parent, ThreadGroup const& group) {
    return parent && parent->pgrp != group.pgrp && parent->session == group.session;
}

template <class Question>
bool any_member(Scope const& s, Question question) {
    bool found = false;
    auto const pgrp = s.group().pgrp;
    s.machine.tasks.for_each([&](TaskId id, Task const& task) {
        auto const* group = task.leader == id ? group_of(s.machine, id) : nullptr;
        found = found || (group && group->pgrp == pgrp && !is_unhashed(task) && question(id, task));
    });
    return found;
}

/// will_become_orphaned_pgrp(): nobody holds the group any more, the task itself left aside where
/// it exits.
bool becomes_orphaned(Scope const& s) {
    return !any_member(s, [&](TaskId id, Task const& task) {
        bool const gone = task.exit_state != 0 && s.machine.groups[task.group].threads.size() <= 1;
        bool const ignored = id == s.task_id() && id == s.self().leader;
        auto const& group = s.machine.groups[task.group];
        bool const by_init = task.real_parent == s.machine.init && !group.job_of_shell;
        return !ignored && !gone && !by_init &&
               is_outside_tie(group_of(s.machine, task.real_parent), group);
    });
}

bool has_stopped_jobs(Scope const& s) {
    return any_member(s, [&](TaskId, Task const& task) {
        return (s.machine.groups[task.group].flags & SIGNAL_STOP_STOPPED_) != 0;
    });
}

constexpr std::array kGuards{
    KFLOW_GUARD(parent_holds_group,
                is_outside_tie(group_of(s.machine, former_parent(s)), s.group())),
    KFLOW_GUARD(group_becomes_orphaned, becomes_orphaned(s)),
    KFLOW_GUARD(group_has_stopped_jobs, has_stopped_jobs(s)),
    KFLOW_GUARD(was_last_process, at_last_process(s)),
    KFLOW_GUARD(group_dead, s.task().group_dead),
    KFLOW_GUARD(is_global_init, s.task().tgid.value == 1),
    KFLOW_GUARD(exiting_with_mm, s.task().mm != kNobody<MmId>),
    KFLOW_GUARD(exec_waits_for_thread,
                s.group().group_exec_task != kNobody<TaskId> && s.group().notify_count == 0),
    KFLOW_GUARD(exec_waits_for_leader, s.group().notify_count < 0),
    KFLOW_GUARD(last_rcu_user, --s.edit().usage == 0),
    KFLOW_GUARD(zombie_leader_left_alone, s.task().left_zombie_leader),
    KFLOW_GUARD(mm_last_user, last_user_of_mm(s)),
    KFLOW_GUARD(mm_has_exe_file, runs_program_file(s)),
    KFLOW_GUARD(is_child_reaper, is_reaper(s)),
    KFLOW_GUARD(has_alive_thread, has_alive_thread(s, s.task_id())),
    KFLOW_GUARD(has_child_subreaper, s.group().has_child_subreaper),
    KFLOW_GUARD(is_child_subreaper, s.group().child_subreaper),
    KFLOW_GUARD(already_dead, s.task().exit_state == EXIT_DEAD_),
    KFLOW_GUARD(unreported_zombie,
                s.task().exit_state == EXIT_ZOMBIE_ && s.group().threads.size() <= 1),
    KFLOW_GUARD(has_ptracees, false),
    KFLOW_GUARD(has_children, !s.task().children.empty()),
    KFLOW_GUARD(has_pdeath_signal, s.task().pdeath_signal != 0),
    KFLOW_GUARD(exits_traced, false),
    KFLOW_GUARD(is_group_leader, s.task().leader == s.task_id()),
    KFLOW_GUARD(is_alone_in_group, is_alone(s)),
    KFLOW_GUARD(group_exit_begun, (s.group("current").flags & SIGNAL_GROUP_EXIT_) != 0),
    KFLOW_GUARD(group_exec_begun, s.group("current").group_exec_task != kNobody<TaskId>),
    KFLOW_GUARD(lost_group_exit_race, (s.group("current").flags & SIGNAL_GROUP_EXIT_) != 0),
    KFLOW_GUARD(prev_is_dead,
                s.task("prev").state == TASK_DEAD_ && s.object("prev").kind == ObjectKind::task),
};

} // namespace

Guards exit_guards() {
    return kGuards;
}

} // namespace kflow::kernel
