// What do_exit() and release_task() take apart (kernel/exit.c, kernel/pid.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

/// The children's list of a task, without one of them.
void unlink_child(Machine& machine, TaskId parent, TaskId child) {
    if (machine.tasks.has(parent)) {
        std::erase(machine.tasks.edit(parent).children, child);
    }
}

/// Whether a thread leaves nobody but a leader that is a zombie. One lock holds leaving the list
/// and asking this together, so that one thread only says yes, and none if the leader still asks.
bool leaves_zombie_leader(Scope const& s) {
    auto const& threads = s.group().threads;
    auto const leader = s.task().leader;
    return leader != s.task_id() && s.machine.tasks.has(leader) && threads.size() == 1 &&
           threads.front() == leader && s.machine.tasks[leader].exit_state == EXIT_ZOMBIE_;
}

/// __unhash_process(): nobody finds the task by its number any more.
void unhash(Scope const& s) {
    auto const id = s.task_id();
    auto const pid = s.task().pid_struct;
    if (s.task().leader == id) {
        unlink_child(s.machine, s.task().real_parent, id);
    }
    std::erase(s.edit_group().threads, id);
    s.edit().left_zombie_leader = leaves_zombie_leader(s);
    if (pid != kNobody<PidId>) {
        bool const in_use = std::invoke([&] {
            bool used = false;
            s.machine.groups.for_each([&](ThreadGroupId, ThreadGroup const& group) {
                used =
                    used || (!group.threads.empty() && (group.pgrp == pid || group.session == pid));
            });
            return used;
        });
        s.edit().pid_struct = kNobody<PidId>;
        if (!in_use) {
            free_pid(s.machine, pid);
        }
    }
    auto& task = s.edit();
    if (task.counted) {
        task.counted = false;
        s.machine.processes_of_user[s.machine.creds[task.cred].uid]--;
    }
    s.machine.pids_cgroup.charged -= task.in_pids_cgroup ? 1 : 0;
}

void detach_sighand(Scope const& s) {
    auto const sighand = s.task().sighand;
    if (sighand != kNobody<SighandId>) {
        s.bind("sighand", object_of(sighand));
        s.machine.sighands.edit(sighand).users--;
        s.edit().sighand = kNobody<SighandId>;
    }
}

void drop_mm(Scope const& s) {
    auto& task = s.edit();
    if (task.mm == kNobody<MmId>) {
        return;
    }
    s.bind("mm", object_of(task.mm));
    task.mm = kNobody<MmId>;
}

void drop_live(Scope const& s) {
    s.edit().group_dead = --s.edit_group().live == 0;
}

/// do_exit(code): of exit and exit_group their argument, of a deadly signal the signal.
void set_exit_code(Scope const& s) {
    auto& task = s.edit();
    auto const& group = s.group();
    if ((group.flags & SIGNAL_GROUP_EXIT_) != 0) {
        task.exit_code = group.group_exit_code;
    } else if (task.syscall == "exit") {
        task.exit_code = static_cast<int>((task.args.get(Arg::exit_code) & 0xff) << 8);
    }
}

void begin_group_exit(Scope const& s) {
    auto& group = s.edit_group("current");
    auto const& self = s.self();
    if (self.syscall == "exit_group" && !self.dies_of_signal) {
        group.group_exit_code = static_cast<int>((self.args.get(Arg::exit_code) & 0xff) << 8);
    } else {
        group.group_exit_code = self.exit_code;
    }
    group.flags = (group.flags & SIGNAL_UNKILLABLE_) | SIGNAL_GROUP_EXIT_;
}

/// synchronize_group_exit(): the last thread that ends by itself ends the group.
void leave_quick(Scope const& s) {
    auto& group = s.edit_group();
    if (group.live == 1 && (group.flags & SIGNAL_GROUP_EXIT_) == 0) {
        auto const& self = s.self();
        group.flags |= SIGNAL_GROUP_EXIT_;
        group.group_exit_code = static_cast<int>((self.args.get(Arg::exit_code) & 0xff) << 8);
    }
}

