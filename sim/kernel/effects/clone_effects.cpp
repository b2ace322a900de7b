// What copy_process() and kernel_clone() make, step by step (kernel/fork.c, kernel/pid.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

bool flag(Scope const& s, std::uint64_t bit) {
    return (static_cast<std::uint64_t>(s.args().get(Arg::flags)) & bit) != 0;
}

/// dup_task_struct(): a copy of the caller that stands on no list and no queue, in kernel or user
/// space.
void alloc_task(Scope const& s) {
    Task child = s.self();
    child.children.clear();
    child.pid = child.tgid = Pid{0};
    child.pid_struct = kNobody<PidId>;
    child.usage = 2;
    child.on_rq = child.on_cpu = child.wake_pending = false;
    child.never_ran = true;
    child.pending = Pending{};
    child.thread = ThreadInfo{};
    child.sleep = Sleep{};
    child.timer_expires = Nanos{-1};
    child.timer_fired = false;
    child.vfork_waits = false;
    child.counted = false;
    child.jobctl_stop = 0;
    child.jobctl_stop_consume = false;
    child.clear_child_tid = child.set_child_tid = 0;
    child.flags = (child.flags & ~PF_SUPERPRIV_) | PF_FORKNOEXEC_;
    child.vruntime = s.self().vruntime;
    child.clone_flags = static_cast<std::uint64_t>(s.args().get(Arg::flags));
    child.user.result = 0;
    child.signal_frames = s.self().signal_frames;
    auto& frames = child.stack.frames;
    auto const user_depth = child.stack.user_depth;
    if (frames.size() > user_depth) {
        child.stack.places.resize(
            std::min<std::size_t>(child.stack.places.size(), frames[user_depth].first_place));
    }
    frames.resize(user_depth);
    if (s.args().get(Arg::stack) != 0 && user_depth > 1) {
        // On its own stack it comes back from the system call into clone() and into nothing above.
        frames.erase(frames.begin(), frames.end() - 1);
        child.stack.user_depth = 1;
        child.user.base = 0;
        child.user.callers.clear();
        child.signal_frames.clear();
    }
    s.bind("child", object_of(s.machine.tasks.add(std::move(child))));
}

void free_task(Scope const& s) {
    auto const found = s.object("task");
    if (found.kind == ObjectKind::task && static_cast<TaskId>(found.id) != s.current &&
        s.machine.tasks.has(static_cast<TaskId>(found.id))) {
        s.machine.tasks.remove(static_cast<TaskId>(found.id));
    }
}

void set_tid_addresses(Scope const& s) {
    constexpr std::uint64_t somewhere = 0xffff80000000;
    auto& child = s.edit("child");
    child.set_child_tid = flag(s, CLONE_CHILD_SETTID_) ? somewhere : 0;
    child.clear_child_tid = flag(s, CLONE_CHILD_CLEARTID_) ? somewhere : 0;
}

void copy_files(Scope const& s) {
    if (s.self().files != kNobody<FilesId>) {
        auto copy = s.machine.files[s.self().files];
        copy.count = 1;
        s.edit("child").files = s.machine.files.add(std::move(copy));
    }
}

void share_files(Scope const& s) {
    if (s.self().files != kNobody<FilesId>) {
        s.machine.files.edit(s.self().files).count++;
        s.edit("child").files = s.self().files;
    }
}

void copy_fs(Scope const& s) {
    if (s.self().fs != kNobody<FsId>) {
        s.edit("child").fs = s.machine.fss.add(Fs{});
    }
}

void copy_sighand(Scope const& s) {
    auto copy = s.machine.sighands[s.self().sighand];
    copy.users = 1;
    if (flag(s, CLONE_CLEAR_SIGHAND_)) {
        for (auto& action : copy.actions) {
            action.handler = action.handler == 1 ? 1 : 0;
        }
    }
    s.edit("child").sighand = s.machine.sighands.add(std::move(copy));
}

void new_signal(Scope const& s) {
    auto const& mine = s.group("current");
    ThreadGroup group;
    group.pgrp = mine.pgrp;
    group.session = mine.session;
    group.has_ctty = mine.has_ctty;
    group.rlimits = mine.rlimits;
    group.oom_score_adj = mine.oom_score_adj;
    group.has_child_subreaper = mine.has_child_subreaper || mine.child_subreaper;
    s.edit("child").group = s.machine.groups.add(std::move(group));
}

void share_mm(Scope const& s) {
    auto& child = s.edit("child");
    child.mm = child.active_mm = s.self().mm;
}

