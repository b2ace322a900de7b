// What glibc's functions ask of the process, and what a write depends on.

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

bool has_writer(Machine const& machine, std::uint32_t pipe) {
    bool found = false;
    machine.files.for_each([&](FilesId, Files const& files) {
        found = found || (files.count > 0 && files.pipe == pipe && files.writes_pipe);
    });
    return found;
}

std::vector<TaskId> pipe_readers(Machine const& machine, std::uint32_t pipe) {
    std::vector<TaskId> found;
    machine.tasks.for_each([&](TaskId id, Task const& task) {
        if ((task.sleep.condition == "pipe_input" || polls(task, kPollsInput)) &&
            task.files != kNobody<FilesId> &&
            machine.files[task.files].pipe == pipe) {
            found.push_back(id);
        }
    });
    return found;
}

namespace {

FileKind file_kind(Scope const& s) {
    auto const fd = s.args().get(Arg::fd, 1);
    if (fd == kTerminalSlave || fd == kTerminalMaster) {
        return FileKind::tty;
    }
    auto const files = s.self().files;
    if (files == kNobody<FilesId>) {
        return FileKind::regular;
    }
    auto const& open = s.machine.files[files].open;
    auto const found = open.find(static_cast<int>(fd));
    return found == open.end() ? FileKind::regular : found->second;
}

constexpr std::array kGuards{
    KFLOW_GUARD(in_child, s.self().user.result == 0),
    KFLOW_GUARD(clones_thread, s.args().has(Arg::entry)),
    KFLOW_GUARD(file_is_tty, file_kind(s) == FileKind::tty),
    KFLOW_GUARD(tty_processes_output, s.args().get(Arg::fd, 1) != kTerminalMaster),
    KFLOW_GUARD(work_is_pending, s.machine.tasks[s.machine.kworker].has_work),
    KFLOW_GUARD(pool_needs_worker, s.machine.tasks[s.machine.kworker].state != TASK_RUNNING_),
    KFLOW_GUARD(address_is_unmapped, s.self().fault_signal != 0),
    KFLOW_GUARD(vma_locked_alone, s.self().fault_signal == 0),
    KFLOW_GUARD(file_is_pipe, file_kind(s) == FileKind::pipe),
    // In memory, as the files of the lab are.
    KFLOW_GUARD(file_is_tmpfs, file_kind(s) == FileKind::regular),
    KFLOW_GUARD(file_is_9p, file_kind(s) == FileKind::disk),
    KFLOW_GUARD(file_is_regular,
                file_kind(s) == FileKind::regular || file_kind(s) == FileKind::disk),
    KFLOW_GUARD(file_is_null, file_kind(s) == FileKind::device),
    KFLOW_GUARD(syscall_is_watched, s.machine.syscalls_are_traced),
    KFLOW_GUARD(syscall_tracepoint_on, s.machine.syscalls_are_traced),
    KFLOW_GUARD(wants_remaining_time, true),
    KFLOW_GUARD(sleeps_until_absolute, false),
};

} // namespace

Guards user_guards() {
    return kGuards;
}

} // namespace kflow::kernel