TaskId living_thread(Machine const& machine, TaskId task) {
    for (auto const thread : machine.groups[machine.tasks[task].group].threads) {
        if ((machine.tasks[thread].flags & PF_EXITING_) == 0) {
            return thread;
        }
    }
    return kNobody<TaskId>;
}

/// find_new_reaper(): a living thread, else the nearest subreaper above, else the namespace's init.
TaskId new_reaper(Scope const& s) {
    auto& machine = s.machine;
    auto const task = s.task_id();
    if (auto const thread = living_thread(machine, task); thread != kNobody<TaskId>) {
        return thread;
    }
    auto const ns = machine.namespace_of(task);
    auto const last = machine.namespaces[ns].child_reaper;
    if (s.group().has_child_subreaper) {
        for (auto up = machine.tasks[task].real_parent;
             machine.tasks.has(up) && machine.tasks[up].group != kNobody<ThreadGroupId>;
             up = machine.tasks[up].real_parent) {
            if (up == last) {
                break;
            }
            if (machine.groups[machine.tasks[up].group].child_subreaper) {
                if (auto const thread = living_thread(machine, up); thread != kNobody<TaskId>) {
                    return thread;
                }
            }
        }
    }
    return last;
}

void choose_reaper(Scope const& s) {
    s.bind("reaper", object_of(new_reaper(s)));
}

void pass_on_reaper(Scope const& s) {
    auto const heir = living_thread(s.machine, s.task_id());
    if (heir != kNobody<TaskId>) {
        s.machine.namespaces.edit(s.machine.namespace_of(s.task_id())).child_reaper = heir;
    }
}

void reparent(Scope const& s) {
    auto const child = s.task_id("child");
    auto const reaper =
        s.object("reaper").kind == ObjectKind::task ? s.task_id("reaper") : new_reaper(s);
    unlink_child(s.machine, s.task("child").real_parent, child);
    auto& task = s.machine.tasks.edit(child);
    bool const traced = task.parent != task.real_parent;
    task.real_parent = reaper;
    if (!traced) {
        task.parent = reaper;
    }
    if (task.leader == child) {
        s.machine.tasks.edit(reaper).children.push_back(child);
    }
}

void mark_exiting(Scope const& s) {
    s.edit().flags |= PF_EXITING_;
}

void become(Scope const& s, unsigned state) {
    s.edit().exit_state = state;
}

void await_tasklist(Scope const& s, Actions& act) {
    auto const writer = s.machine.tasklist_writer;
    if (writer != kNobody<TaskId> && writer != s.current) {
        act.spin();
    }
}

/// The files are closed for good when the task works of the exit are done (fput).
void drop_files(Scope const& s) {
    auto& task = s.edit();
    if (task.files == kNobody<FilesId>) {
        return;
    }
    auto const pipe = s.machine.files[task.files].pipe;
    s.bind("files", object_of(task.files));
    s.machine.files.edit(task.files).count--;
    task.files = kNobody<FilesId>;
    if (pipe != 0 && !has_writer(s.machine, pipe)) {
        task.released_pipe = pipe;
        task.works++;
    }
}

void drop_fs(Scope const& s) {
    auto& task = s.edit();
    if (task.fs != kNobody<FsId>) {
        s.machine.fss.edit(task.fs).users--;
        task.fs = kNobody<FsId>;
    }
}

/// zap_pid_ns_processes(): nobody can join the namespace any more.
void find_reaper(Scope const& s) {
    auto const pid = s.id_of<PidId>("pid", ObjectKind::pid);
    auto const ns = pid != kNobody<PidId> && s.machine.pids.has(pid)
                        ? s.machine.pids[pid].namespaces.back()
                        : s.machine.namespace_of(s.task_id());
    s.bind("reaper", object_of(s.machine.namespaces[ns].child_reaper));
}