void count_mm_user(Scope const& s, int by) {
    if (auto const mm = mm_of(s); mm != kNobody<MmId>) {
        s.machine.mms.edit(mm).users += by;
    }
}

void take_exe_file(Scope const& s) {
    if (auto const mm = mm_of(s); mm != kNobody<MmId>) {
        s.machine.mms.edit(mm).has_exe_file = true;
    }
}

/// allocate_mm() in a fork; in exec it is the new program's address space and nobody's yet.
void alloc_mm(Scope const& s) {
    Mm made;
    made.vmas = made.shown_vmas = 0;
    made.has_exe_file = false;
    auto const id = s.machine.mms.add(made);
    auto const child = s.object("child");
    s.bind("newmm", object_of(id));
    if (child.kind == ObjectKind::task && s.self().syscall.starts_with("clone")) {
        auto& task = s.edit("child");
        task.mm = task.active_mm = id;
        auto const parents = s.machine.mms[s.self().mm];
        auto& mm = s.machine.mms.edit(id);
        mm.vmas = mm.shown_vmas = parents.vmas;
        mm.library = parents.library;
    }
}

/// The namespace that the child gets its first number in (copy_process: pid_ns_for_children).
PidNamespaceId namespace_for_child(Scope const& s) {
    auto const proxy = s.task("child").nsproxy;
    return proxy == kNobody<NsproxyId> ? s.machine.namespace_of(s.current)
                                       : s.machine.nsproxies[proxy].pid_ns_for_children;
}

void alloc_pid(Scope const& s) {
    s.bind("pid", object_of(new_pid(s.machine, namespace_for_child(s))));
}

void take_number(Scope const& s) {
    auto const pid = s.id_of<PidId>("pid", ObjectKind::pid);
    auto const level = s.object("pid_level");
    if (pid != kNobody<PidId> && level.kind == ObjectKind::member) {
        bool const own = level.id + std::size_t{1} == s.machine.pids[pid].namespaces.size();
        auto const wanted = static_cast<std::int32_t>(s.args().get(Arg::set_tid));
        take_number(s.machine, pid, level.id, own ? wanted : 0);
    }
}

void publish_pid(Scope const& s) {
    auto const pid = s.id_of<PidId>("pid", ObjectKind::pid);
    if (pid != kNobody<PidId>) {
        s.edit("child").pid_struct = pid;
    }
}

/// Of a fork that fails: nobody ever saw the number. (A dead task's are freed in unhash_process.)
void release_numbers(Scope const& s) {
    auto const pid = s.id_of<PidId>("pid", ObjectKind::pid);
    if (pid != kNobody<PidId> && s.machine.pids.has(pid)) {
        free_pid(s.machine, pid);
    }
}

void set_pid(Scope const& s) {
    auto& child = s.edit("child");
    if (child.pid_struct != kNobody<PidId>) {
        child.pid = Pid{s.machine.pids[child.pid_struct].numbers.front()};
        s.edit_self().syscall_result =
            s.machine.number_in(child.pid_struct, s.machine.namespace_of(s.current));
    }
}

void join_group(Scope const& s) {
    auto& child = s.edit("child");
    child.leader = s.self().leader;
    child.tgid = s.self().tgid;
}

void lead_group(Scope const& s) {
    auto& child = s.edit("child");
    child.leader = s.task_id("child");
    child.tgid = child.pid;
}

void set_parent(Scope const& s, bool callers_parent) {
    auto& child = s.edit("child");
    if (callers_parent) {
        child.real_parent = s.self().real_parent;
        child.exit_signal =
            flag(s, CLONE_THREAD_) ? -1 : s.machine.tasks[s.self().leader].exit_signal;
    } else {
        child.real_parent = s.current;
        child.exit_signal = static_cast<int>(s.args().get(Arg::exit_signal));
    }
    child.parent = child.real_parent;
}

void link_process(Scope const& s) {
    auto const id = s.task_id("child");
    auto& group = s.edit_group("child");
    group.leader = id;
    group.threads = {id};
    group.live = 1;
    group.pgrp_since = group.session_since = ++s.machine.attached;
    auto const flags = static_cast<std::uint64_t>(s.args().get(Arg::flags));
    group.autoreap = (flags & CLONE_AUTOREAP_) != 0;
    s.machine.tasks.edit(s.task("child").real_parent).children.push_back(id);
}

void link_thread(Scope const& s) {
    auto const id = s.task_id("child");
    auto& group = s.edit_group("child");
    group.threads.push_back(id);
    group.live++;
}

