#include "sim/engine/registers.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Arg;

namespace {

struct Call {
    std::string_view name;
    int number;
};

/// include/uapi/asm-generic/unistd.h
constexpr std::array kCalls{
    Call{"brk", 214},
    Call{"clock_gettime", 113},
    Call{"clock_nanosleep", 115},
    Call{"clone", 220},
    Call{"clone3", 435},
    Call{"close", 57},
    Call{"close_range", 436},
    Call{"dup", 23},
    Call{"dup3", 24},
    Call{"execve", 221},
    Call{"execveat", 281},
    Call{"exit", 93},
    Call{"exit_group", 94},
    Call{"faccessat", 48},
    Call{"fcntl", 25},
    Call{"futex", 98},
    Call{"getegid", 177},
    Call{"geteuid", 175},
    Call{"getgid", 176},
    Call{"getpgid", 155},
    Call{"getpid", 172},
    Call{"getppid", 173},
    Call{"getrandom", 278},
    Call{"gettid", 178},
    Call{"getuid", 174},
    Call{"ioctl", 29},
    Call{"kill", 129},
    Call{"lseek", 62},
    Call{"madvise", 233},
    Call{"mmap", 222},
    Call{"mprotect", 226},
    Call{"munmap", 215},
    Call{"nanosleep", 101},
    Call{"newfstatat", 79},
    Call{"openat", 56},
    Call{"personality", 92},
    Call{"pidfd_open", 434},
    Call{"pidfd_send_signal", 424},
    Call{"pipe2", 59},
    Call{"ppoll", 73},
    Call{"prctl", 167},
    Call{"prlimit64", 261},
    Call{"pselect6", 72},
    Call{"read", 63},
    Call{"readv", 65},
    Call{"restart_syscall", 128},
    Call{"rseq", 293},
    Call{"rt_sigaction", 134},
    Call{"rt_sigpending", 136},
    Call{"rt_sigprocmask", 135},
    Call{"rt_sigreturn", 139},
    Call{"rt_sigsuspend", 133},
    Call{"rt_sigtimedwait", 137},
    Call{"sched_yield", 124},
    Call{"set_robust_list", 99},
    Call{"set_tid_address", 96},
    Call{"setgid", 144},
    Call{"setitimer", 103},
    Call{"setns", 268},
    Call{"setpgid", 154},
    Call{"setresgid", 149},
    Call{"setresuid", 147},
    Call{"setsid", 157},
    Call{"setuid", 146},
    Call{"sigaltstack", 132},
    Call{"tgkill", 131},
    Call{"tkill", 130},
    Call{"unshare", 97},
    Call{"wait4", 260},
    Call{"waitid", 95},
    Call{"write", 64},
    Call{"writev", 66},
};

constexpr std::uint64_t kSomewhere = 0xffffd0000000; ///< on the user's stack

std::uint64_t bits(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
}

} // namespace

int system_call_number(std::string_view name) {
    auto const found =
        std::find_if(kCalls.begin(), kCalls.end(), [&](auto const& c) { return c.name == name; });
    return found == kCalls.end() ? -1 : found->number;
}

std::array<std::uint64_t, 6> registers_of(std::string_view name, kernel::Arguments const& a) {
    auto const arg = [&](Arg which, std::int64_t otherwise = 0) {
        return bits(a.get(which, otherwise));
    };
    if (name == "clone") { // CONFIG_CLONE_BACKWARDS
        return {arg(Arg::flags) | arg(Arg::exit_signal),
                a.get(Arg::stack) != 0 ? kSomewhere : 0,
                0,
                0,
                kSomewhere,
                0};
    }
    if (name == "wait4") {
        return {arg(Arg::pid, -1), kSomewhere, arg(Arg::options), 0, 0, 0};
    }
    if (name == "waitid") {
        return {arg(Arg::idtype), arg(Arg::pid), kSomewhere, arg(Arg::options), 0, 0};
    }
    if (name == "write" || name == "read") {
        return {arg(Arg::fd), kSomewhere, arg(Arg::bytes), 0, 0, 0};
    }
    if (name == "execve") {
        return {kSomewhere, kSomewhere, kSomewhere, 0, 0, 0};
    }
    if (name == "kill") {
        return {arg(Arg::pid), arg(Arg::signal), 0, 0, 0, 0};
    }
    if (name == "tgkill") {
        return {arg(Arg::pid), arg(Arg::tid), arg(Arg::signal), 0, 0, 0};
    }
    if (name == "exit" || name == "exit_group") {
        return {arg(Arg::exit_code), 0, 0, 0, 0, 0};
    }
    if (name == "clock_nanosleep") {
        return {0, 0, kSomewhere, kSomewhere, 0, 0};
    }
    if (name == "ppoll" && a.has(Arg::mask)) {
        constexpr std::uint64_t polled = 3; // file 0, the terminal's other side, a signalfd
        return {kSomewhere, polled, a.get(Arg::time, -1) >= 0 ? kSomewhere : 0, 0, 0, 0};
    }
    if (name == "ioctl") {
        bool const by_address = a.has(Arg::pgid);
        return {arg(Arg::fd), arg(Arg::command), by_address ? kSomewhere : arg(Arg::value), 0, 0,
                0};
    }
    if (name == "dup3") {
        return {arg(Arg::fd), arg(Arg::value), 0, 0, 0, 0};
    }
    if (name == "setpgid") {
        return {arg(Arg::pid), arg(Arg::pgid), 0, 0, 0, 0};
    }
    if (name == "rt_sigaction") {
        return {arg(Arg::signal), kSomewhere, 0, 8, 0, 0};
    }
    if (name == "rt_sigprocmask") {
        return {arg(Arg::how), kSomewhere, 0, 8, 0, 0};
    }
    return {};
}

} // namespace kflow::engine