void ignore_sigchld(Scope const& s) {
    if (s.self().sighand != kNobody<SighandId>) {
        s.machine.sighands.edit(s.self().sighand).actions[SIGCHLD_].handler = 1;
    }
}

void close_namespace(Scope const& s) {
    auto const ns = s.machine.namespace_of(s.task_id());
    s.machine.namespaces.edit(ns).allocation_disabled = true;
}

void next_process(Scope const& s) {
    auto const last = s.object("other");
    auto next = kNobody<TaskId>;
    s.machine.tasks.for_each([&](TaskId id, Task const& task) {
        if (next == kNobody<TaskId> && task.leader == id && !is_unhashed(task) &&
            (last.kind != ObjectKind::task || number_of(id) > last.id)) {
            next = id;
        }
    });
    s.bind("other", object_of(next));
}

constexpr std::array kEffects{
    KFLOW_EFFECT(take_group, s.bind("pgrp", object_of(s.group().pgrp))),
    KFLOW_EFFECT(find_mm_heir, s.bind("heir", Object{})),
    KFLOW_EFFECT(next_process, next_process(s)),
    KFLOW_EFFECT(next_posix_timer, (void)s),
    KFLOW_EFFECT(unhash_process, unhash(s)),
    KFLOW_EFFECT(detach_pid, (void)s),
    KFLOW_EFFECT(free_pid_struct, (void)s),
    KFLOW_EFFECT(close_pid_namespace, close_namespace(s)),
    KFLOW_EFFECT(find_exec_task, s.bind("exec_task", object_of(s.group().group_exec_task))),
    KFLOW_EFFECT(find_rcuwait_task, (void)s),
    KFLOW_EFFECT(find_pid_ns_reaper, find_reaper(s)),
    KFLOW_EFFECT(ignore_sigchld, ignore_sigchld(s)),
    KFLOW_EFFECT(set_futex_state, (void)s),
    KFLOW_EFFECT(start_tracing, (void)s),
    KFLOW_EFFECT(end_tracing, (void)s),
    KFLOW_EFFECT(take_posix_timers, (void)s),
    KFLOW_EFFECT(add_counters_to_group, (void)s),
    KFLOW_EFFECT(detach_sighand, detach_sighand(s)),
    KFLOW_EFFECT(take_leader, s.bind("task", object_of(s.task().leader))),
    KFLOW_EFFECT(mark_post_coredump, (void)s),
    KFLOW_EFFECT(set_mm_owner, (void)s),
    KFLOW_EFFECT(clear_mm_owner, (void)s),
    KFLOW_EFFECT(drop_mm, drop_mm(s)),
    KFLOW_EFFECT(drop_files, drop_files(s)),
    KFLOW_EFFECT(drop_fs, drop_fs(s)),
    KFLOW_EFFECT(pass_on_child_reaper, pass_on_reaper(s)),
    KFLOW_EFFECT(choose_reaper, choose_reaper(s)),
    KFLOW_EFFECT(reparent, reparent(s)),
    KFLOW_EFFECT(reset_exit_signal, s.edit().exit_signal = SIGCHLD_),
    KFLOW_EFFECT(become_zombie, become(s, EXIT_ZOMBIE_)),
    KFLOW_EFFECT(hold_tasklist, s.machine.tasklist_writer = s.current),
    KFLOW_EFFECT(drop_tasklist, s.machine.tasklist_writer = kNobody<TaskId>),
    KFLOW_EFFECT(await_tasklist, await_tasklist(s, act)),
    KFLOW_EFFECT(become_dead, become(s, EXIT_DEAD_)),
    KFLOW_EFFECT(leave_quick_threads, leave_quick(s)),
    KFLOW_EFFECT(drop_live_thread, drop_live(s)),
    KFLOW_EFFECT(set_exit_code, set_exit_code(s)),
    KFLOW_EFFECT(begin_group_exit, begin_group_exit(s)),
    KFLOW_EFFECT(mark_exiting, mark_exiting(s)),
};

} // namespace

Effects exit_effects() {
    return kEffects;
}

} // namespace kflow::kernel