void become_reaper(Scope const& s) {
    auto const id = s.task_id("child");
    auto const pid = s.task("child").pid_struct;
    s.machine.namespaces.edit(s.machine.pids[pid].namespaces.back()).child_reaper = id;
    auto& group = s.edit_group("child");
    group.unkillable = true;
    group.flags |= SIGNAL_UNKILLABLE_;
}

/// The child's share of what is counted by user (copy_creds) and by cgroup (pids_can_fork).
void count_thread(Scope const& s) {
    auto const cred = s.task("child").cred;
    if (cred != kNobody<CredId>) {
        s.machine.creds.edit(cred).usage++;
    }
}

void note_vfork(Scope const& s) {
    auto& child = s.edit("child");
    child.vfork_waits = true;
    child.vfork_parent = s.current;
}

void clear_vfork(Scope const& s) {
    s.edit().vfork_waits = false;
}

/// The process counts for its user from here on (RLIMIT_NPROC), until it is reaped.
void count_for_user(Scope const& s) {
    auto& child = s.edit("child");
    child.counted = true;
    s.machine.processes_of_user[s.machine.creds[child.cred].uid]++;
}

void share_creds(Scope const& s) {
    s.machine.creds.edit(s.self().cred).usage++;
    s.edit("child").cred = s.self().cred;
    count_for_user(s);
}

void copy_creds(Scope const& s) {
    auto copy = s.machine.creds[s.self().cred];
    copy.usage = 1;
    copy.user_namespace_level += flag(s, CLONE_NEWUSER_) ? 1 : 0;
    s.edit("child").cred = s.machine.creds.add(copy);
    count_for_user(s);
}

void drop_creds(Scope const& s) {
    auto& task = s.edit();
    if (task.counted) {
        task.counted = false;
        s.machine.processes_of_user[s.machine.creds[task.cred].uid]--;
    }
}

/// create_nsproxy(): a copy of the caller's set, the child's at once; unshare takes it later.
void new_namespaces(Scope const& s) {
    Nsproxy made = s.machine.nsproxies[s.self().nsproxy];
    made.count = 1;
    auto const id = s.machine.nsproxies.add(made);
    if (s.self().syscall != "unshare") {
        s.edit("child").nsproxy = id;
    }
    s.bind("new_nsproxy", object_of(id));
}

void switch_namespaces(Scope const& s) {
    auto const made = s.id_of<NsproxyId>("new_nsproxy", ObjectKind::nsproxy);
    if (made != kNobody<NsproxyId>) {
        s.edit_self().nsproxy = made;
    }
}

void new_pid_namespace(Scope const& s) {
    auto const proxy = s.id_of<NsproxyId>("new_nsproxy", ObjectKind::nsproxy);
    if (proxy == kNobody<NsproxyId>) {
        return;
    }
    PidNamespace made;
    made.parent = s.machine.namespace_of(s.current);
    made.level = s.machine.namespaces[made.parent].level + 1;
    auto const id = s.machine.namespaces.add(std::move(made));
    s.machine.nsproxies.edit(proxy).pid_ns_for_children = id;
}

/// futex_wake_mark(): it is woken by wake_up_q(), and sleeps on no word any more.
void mark_futex_waiter(Scope const& s) {
    auto const waiter = s.task_id("futex_waiter");
    s.edit_self().noted.push_back(waiter);
    s.machine.tasks.edit(waiter).sleep = Sleep{};
}

// unshare, and exec of a task that shares its files.

void unshare_files(Scope const& s) {
    auto copy = s.machine.files[s.self().files];
    copy.count = 1;
    s.machine.files.edit(s.self().files).count--;
    s.edit_self().files = s.machine.files.add(std::move(copy));
}

void unshare_fs(Scope const& s) {
    s.machine.fss.edit(s.self().fs).users--;
    s.edit_self().fs = s.machine.fss.add(Fs{});
}

/// The credentials of a new user namespace; those of exec stay as they are.
void commit_creds(Scope const& s) {
    if (s.self().syscall == "unshare") {
        auto copy = s.machine.creds[s.self().cred];
        copy.usage = 1;
        copy.user_namespace_level++;
        s.edit_self().cred = s.machine.creds.add(copy);
    }
}

