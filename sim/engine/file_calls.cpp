// System calls and helpers about open files that the model has no body for: pipes, the terminal,
// polls.

#include "sim/engine/native_calls.hpp"

#include "sim/kernel/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kflow::engine {

using kernel::Arg;
using kernel::kNobody;
using kernel::Scope;

namespace {

constexpr int kEnoent = 2, kEio = 5, kEbadf = 9;
constexpr int kRestartSys = 512;                // ERESTARTSYS
constexpr std::int64_t kRestartNoHandler = 514; // ERESTARTNOHAND

int open_files(Execution&, Scope const& s) {
    auto const files = s.self().files;
    if (files == kNobody<kernel::FilesId>) {
        return 0;
    }
    auto& open = s.machine.files.edit(files).open;
    int fd = 0;
    for (auto left = std::max<std::int64_t>(s.args().get(Arg::count, 1), 0); left > 0; --left) {
        while (open.contains(fd)) {
            ++fd;
        }
        open.emplace(fd, kernel::FileKind::device);
    }
    s.edit_self().syscall_result = fd;
    return 0;
}

/// dup3(): the new number stands for the same open file.
int duplicate_file(Execution&, Scope const& s) {
    auto const files = s.self().files;
    if (files == kNobody<kernel::FilesId>) {
        return kEbadf;
    }
    auto& open = s.machine.files.edit(files).open;
    auto const old = static_cast<int>(s.args().get(Arg::fd));
    auto const made = static_cast<int>(s.args().get(Arg::value));
    auto const found = open.find(old);
    if (old != kernel::kTerminalSlave && found == open.end()) {
        return kEbadf;
    }
    open[made] = old == kernel::kTerminalSlave ? kernel::FileKind::tty : found->second;
    s.edit_self().syscall_result = made;
    return 0;
}

/// do_poll(): of several files, until one of them has something; without descriptors pause(), or a
/// sleep.
int poll(Execution& execution, Scope const& s) {
    auto const time = s.args().get(Arg::time, -1);
    auto const files = s.args().get(Arg::mask);
    if (auto const ready = kernel::ready_files(s.machine, s.current) & files; ready != 0) {
        s.edit_self().syscall_result = 1;
        return 0;
    }
    s.edit_self().sleep = {files != 0 ? "poll" : "", {}};
    if (time >= 0) {
        execution.start_timer(s.current, s.machine.cpu(s.cpu).now + Nanos{time});
    } else {
        s.edit_self().syscall_result = -kRestartNoHandler;
    }
    execution.sleep(kernel::TASK_INTERRUPTIBLE_);
    return 0;
}

/// job_control() of drivers/tty/n_tty.c: a job in the background that reads is stopped. Returns
/// 0 where it may read.
int stop_reader(Execution& execution, Scope const& s) {
    if (!kernel::is_in_background(s)) {
        return 0;
    }
    auto const orphaned = kernel::find_guard("pgrp_orphaned");
    if (kernel::ignores_terminal_stop(s) || orphaned(s) == kernel::Answer::yes) {
        return kEio;
    }
    execution.signal_own_group(kernel::SIGTTIN_, kRestartSys);
    return kRestartSys;
}

/// Reads a line that was typed; sleeps until there is one.
int read_terminal(Execution& execution, Scope const& s) {
    if (s.self().syscall != "read") {
        return 0;
    }
    if (s.args().get(Arg::fd) == kernel::kTerminalMaster) {
        s.edit_self().sleep = {"tty_output", {}};
        if (s.machine.terminal.output == 0) {
            execution.sleep(kernel::TASK_INTERRUPTIBLE_);
        }
        return 0;
    }
    if (auto const refused = stop_reader(execution, s)) {
        return refused;
    }
    s.edit_self().sleep = {"tty_input", {}};
    if (!s.machine.terminal.lines.empty()) {
        return 0;
    }
    execution.sleep(kernel::TASK_INTERRUPTIBLE_);
    return 0;
}

int make_pipe(Execution&, Scope const& s) {
    if (s.self().files == kNobody<kernel::FilesId>) {
        return kEbadf;
    }
    auto& files = s.machine.files.edit(s.self().files);
    files.pipe = ++s.machine.pipes;
    files.writes_pipe = true;
    files.open[kernel::kPipeRead] = files.open[kernel::kPipeWrite] = kernel::FileKind::pipe;
    return 0;
}

/// close(). Who reads a pipe learns of it when its last writer is gone (pipe_release).
int close_file(Execution& execution, Scope const& s) {
    auto const fd = static_cast<int>(s.args().get(Arg::fd));
    if (s.self().files == kNobody<kernel::FilesId> ||
        s.machine.files[s.self().files].open.count(fd) == 0) {
        return kEbadf;
    }
    auto& files = s.machine.files.edit(s.self().files);
    auto const pipe = files.pipe;
    files.open.erase(fd);
    if (fd != kernel::kPipeWrite) {
        return 0;
    }
    files.writes_pipe = false;
    if (!kernel::has_writer(s.machine, pipe)) {
        execution.wake_queue(kernel::pipe_readers(s.machine, pipe));
    }
    return 0;
}

/// The last writer of a pipe has exited (pipe_release).
int put_file(Execution& execution, Scope const& s) {
    if (auto const pipe = std::exchange(s.edit_self().released_pipe, 0); pipe != 0) {
        execution.wake_queue(kernel::pipe_readers(s.machine, pipe));
    }
    return 0;
}

/// A reader waits for a line, or until nobody could write one.
int read_pipe(Execution& execution, Scope const& s) {
    if (s.self().syscall != "read" || s.self().files == kNobody<kernel::FilesId>) {
        return 0;
    }
    auto const pipe = s.machine.files[s.self().files].pipe;
    s.edit_self().sleep = {"pipe_input", {}};
    if (s.machine.pipe_lines[pipe].empty() && kernel::has_writer(s.machine, pipe)) {
        execution.sleep(kernel::TASK_INTERRUPTIBLE_);
    }
    return 0;
}

/// A line for whoever reads the pipe; a text without one (`stdout pipe`) goes to somebody outside.
int write_pipe(Execution& execution, Scope const& s) {
    if (s.self().files == kNobody<kernel::FilesId> || !s.args().has(Arg::line)) {
        return 0;
    }
    auto const pipe = s.machine.files[s.self().files].pipe;
    s.machine.pipe_lines[pipe].push_back(s.args().get(Arg::line));
    execution.wake_queue(kernel::pipe_readers(s.machine, pipe));
    return 0;
}

int open_program(Execution& execution, Scope const& s) {
    if (!s.self().syscall.starts_with("execve")) {
        return 0;
    }
    bool const there = execution.program_at(s.args().get(Arg::path, -1)) >= 0;
    s.edit_self().exec_failed = !there;
    return there ? 0 : kEnoent;
}

/// A file that is written through: the writer sleeps until the disk has it.
int write_file(Execution& execution, Scope const& s) {
    auto const files = s.self().files;
    if (s.self().syscall != "write" || files == kNobody<kernel::FilesId>) {
        return 0;
    }
    auto const& open = s.machine.files[files].open;
    auto const found = open.find(static_cast<int>(s.args().get(Arg::fd)));
    if (found != open.end() && found->second == kernel::FileKind::disk) {
        execution.write_through();
    }
    return 0;
}

constexpr std::array kFileCalls{
    NativeEntry{"____fput", put_file},
    NativeEntry{"__arm64_sys_close", close_file},
    NativeEntry{"__arm64_sys_dup3", duplicate_file},
    NativeEntry{"__arm64_sys_openat", open_files},
    NativeEntry{"__arm64_sys_pipe2", make_pipe},
    NativeEntry{"__arm64_sys_ppoll", poll},
    NativeEntry{"anon_pipe_read", read_pipe},
    NativeEntry{"anon_pipe_write", write_pipe},
    NativeEntry{"do_file_open", open_program},
    NativeEntry{"do_filp_open", open_program},
        NativeEntry{"pipe_read", read_pipe},
    NativeEntry{"pipe_write", write_pipe},
    NativeEntry{"tty_read", read_terminal},
    NativeEntry{"v9fs_file_write_iter", write_file},
};

} // namespace

std::span<NativeEntry const> file_calls() {
    return kFileCalls;
}

} // namespace kflow::engine
