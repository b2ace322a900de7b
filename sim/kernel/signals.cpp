#include "sim/kernel/signals.hpp"

namespace kflow::kernel {

DefaultAction default_action(int signal) {
    switch (signal) {
    case SIGCHLD_:
    case SIGURG_:
    case SIGWINCH_:
        return DefaultAction::ignore;
    case SIGCONT_:
        return DefaultAction::resume;
    case SIGSTOP_:
    case SIGTSTP_:
    case SIGTTIN_:
    case SIGTTOU_:
        return DefaultAction::stop;
    case SIGQUIT_:
    case SIGILL_:
    case SIGTRAP_:
    case SIGABRT_:
    case SIGBUS_:
    case SIGFPE_:
    case SIGSEGV_:
    case SIGXCPU_:
    case SIGXFSZ_:
    case SIGSYS_:
        return DefaultAction::dump;
    default:
        return DefaultAction::terminate;
    }
}

} // namespace kflow::kernel
