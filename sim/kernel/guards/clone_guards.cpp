// What the caller of clone asked for, and what decides whether it gets it (kernel/fork.c).

#include "sim/kernel/registry.hpp"
#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

bool flag(Scope const& s, std::uint64_t bit) {
    return (static_cast<std::uint64_t>(s.args().get(Arg::flags)) & bit) != 0;
}

std::int64_t limit(Scope const& s, int resource) {
    auto const& limits = s.group("current").rlimits;
    auto const found = limits.find(resource);
    return found == limits.end() ? -1 : found->second;
}

constexpr int kNproc = 6; // RLIMIT_NPROC

bool nproc_exceeded(Scope const& s) {
    auto const allowed = limit(s, kNproc);
    auto const uid = s.machine.creds[s.self().cred].uid;
    auto const count = s.machine.processes_of_user.find(uid);
    return allowed >= 0 && count != s.machine.processes_of_user.end() && count->second > allowed;
}

std::int64_t count_tasks(Machine const& machine) {
    std::int64_t count = 0;
    machine.tasks.for_each([&](TaskId, Task const& task) {
        count += (task.flags & PF_IDLE_) == 0 && !is_unhashed(task) ? 1 : 0;
    });
    return count;
}

bool ns_takes_processes(Scope const& s) {
    auto const child = s.object("child").kind == ObjectKind::task ? s.task_id("child") : s.current;
    auto const made = s.id_of<PidId>("pid", ObjectKind::pid);
    auto const pid = made != kNobody<PidId> ? made : s.machine.tasks[child].pid_struct;
    return pid == kNobody<PidId> ||
           !s.machine.namespaces[s.machine.pids[pid].namespaces.back()].allocation_disabled;
}

/// alloc_pid() is giving numbers to the pid behind `pid`, now in the namespace of this level.
struct Level {
    PidId pid = kNobody<PidId>;
    PidNamespaceId ns = kNobody<PidNamespaceId>;
    std::int32_t number = 0; ///< that it has there by now; 0: none
    std::int32_t wanted = 0; ///< set_tid, for the innermost namespace
};

Level level_of(Scope const& s) {
    Level level;
    auto const member = s.object("pid_level");
    level.pid = s.id_of<PidId>("pid", ObjectKind::pid);
    if (level.pid == kNobody<PidId>) {
        return level;
    }
    auto const& entry = s.machine.pids[level.pid];
    auto const last = entry.namespaces.size() - 1;
    auto const at = member.kind == ObjectKind::member ? std::size_t{member.id} : last;
    level.ns = entry.namespaces[at];
    level.number = entry.numbers[at];
    level.wanted = at == last ? static_cast<std::int32_t>(s.args().get(Arg::set_tid)) : 0;
    return level;
}

bool no_number_is_free(Scope const& s) {
    auto const level = level_of(s);
    return level.pid != kNobody<PidId> && level.number == 0 &&
           free_number(s.machine, level.ns, level.wanted) == 0;
}

PidNamespace const* namespace_at_level(Scope const& s) {
    auto const level = level_of(s);
    return level.ns == kNobody<PidNamespaceId> ? nullptr : &s.machine.namespaces[level.ns];
}

bool namespace_has_init(Scope const& s) {
    auto const* const ns = namespace_at_level(s);
    return !ns || ns->level == 0 || s.machine.tasks.has(ns->child_reaper);
}

bool namespace_is_empty(Scope const& s) {
    auto const pid = s.id_of<PidId>("pid", ObjectKind::pid);
    if (pid == kNobody<PidId>) {
        return false;
    }
    auto const& ns = s.machine.namespaces[s.machine.pids[pid].namespaces.back()];
    return ns.level > 0 && ns.used.empty();
}

bool child_leads_namespace(Scope const& s) {
    auto const pid = s.task("child").pid_struct;
    return pid != kNobody<PidId> && s.machine.pids[pid].numbers.back() == 1;
}

bool other_namespace_for_children(Scope const& s) {
    auto const& self = s.self();
    return self.nsproxy != kNobody<NsproxyId> &&
           s.machine.nsproxies[self.nsproxy].pid_ns_for_children !=
               s.machine.namespace_of(s.current);
}