constexpr std::array kEffects{
    KFLOW_EFFECT(alloc_task, alloc_task(s)),
    KFLOW_EFFECT(free_task, free_task(s)),
    KFLOW_EFFECT(alloc_kernel_stack, (void)s),
    KFLOW_EFFECT(free_kernel_stack, (void)s),
    KFLOW_EFFECT(collect_signals_for_child, (void)s),
    KFLOW_EFFECT(stop_collecting_signals, (void)s),
    KFLOW_EFFECT(set_child_tid_addresses, set_tid_addresses(s)),
    KFLOW_EFFECT(share_files, share_files(s)),
    KFLOW_EFFECT(copy_files_table, copy_files(s)),
    KFLOW_EFFECT(no_files, s.edit("child").files = kNobody<FilesId>),
    KFLOW_EFFECT(share_fs, s.machine.fss.edit(s.self().fs).users++),
    KFLOW_EFFECT(copy_fs_info, copy_fs(s)),
    KFLOW_EFFECT(share_sighand, s.machine.sighands.edit(s.self().sighand).users++),
    KFLOW_EFFECT(copy_sighand_actions, copy_sighand(s)),
    KFLOW_EFFECT(new_signal_struct, new_signal(s)),
    KFLOW_EFFECT(share_mm, share_mm(s)),
    KFLOW_EFFECT(get_mm, count_mm_user(s, 1)),
    KFLOW_EFFECT(put_mm, count_mm_user(s, -1)),
    KFLOW_EFFECT(take_exe_file, take_exe_file(s)),
    KFLOW_EFFECT(alloc_mm, alloc_mm(s)),
    KFLOW_EFFECT(free_mm, (void)s),
    KFLOW_EFFECT(copy_vma, (void)s),
    KFLOW_EFFECT(alloc_pid_struct, alloc_pid(s)),
    KFLOW_EFFECT(take_pid_number, take_number(s)),
    KFLOW_EFFECT(publish_pid, publish_pid(s)),
    KFLOW_EFFECT(release_pid_numbers, release_numbers(s)),
    KFLOW_EFFECT(set_pid, set_pid(s)),
    KFLOW_EFFECT(set_thread_group_of_caller, join_group(s)),
    KFLOW_EFFECT(set_own_thread_group, lead_group(s)),
    KFLOW_EFFECT(parent_is_callers_parent, set_parent(s, true)),
    KFLOW_EFFECT(parent_is_caller, set_parent(s, false)),
    KFLOW_EFFECT(link_process, link_process(s)),
    KFLOW_EFFECT(link_thread, link_thread(s)),
    KFLOW_EFFECT(become_child_reaper, become_reaper(s)),
    KFLOW_EFFECT(attach_pid, (void)s),
    KFLOW_EFFECT(count_thread, count_thread(s)),
    KFLOW_EFFECT(set_no_new_privs, (void)s),
    KFLOW_EFFECT(set_vfork_done, note_vfork(s)),
    KFLOW_EFFECT(clear_vfork_done, clear_vfork(s)),
    KFLOW_EFFECT(clear_child_tid, s.edit().clear_child_tid = 0),
    KFLOW_EFFECT(mark_futex_waiter, mark_futex_waiter(s)),
    KFLOW_EFFECT(set_clear_child_tid, s.edit_self().clear_child_tid = 1),
    KFLOW_EFFECT(read_clone_args, (void)s),
    KFLOW_EFFECT(read_clone3_args, (void)s),
    KFLOW_EFFECT(add_clone_newns, (void)s),
    KFLOW_EFFECT(share_creds, share_creds(s)),
    KFLOW_EFFECT(copy_creds, copy_creds(s)),
    KFLOW_EFFECT(drop_creds, drop_creds(s)),
    KFLOW_EFFECT(commit_creds, commit_creds(s)),
    KFLOW_EFFECT(share_namespaces, s.edit("child").nsproxy = s.self().nsproxy),
    KFLOW_EFFECT(new_namespaces, new_namespaces(s)),
    KFLOW_EFFECT(switch_namespaces, switch_namespaces(s)),
    KFLOW_EFFECT(new_pid_namespace, new_pid_namespace(s)),
    KFLOW_EFFECT(new_uts_namespace, (void)s),
    KFLOW_EFFECT(free_pid_namespace, (void)s),
    KFLOW_EFFECT(count_up, (void)s),
    KFLOW_EFFECT(count_down, (void)s),
    KFLOW_EFFECT(set_child_registers, (void)s),
    KFLOW_EFFECT(set_child_function, (void)s),
    KFLOW_EFFECT(set_child_entry, (void)s),
    KFLOW_EFFECT(copy_descriptors, (void)s),
    KFLOW_EFFECT(unshare_files_table, unshare_files(s)),
    KFLOW_EFFECT(unshare_fs_info, unshare_fs(s)),
};

} // namespace

Effects clone_effects() {
    return kEffects;
}

} // namespace kflow::kernel
