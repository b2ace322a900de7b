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

/// What a mapping counts for (VM_ACCOUNT) and what it is of.
enum Mapping : unsigned { kNeither = 0, kFile = 1, kAccounted = 2, kBoth = 3 };

constexpr bool has(Mapping mapping, Mapping what) {
    return (mapping & what) != 0;
}

/// The mappings of a program that is linked with libc.so, from the lowest address on: its text, its
/// data before and behind relocation; libc's text, read-only data, data twice, bss; ld.so's text,
/// its memory, vvar, vdso, its data twice; the stack.
constexpr std::array kLayout{kFile,    kBoth,    kBoth,      kFile, kFile,
                             kBoth,    kBoth,    kAccounted, kFile, kAccounted,
                             kNeither, kNeither, kBoth,      kBoth, kAccounted};
/// Before this one lies what the program allocates: the heap, mmap(2).
constexpr std::size_t kOwn = 3;

Mapping mapping_of(Scope const& s) {
    auto const index = static_cast<std::size_t>(s.object("vma").id);
    auto const mm = s.self().mm;
    auto const all = s.machine.mms.has(mm) ? s.machine.mms[mm].vmas : kLayout.size();
    auto const own = all > kLayout.size() ? all - kLayout.size() : 0;
    if (index < kOwn || own == 0) {
        return index < kLayout.size() ? kLayout[index] : kAccounted;
    }
    return index < kOwn + own ? kAccounted : kLayout[std::min(index - own, kLayout.size() - 1)];
}

/// exit_files() has given its own use back by then.
bool files_have_others(Scope const& s) {
    auto const dropped = s.id_of<FilesId>("files", ObjectKind::files);
    auto const files = dropped != kNobody<FilesId> ? dropped : s.task().files;
    return s.machine.files.has(files) &&
           s.machine.files[files].count > (dropped != kNobody<FilesId> ? 0 : 1);
}

constexpr std::array kGuards{
    KFLOW_GUARD(pid_ns_is_nearly_empty, nearly_empty(s)),
    KFLOW_GUARD(task_is_exiting, (s.task().flags & PF_EXITING_) != 0),
    KFLOW_GUARD(task_is_reaped, is_unhashed(s.task())),
    KFLOW_GUARD(mm_is_own, mm_of(s) == s.self().mm),
    KFLOW_GUARD(vma_is_dontcopy, false),
    KFLOW_GUARD(vma_is_accounted, has(mapping_of(s), kAccounted)),
    KFLOW_GUARD(vma_has_file, has(mapping_of(s), kFile)),
    KFLOW_GUARD(files_have_other_users, files_have_others(s)),
    KFLOW_GUARD(work_in_list, s.self().works != 0),
};

} // namespace

Guards task_guards() {
    return kGuards;
}

} // namespace kflow::kernel