bool mm_has_others(Scope const& s) {
    auto const mm = mm_of(s);
    return mm != kNobody<MmId> && s.machine.mms.has(mm) && s.machine.mms[mm].users > 1;
}

SighandId sighand_of(Scope const& s) {
    auto const id = s.id_of<SighandId>("sighand", ObjectKind::sighand);
    return id != kNobody<SighandId> ? id : s.task().sighand;
}

bool last_sighand(Scope const& s) {
    auto const id = sighand_of(s);
    return id == kNobody<SighandId> || !s.machine.sighands.has(id) ||
           s.machine.sighands[id].users <= 1;
}

// unshare.

constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS_ | CLONE_NEWUTS_ | CLONE_NEWIPC_ |
                                         CLONE_NEWNET_ | CLONE_NEWPID_ | CLONE_NEWCGROUP_ |
                                         CLONE_NEWTIME_;

bool unshares(Scope const& s) {
    return s.self().syscall == "unshare";
}

/// ksys_unshare(): what some flags bring with them.
std::uint64_t unshare_flags(Scope const& s) {
    auto flags = static_cast<std::uint64_t>(s.args().get(Arg::flags));
    flags |= (flags & CLONE_NEWUSER_) != 0 ? CLONE_THREAD_ | CLONE_FS_ : 0;
    flags |= (flags & CLONE_VM_) != 0 ? CLONE_SIGHAND_ : 0;
    flags |= (flags & CLONE_SIGHAND_) != 0 ? CLONE_THREAD_ : 0;
    flags |= (flags & CLONE_NEWNS_) != 0 ? CLONE_FS_ : 0;
    return flags;
}

/// check_unshare_flags()
bool unshare_flags_are_bad(Scope const& s) {
    constexpr auto known = kNewNamespaces | CLONE_THREAD_ | CLONE_FS_ | CLONE_SIGHAND_ | CLONE_VM_ |
                           CLONE_FILES_ | CLONE_SYSVSEM_ | CLONE_NEWUSER_;
    auto const flags = unshare_flags(s);
    bool const threads = s.group("current").threads.size() > 1;
    return (flags & ~known) != 0 ||
           ((flags & (CLONE_THREAD_ | CLONE_SIGHAND_ | CLONE_VM_)) != 0 && threads) ||
           ((flags & (CLONE_SIGHAND_ | CLONE_VM_)) != 0 && !last_sighand(s));
}

bool has_new_fs(Scope const& s) {
    return unshares(s) && (unshare_flags(s) & CLONE_FS_) != 0 && s.self().fs != kNobody<FsId> &&
           s.machine.fss[s.self().fs].users > 1;
}

bool shares_files(Scope const& s) {
    return s.self().files != kNobody<FilesId> && s.machine.files[s.self().files].count > 1;
}

bool wants_files(Scope const& s) {
    return !unshares(s) || (unshare_flags(s) & CLONE_FILES_) != 0;
}

bool has_new_nsproxy(Scope const& s) {
    return unshares(s) &&
           s.id_of<NsproxyId>("new_nsproxy", ObjectKind::nsproxy) != kNobody<NsproxyId>;
}

bool unshare_has_work(Scope const& s) {
    return has_new_fs(s) || (wants_files(s) && shares_files(s)) || has_new_nsproxy(s) ||
           (unshare_flags(s) & (CLONE_NEWUSER_ | CLONE_NEWIPC_ | CLONE_SYSVSEM_)) != 0;
}

