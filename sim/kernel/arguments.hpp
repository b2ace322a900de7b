#pragma once
// What a program hands to a glibc function or a system call, by meaning instead of by register.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kflow::kernel {

/// The meaning of an argument. Which of them a call reads stands beside the call's name in
/// sim/kernel/registers.hpp (the order of registers) and in the manual of the scenario language.
enum class Arg : std::uint8_t {
    flags,       ///< clone, clone3: CLONE_* bits without the signal; open: O_*
    exit_signal, ///< clone, clone3: low byte of clone's flags
    stack,       ///< clone: 1 if the child gets a stack of its own
    set_tid,     ///< clone3: the pid that the child wants; 0: none
    pid,    ///< kill, wait4, setpgid, tgkill's group …: as the system call takes it (-1, 0, < -1)
    tid,    ///< tgkill, tkill
    pgid,   ///< setpgid
    idtype, ///< waitid: P_ALL 0, P_PID 1, P_PGID 2, P_PIDFD 3
    signal, ///< kill, tgkill, rt_sigaction
    options,  ///< wait4, waitid: W* bits; prctl: PR_* number
    value,    ///< prctl's argument, rlimit's number, dup2's target
    resource, ///< setrlimit: RLIMIT_*
    how,      ///< rt_sigprocmask: SIG_BLOCK 0, SIG_UNBLOCK 1, SIG_SETMASK 2
    mask,     ///< a signal set: bit n-1 is signal n
    handler,  ///< rt_sigaction: 0 default, 1 ignore, else 2 + op index of the handler's first op; -1:
              ///< none is given; atexit: op index
    action_flags, ///< rt_sigaction: SA_* bits
    time,         ///< clock_nanosleep, ppoll's timeout, setitimer: nanoseconds; -1: none
    fd,           ///< file descriptor
    bytes,        ///< write, read: a number of bytes
    exit_code,    ///< exit, exit_group: 0 to 255
    path,         ///< execve, open: index of World's strings
    address,      ///< mmap, munmap, a fault's address
    count,        ///< anything that is counted: VMAs, files
    uid,          ///< setuid, setgid
    entry,        ///< clone: op index where a thread begins; absent: behind the call, like fork
    line,         ///< write to the terminal's other side: index of World's strings
    command,      ///< ioctl: its number (TIOC*)
    new_comm,     ///< prctl(PR_SET_NAME): index of World's strings
    text,         ///< printf, write: index of World's strings
    buffered,     ///< write: 1: what the library offers (UserPosition::offered)
    prepare,      ///< pthread_atfork: op index of the function that runs before a fork; -1: none
    parent,       ///< pthread_atfork: behind it in the parent
    child,        ///< pthread_atfork: behind it in the child
};

/// Arguments by meaning; each at most once, in the order in which they were set.
class Arguments {
public:
    void set(Arg name, std::int64_t value) {
        for (auto& [key, old] : values_) {
            if (key == name) {
                old = value;
                return;
            }
        }
        values_.emplace_back(name, value);
    }
    std::optional<std::int64_t> find(Arg name) const {
        for (auto const& [key, value] : values_) {
            if (key == name) {
                return value;
            }
        }
        return std::nullopt;
    }
    std::int64_t get(Arg name, std::int64_t otherwise = 0) const {
        return find(name).value_or(otherwise);
    }
    bool has(Arg name) const { return find(name).has_value(); }
    bool operator==(Arguments const&) const = default;

private:
    std::vector<std::pair<Arg, std::int64_t>> values_;
};

} // namespace kflow::kernel
