#include "sim/scenario/verbs.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace kflow::scenario {

namespace {

using A = Argument;
using P = Presence;

std::vector<Verb> make_verbs() {
    return {
        {"stdout", P::no, P::no, {A::stream}, {}, A::text, false, {}, "stdout tty"},
        {"printf", P::no, P::no, {A::text}, {}, A::text, false, {}, "printf \"hello\\n\""},
        {"fflush", P::no, P::no, {}, {}, A::text, false, {}, "fflush"},
        {"write",
         P::no,
         P::no,
         {A::text_or_variable},
         {},
         A::text,
         false,
         {},
         "write \"hello\\n\""},
        {"sleep", P::no, P::no, {A::duration}, {}, A::text, false, {}, "sleep 3s"},
        {"usleep", P::no, P::no, {A::duration}, {}, A::text, false, {}, "usleep 50ms"},
        {"pause", P::no, P::no, {}, {}, A::text, false, {}, "pause"},
        {"compute", P::no, P::no, {A::duration}, {}, A::text, false, {}, "compute 5ms"},
        {"fork", P::maybe, P::maybe, {}, {A::program}, A::text, false, {}, "child = fork"},
        {"vfork", P::maybe, P::must, {}, {}, A::text, false, {}, "child = vfork"},
        {"posix_spawn",
         P::maybe,
         P::no,
         {A::program_or_path},
         {},
         A::text,
         false,
         {},
         "child = posix_spawn NAME"},
        {"pthread_create",
         P::maybe,
         P::must,
         {},
         {},
         A::text,
         false,
         {},
         "thread = pthread_create"},
        {"pthread_join", P::no, P::no, {A::process}, {}, A::text, false, {}, "pthread_join thread"},
        {"pthread_exit", P::no, P::no, {}, {}, A::text, false, {}, "pthread_exit"},
        {"atexit", P::no, P::must, {}, {}, A::text, false, {}, "atexit"},
        {"pthread_atfork",
         P::no,
         P::must,
         {A::fork_moment},
         {},
         A::text,
         false,
         {},
         "pthread_atfork child"},
        {"clone",
         P::maybe,
         P::maybe,
         {},
         {},
         A::clone_flag,
         true,
         {},
         "child = clone CLONE_FILES signal SIGCHLD"},
        {"clone3",
         P::maybe,
         P::maybe,
         {},
         {},
         A::clone_flag,
         true,
         {},
         "child = clone3 CLONE_PIDFD signal SIGCHLD"},
        {"execve", P::no, P::no, {A::program_or_line}, {}, A::text, false, {}, "execve NAME"},
        {"wait", P::maybe, P::no, {}, {}, A::text, false, {}, "wait"},
        {"waitpid",
         P::maybe,
         P::no,
         {A::wait_target},
         {},
         A::wait_flag,
         true,
         {},
         "waitpid child WNOHANG"},
        {"waitid",
         P::no,
         P::no,
         {A::wait_target},
         {},
         A::wait_flag,
         true,
         {"pidfd"},
         "waitid child WEXITED"},
        {"kill",
         P::no,
         P::no,
         {A::signal, A::process},
         {},
         A::text,
         false,
         {"group"},
         "kill -9 child"},
        {"tgkill",
         P::no,
         P::no,
         {A::signal, A::process},
         {},
         A::text,
         false,
         {},
         "tgkill SIGUSR1 thread"},
        {"raise", P::no, P::no, {A::signal}, {}, A::text, false, {}, "raise SIGABRT"},
        {"abort", P::no, P::no, {}, {}, A::text, false, {}, "abort"},
        {"signal",
         P::no,
         P::no,
         {A::signal, A::disposition},
         {},
         A::text,
         false,
         {},
         "signal SIGCHLD SIG_IGN"},
        {"on", P::no, P::must, {A::signal}, {}, A::action_flag, true, {}, "on SIGTERM SA_RESTART"},
        {"sigprocmask",
         P::no,
         P::no,
         {A::mask_change, A::signal},
         {},
         A::text,
         false,
         {},
         "sigprocmask block SIGCHLD"},
        {"sigsuspend", P::no, P::no, {A::signal}, {}, A::text, false, {}, "sigsuspend SIGCHLD"},
        {"setpgid", P::no, P::no, {A::process}, {}, A::text, false, {}, "setpgid child"},
        {"setsid", P::no, P::no, {}, {}, A::text, false, {}, "setsid"},
        {"ctty", P::no, P::no, {}, {}, A::text, false, {}, "ctty"},
        {"tcsetpgrp", P::no, P::no, {A::process}, {}, A::text, false, {}, "tcsetpgrp child"},
        {"prctl",
         P::no,
         P::no,
         {A::process_option},
         {},
         A::text,
         false,
         {},
         "prctl subreaper"},
        {"unshare",
         P::no,
         P::no,
         {A::clone_flag},
         {},
         A::clone_flag,
         true,
         {},
         "unshare CLONE_NEWPID"},
        {"setuid", P::no, P::no, {A::number}, {}, A::text, false, {}, "setuid 1001"},
        {"setrlimit",
         P::no,
         P::no,
         {A::limit, A::number},
         {},
         A::text,
         false,
         {},
         "setrlimit nproc 1"},
        {"cgroup",
         P::no,
         P::no,
         {A::cgroup_limit, A::number},
         {},
         A::text,
         false,
         {},
         "cgroup pids.max 1"},
        {"open", P::no, P::no, {A::number}, {}, A::text, false, {}, "open 200"},
        {"mmap", P::no, P::no, {A::number}, {}, A::text, false, {}, "mmap 300"},
        {"touch", P::no, P::no, {A::number}, {}, A::text, false, {}, "touch 16"},
        {"segfault", P::no, P::no, {}, {}, A::text, false, {}, "segfault"},
        {"pipe", P::no, P::no, {}, {}, A::text, false, {}, "pipe"},
        {"close", P::no, P::no, {A::pipe}, {}, A::text, false, {}, "close pipe"},
        {"read", P::maybe, P::no, {A::input}, {}, A::text, false, {}, "read tty"},
        {"type", P::no, P::no, {A::typed}, {}, A::text, false, {"pipe"}, "type \"exit\\n\""},
        {"stdin", P::no, P::no, {A::pipe}, {}, A::text, false, {}, "stdin pipe"},
        {"relay", P::no, P::no, {A::process}, {}, A::text, false, {}, "relay shell"},
        {"repeat", P::no, P::must, {A::number}, {}, A::text, false, {}, "repeat 3"},
        {"loop", P::no, P::must, {}, {}, A::text, false, {}, "loop"},
        {"leave", P::no, P::no, {}, {}, A::text, false, {}, "leave"},
        {"set", P::no, P::no, {A::variable}, {}, A::text, false, {}, "set seen"},
        {"clear", P::no, P::no, {A::variable}, {}, A::text, false, {}, "clear seen"},
        {"append", P::no, P::no, {A::text_or_line, A::variable}, {}, A::text, false, {}, "append line history"},
        {"if", P::no, P::must, {A::condition}, {A::text}, A::text, false, {}, "if failed"},
        {"exit", P::no, P::no, {A::number}, {}, A::text, false, {}, "exit 0"},
        {"_exit", P::no, P::no, {A::number}, {}, A::text, false, {}, "_exit 7"},
        {"syscall", P::no, P::no, {A::number}, {}, A::text, false, {"exit"}, "syscall exit 0"},
        {"return", P::no, P::no, {A::number}, {}, A::text, false, {}, "return 0"},
    };
}

constexpr std::array<std::string_view, 32> kSignals{
    "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};

constexpr std::pair<std::string_view, unsigned long long> kCloneFlags[] = {
    {"CLONE_VM", 0x100},
    {"CLONE_FS", 0x200},
    {"CLONE_FILES", 0x400},
    {"CLONE_SIGHAND", 0x800},
    {"CLONE_PIDFD", 0x1000},
    {"CLONE_PTRACE", 0x2000},
    {"CLONE_VFORK", 0x4000},
    {"CLONE_PARENT", 0x8000},
    {"CLONE_THREAD", 0x10000},
    {"CLONE_NEWNS", 0x20000},
    {"CLONE_SYSVSEM", 0x40000},
    {"CLONE_SETTLS", 0x80000},
    {"CLONE_PARENT_SETTID", 0x100000},
    {"CLONE_CHILD_CLEARTID", 0x200000},
    {"CLONE_DETACHED", 0x400000},
    {"CLONE_UNTRACED", 0x800000},
    {"CLONE_CHILD_SETTID", 0x1000000},
    {"CLONE_NEWCGROUP", 0x2000000},
    {"CLONE_NEWUTS", 0x4000000},
    {"CLONE_NEWIPC", 0x8000000},
    {"CLONE_NEWUSER", 0x10000000},
    {"CLONE_NEWPID", 0x20000000},
    {"CLONE_NEWNET", 0x40000000},
    {"CLONE_IO", 0x80000000},
    {"CLONE_CLEAR_SIGHAND", 0x100000000},
    {"CLONE_INTO_CGROUP", 0x200000000},
    {"CLONE_AUTOREAP", 0x400000000},
    {"CLONE_NNP", 0x800000000},
    {"CLONE_PIDFD_AUTOKILL", 0x1000000000},
    {"CLONE_EMPTY_MNTNS", 0x2000000000},
};

constexpr std::pair<std::string_view, int> kErrnos[] = {
    {"EPERM", 1},   {"ENOENT", 2},   {"ESRCH", 3},   {"EINTR", 4},   {"EIO", 5},
    {"E2BIG", 7},   {"ENOEXEC", 8},  {"EBADF", 9},   {"ECHILD", 10}, {"EAGAIN", 11},
    {"ENOMEM", 12}, {"EACCES", 13},  {"EFAULT", 14}, {"EBUSY", 16},  {"EEXIST", 17},
    {"ENODEV", 19}, {"ENOTDIR", 20}, {"EINVAL", 22}, {"ENFILE", 23}, {"EMFILE", 24},
    {"ENOTTY", 25}, {"ENOSPC", 28},  {"EPIPE", 32},  {"ENOSYS", 38}, {"EUSERS", 87},
};

} // namespace

std::vector<Verb> const& verbs() {
    static std::vector<Verb> const table = make_verbs();
    return table;
}

bool is_variable_name(std::string_view name) {
    return !name.empty() && name.front() >= 'a' && name.front() <= 'z' && name != "failed";
}

Verb const* find_verb(std::string_view name) {
    auto const found = std::ranges::find(verbs(), name, &Verb::name);
    return found == verbs().end() ? nullptr : &*found;
}

int signal_number(std::string_view name) {
    if (!name.empty() && name.front() == '-') {
        name.remove_prefix(1);
    }
    int number = 0;
    auto const [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && end == name.data() + name.size()) {
        return number >= 1 && number <= 64 ? number : 0;
    }
    for (std::size_t i = 1; i < kSignals.size(); ++i) {
        if (name == kSignals[i] || name == kSignals[i].substr(3)) {
            return static_cast<int>(i);
        }
    }
    return 0;
}

std::string_view signal_name(int number) {
    return number >= 1 && number < static_cast<int>(kSignals.size())
               ? kSignals[static_cast<std::size_t>(number)]
               : std::string_view{};
}

unsigned long long clone_flag_bits(std::string_view name) {
    auto const* const found =
        std::ranges::find(kCloneFlags, name, [](auto const& f) { return f.first; });
    return found == std::end(kCloneFlags) ? 0 : found->second;
}

int errno_number(std::string_view name) {
    auto const* const found =
        std::ranges::find(kErrnos, name, [](auto const& e) { return e.first; });
    return found == std::end(kErrnos) ? 0 : found->second;
}

std::vector<std::string_view> errno_names() {
    std::vector<std::string_view> names;
    for (auto const& [name, number] : kErrnos) {
        names.push_back(name);
    }
    return names;
}

std::vector<std::string_view> signal_names() {
    return {kSignals.begin() + 1, kSignals.end()};
}

std::vector<std::string_view> clone_flag_names() {
    std::vector<std::string_view> names;
    for (auto const& [name, bits] : kCloneFlags) {
        names.push_back(name);
    }
    return names;
}

} // namespace kflow::scenario