constexpr std::array kGuards{
    KFLOW_GUARD(unshare_flags_are_bad, unshare_flags_are_bad(s)),
    KFLOW_GUARD(unshare_vm, (unshare_flags(s) & CLONE_VM_) != 0),
    KFLOW_GUARD(unshare_asks_for_files, wants_files(s)),
    KFLOW_GUARD(unshare_asks_for_namespaces, (unshare_flags(s) & kNewNamespaces) != 0),
    KFLOW_GUARD(unshare_has_work, unshare_has_work(s)),
    KFLOW_GUARD(unshare_has_new_nsproxy, has_new_nsproxy(s)),
    KFLOW_GUARD(unshare_has_new_cred, (unshare_flags(s) & CLONE_NEWUSER_) != 0),
    KFLOW_GUARD(unshare_has_new_fs, has_new_fs(s)),
    KFLOW_GUARD(unshare_has_new_fd, wants_files(s) && shares_files(s)),
    KFLOW_GUARD(pidfd_is_parent_tid, s.self().syscall == "clone"),
    KFLOW_GUARD(clone_vm, flag(s, CLONE_VM_)),
    KFLOW_GUARD(clone_fs, flag(s, CLONE_FS_)),
    KFLOW_GUARD(clone_files, flag(s, CLONE_FILES_)),
    KFLOW_GUARD(clone_sighand, flag(s, CLONE_SIGHAND_)),
    KFLOW_GUARD(clone_pidfd, flag(s, CLONE_PIDFD_)),
    KFLOW_GUARD(clone_vfork, flag(s, CLONE_VFORK_)),
    KFLOW_GUARD(clone_parent, flag(s, CLONE_PARENT_)),
    KFLOW_GUARD(clone_thread, flag(s, CLONE_THREAD_)),
    KFLOW_GUARD(clone_newns, flag(s, CLONE_NEWNS_)),
    KFLOW_GUARD(clone_sysvsem, flag(s, CLONE_SYSVSEM_)),
    KFLOW_GUARD(clone_parent_settid, flag(s, CLONE_PARENT_SETTID_)),
    KFLOW_GUARD(clone_untraced, flag(s, CLONE_UNTRACED_)),
    KFLOW_GUARD(clone_newcgroup, flag(s, CLONE_NEWCGROUP_)),
    KFLOW_GUARD(clone_newuts, flag(s, CLONE_NEWUTS_)),
    KFLOW_GUARD(clone_newipc, flag(s, CLONE_NEWIPC_)),
    KFLOW_GUARD(clone_newuser, flag(s, CLONE_NEWUSER_)),
    KFLOW_GUARD(clone_newpid, flag(s, CLONE_NEWPID_)),
    KFLOW_GUARD(clone_newnet, flag(s, CLONE_NEWNET_)),
    KFLOW_GUARD(clone_newtime, flag(s, CLONE_NEWTIME_)),
    KFLOW_GUARD(clone_io, flag(s, CLONE_IO_)),
    KFLOW_GUARD(clone_clear_sighand, flag(s, CLONE_CLEAR_SIGHAND_)),
    KFLOW_GUARD(clone_detached, flag(s, CLONE_DETACHED_)),
    KFLOW_GUARD(clone_autoreap, flag(s, CLONE_AUTOREAP_)),
    KFLOW_GUARD(clone_nnp, flag(s, CLONE_NNP_)),
    KFLOW_GUARD(clone_pidfd_autokill, flag(s, CLONE_PIDFD_AUTOKILL_)),
    KFLOW_GUARD(clone_empty_mntns, flag(s, CLONE_EMPTY_MNTNS_)),
    KFLOW_GUARD(clone3_flags_are_newer,
                flag(s, CLONE_AUTOREAP_ | CLONE_NNP_ | CLONE_PIDFD_AUTOKILL_ | CLONE_EMPTY_MNTNS_)),
    KFLOW_GUARD(caller_is_autoreap, s.group("current").autoreap),
    KFLOW_GUARD(set_tid_given, s.args().get(Arg::set_tid) != 0),
    KFLOW_GUARD(set_tid_reaches_level, level_of(s).wanted != 0),
    KFLOW_GUARD(set_tid_is_bad, s.args().get(Arg::set_tid) < 0),
    KFLOW_GUARD(set_tid_is_one, s.args().get(Arg::set_tid) == 1),
    KFLOW_GUARD(no_number_is_free, no_number_is_free(s)),
    KFLOW_GUARD(pid_level_has_number, level_of(s).number != 0),
    KFLOW_GUARD(pid_level_number_is_one, level_of(s).number == 1),
    KFLOW_GUARD(pid_ns_has_init, namespace_has_init(s)),
    KFLOW_GUARD(pid_ns_is_empty, namespace_is_empty(s)),
    KFLOW_GUARD(exit_signal_is_invalid, s.args().get(Arg::exit_signal) > kSignals),
    KFLOW_GUARD(exit_signal_given, s.args().get(Arg::exit_signal) != 0),
    KFLOW_GUARD(args_kthread, false),
    KFLOW_GUARD(args_user_worker, false),
    KFLOW_GUARD(args_idle, false),
    KFLOW_GUARD(args_no_files, false),
    KFLOW_GUARD(args_name, false),
    KFLOW_GUARD(stack_given, s.args().get(Arg::stack) != 0),
    KFLOW_GUARD(clone3_fields_are_bad,
                s.args().get(Arg::exit_signal) > kSignals || s.args().get(Arg::exit_signal) < 0),
    KFLOW_GUARD(
        clone3_flags_are_bad,
        flag(s, CLONE_DETACHED_) ||
            (flag(s, CLONE_THREAD_ | CLONE_PARENT_) && s.args().get(Arg::exit_signal) != 0) ||
            (flag(s, CLONE_CLEAR_SIGHAND_) && flag(s, CLONE_SIGHAND_))),
    KFLOW_GUARD(caller_is_unkillable, (s.group("current").flags & SIGNAL_UNKILLABLE_) != 0),
    KFLOW_GUARD(pid_ns_for_children_differs, other_namespace_for_children(s)),
    KFLOW_GUARD(signal_is_pending, s.self().thread.sigpending),
    KFLOW_GUARD(fatal_signal_is_pending,
                s.self().thread.sigpending && (s.self().pending.set & set_of(SIGKILL_)) != 0),
    KFLOW_GUARD(nproc_is_over_limit, nproc_exceeded(s)),
    KFLOW_GUARD(user_is_root, s.machine.creds[s.self().cred].uid == 0),
    KFLOW_GUARD(has_cap_sys_resource, s.machine.creds[s.self().cred].capable),
    KFLOW_GUARD(has_cap_sys_admin, s.machine.creds[s.self().cred].capable),
    KFLOW_GUARD(too_many_threads, count_tasks(s.machine) >= s.machine.max_threads),
    KFLOW_GUARD(has_mm, s.task().mm != kNobody<MmId>),
    KFLOW_GUARD(futex_has_waiters, !find_collection("futex_waiter")(s).empty()),
    KFLOW_GUARD(has_files, s.task().files != kNobody<FilesId>),
    KFLOW_GUARD(is_kthread, (s.task().flags & PF_KTHREAD_) != 0),
    KFLOW_GUARD(starts_as_kthread, (s.self().flags & PF_KTHREAD_) != 0),
    KFLOW_GUARD(pid_ns_takes_processes, ns_takes_processes(s)),
    KFLOW_GUARD(child_is_reaper, child_leads_namespace(s)),
    KFLOW_GUARD(sighand_last_reference, last_sighand(s)),
    KFLOW_GUARD(signal_last_reference, s.group().live == 0 && s.group().threads.empty()),
    KFLOW_GUARD(mm_has_other_users, mm_has_others(s)),
    KFLOW_GUARD(clear_child_tid_is_set, s.task().clear_child_tid != 0),
    KFLOW_GUARD(vfork_parent_waits, s.task().vfork_waits),
    KFLOW_GUARD(vfork_wait_was_killed,
                s.object("child").kind == ObjectKind::task && s.task("child").vfork_waits),
    KFLOW_GUARD(wants_child_tid, s.task().set_child_tid != 0),
    KFLOW_GUARD(files_are_shared, shares_files(s)),
    KFLOW_GUARD(fs_is_own_already,
                s.self().fs != kNobody<FsId> && s.machine.fss[s.self().fs].users == 1),
};

} // namespace

Guards clone_guards() {
    return kGuards;
}

} // namespace kflow::kernel
