#include "sim/engine/user_calls.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kflow::engine {

using kernel::Arg;
using kernel::Arguments;

namespace {

struct Pair {
    std::string_view function;
    std::string_view system_call;
};

constexpr std::array kSystemCalls{
    Pair{"_exit", "exit_group"},
    Pair{"abort", "tgkill"},
    Pair{"exit", "exit_group"},
    Pair{"fflush", "write"},
    Pair{"fork", "clone"},
    Pair{"pause", "ppoll"},
    Pair{"posix_spawn", "clone"},
    Pair{"printf", "write"},
    Pair{"pthread_create", "clone"},
    Pair{"pthread_exit", "exit"},
    Pair{"pthread_join", "futex"},
    Pair{"sleep", "clock_nanosleep"},
    Pair{"usleep", "clock_nanosleep"},
    Pair{"vfork", "clone"},
    Pair{"wait", "wait4"},
    Pair{"waitpid", "wait4"},
};

constexpr std::int64_t kForkFlags = kernel::CLONE_CHILD_SETTID_ | kernel::CLONE_CHILD_CLEARTID_;
constexpr std::int64_t kSpawnFlags = kernel::CLONE_VM_ | kernel::CLONE_VFORK_;
constexpr std::int64_t kThreadFlags = kernel::CLONE_VM_ | kernel::CLONE_FS_ | kernel::CLONE_FILES_ |
                                      kernel::CLONE_SIGHAND_ | kernel::CLONE_THREAD_ |
                                      kernel::CLONE_SYSVSEM_ | kernel::CLONE_SETTLS_ |
                                      kernel::CLONE_PARENT_SETTID_ | kernel::CLONE_CHILD_CLEARTID_;

void fill_clone(Arguments& arguments, std::string_view function) {
    auto const set = [&](std::int64_t flags, std::int64_t signal, std::int64_t stack) {
        arguments.set(Arg::flags, flags);
        arguments.set(Arg::exit_signal, signal);
        arguments.set(Arg::stack, stack);
    };
    if (function == "fork") {
        set(kForkFlags, kernel::SIGCHLD_, 0);
    } else if (function == "vfork") {
        set(kSpawnFlags, kernel::SIGCHLD_, 0);
    } else if (function == "posix_spawn") {
        set(kSpawnFlags, kernel::SIGCHLD_, 1);
    } else if (function == "pthread_create") {
        set(kThreadFlags, 0, 1);
    }
}

bool stdout_is_tty(kernel::Machine const& machine, kernel::Task const& task) {
    if (!machine.files.has(task.files)) {
        return false;
    }
    auto const& open = machine.files[task.files].open;
    auto const found = open.find(1);
    return found != open.end() && found->second == kernel::FileKind::tty;
}

} // namespace

std::string_view system_call_of(std::string_view function) {
    for (auto const& pair : kSystemCalls) {
        if (pair.function == function) {
            return pair.system_call;
        }
    }
    return function;
}

bool reaches_kernel(kernel::Machine& machine, kernel::TaskId id, std::string_view function) {
    constexpr std::int64_t buffer = 4096; // st_blksize of what stdout is
    auto& task = machine.tasks.edit(id);
    auto const bytes = task.user.arguments.get(Arg::bytes);
    if (function == "printf") {
        task.stdout_buffered += bytes;
        bool const line = task.user.arguments.get(Arg::count) != 0;
        return (stdout_is_tty(machine, task) && line) || task.stdout_buffered >= buffer;
    }
    if (function == "fflush") {
        return task.stdout_buffered > 0;
    }
    return true;
}

Arguments system_call_arguments(kernel::Machine const& machine, kernel::TaskId id,
                                std::string_view function, std::string_view system_call) {
    auto const& task = machine.tasks[id];
    auto arguments = task.user.arguments;
    auto const own = [&] {
        return std::int64_t{machine.number_in(task.pid_struct, machine.namespace_of(id))};
    };
    if (system_call == "clone" || system_call == "clone3") {
        fill_clone(arguments, function);
    } else if (system_call == "write" && function != "write") {
        arguments.set(Arg::fd, 1);
        if (function != "printf" || task.stdout_buffered > 0) {
            arguments.set(Arg::bytes, task.stdout_buffered);
        }
    } else if (system_call == "wait4" && function == "wait") {
        arguments.set(Arg::pid, -1);
    } else if (system_call == "tgkill" && function == "abort") {
        arguments.set(Arg::pid, own());
        arguments.set(Arg::tid, own());
        arguments.set(Arg::signal, kernel::SIGABRT_);
    } else if (system_call == "ppoll" && function == "pause") {
        arguments.set(Arg::time, -1);
    } else if (system_call == "execve" && !arguments.has(Arg::path)) {
        arguments.set(Arg::path, -1);
    }
    return arguments;
}

} // namespace kflow::engine
