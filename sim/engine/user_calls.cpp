#include "sim/engine/user_calls.hpp"

namespace kflow::engine {

using kernel::Arg;
using kernel::Arguments;

namespace {

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

} // namespace

Arguments system_call_arguments(kernel::Machine const& machine, kernel::TaskId id,
                                std::string_view function, std::string_view system_call) {
    auto const& task = machine.tasks[id];
    auto arguments = task.user.arguments;
    if (system_call == "clone" || system_call == "clone3") {
        fill_clone(arguments, function);
    } else if (system_call == "wait4" && function == "wait") {
        arguments.set(Arg::pid, -1);
    } else if (system_call == "ppoll" && function == "pause") {
        arguments.set(Arg::time, -1);
    } else if (system_call == "execve" && !arguments.has(Arg::path)) {
        arguments.set(Arg::path, -1);
    }
    return arguments;
}

} // namespace kflow::engine
