#pragma once
// Signals as the kernel keeps them (include/linux/sched/signal.h, kernel/signal.c). Numbers are
// those of arm64 (asm-generic/signal.h).

#include "sim/base/types.hpp"
#include "sim/kernel/object.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace kflow::kernel {

inline constexpr int kSignals = 64;
inline constexpr int SIGHUP_ = 1, SIGINT_ = 2, SIGQUIT_ = 3, SIGILL_ = 4, SIGTRAP_ = 5,
                     SIGABRT_ = 6, SIGBUS_ = 7, SIGFPE_ = 8, SIGKILL_ = 9, SIGSEGV_ = 11,
                     SIGPIPE_ = 13, SIGALRM_ = 14, SIGTERM_ = 15, SIGCHLD_ = 17, SIGCONT_ = 18,
                     SIGSTOP_ = 19, SIGTSTP_ = 20, SIGTTIN_ = 21, SIGTTOU_ = 22, SIGURG_ = 23,
                     SIGXCPU_ = 24, SIGXFSZ_ = 25, SIGWINCH_ = 28, SIGSYS_ = 31;

/// A set of signals: bit n-1 is signal n.
using SignalSet = std::uint64_t;
constexpr SignalSet set_of(int signal) {
    return signal >= 1 && signal <= kSignals ? SignalSet{1} << (signal - 1) : 0;
}

/// si_code values that the kernel itself makes.
inline constexpr int SI_USER_ = 0, SI_KERNEL_ = 0x80, SI_TKILL_ = -6, CLD_EXITED_ = 1,
                     CLD_KILLED_ = 2, CLD_DUMPED_ = 3, CLD_STOPPED_ = 5, CLD_CONTINUED_ = 6,
                     SEGV_MAPERR_ = 1, SEGV_ACCERR_ = 2;

struct SigInfo {
    int signal = 0;
    int code = 0;
    int error = 0;
    Pid pid; ///< sender or child
    int status = 0;
    std::uint64_t address = 0;
    bool forced = false;      ///< force_sig_info: cannot be blocked or ignored
    bool from_kernel = false; ///< SEND_SIG_PRIV
    bool synchronous = false; ///< taken by dequeue_synchronous_signal()
    bool to_each = false;     ///< for whoever is bound to `task` when it is sent
    bool for_thread = false;  ///< tgkill and faults: to one thread, not the group
    int result = 0;           ///< TRACE_SIGNAL_*: 0 delivered, 1 ignored, 2 already pending …
    TaskId target = kNobody<TaskId>; ///< whom it was sent to
    TaskId chosen = kNobody<TaskId>; ///< the thread that is woken for it
    bool operator==(SigInfo const&) const = default;
};

/// struct sigpending
struct Pending {
    SignalSet set = 0;
    std::vector<SigInfo> queue;
    bool operator==(Pending const&) const = default;
};

/// sa_handler: 0 default, 1 ignore, else user code.
struct Action {
    std::int64_t handler = 0;
    std::uint64_t flags = 0;
    SignalSet mask = 0;
    bool operator==(Action const&) const = default;
};

inline constexpr std::uint64_t SA_NOCLDSTOP_ = 1, SA_NOCLDWAIT_ = 2, SA_SIGINFO_ = 4,
                               SA_ONSTACK_ = 0x08000000, SA_RESTART_ = 0x10000000,
                               SA_NODEFER_ = 0x40000000, SA_RESETHAND_ = 0x80000000;

struct Sighand {
    int users = 1;
    std::array<Action, kSignals + 1> actions{}; ///< by number; [0] is not used
    bool operator==(Sighand const&) const = default;
};

/// What a signal does by default (signal(7)).
enum class DefaultAction { terminate, dump, ignore, stop, resume };
DefaultAction default_action(int signal);

inline constexpr SignalSet kStopSignals =
    set_of(SIGSTOP_) | set_of(SIGTSTP_) | set_of(SIGTTIN_) | set_of(SIGTTOU_);

} // namespace kflow::kernel
