// Who owns the terminal and who may use it (drivers/tty/tty_jobctrl.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

PidId terminal_group_argument(Scope const& s) {
    auto const& used = s.machine.namespaces[s.machine.namespace_of(s.current)].used;
    auto const found = used.find(static_cast<std::int32_t>(s.args().get(Arg::pgid)));
    return found == used.end() ? kNobody<PidId> : found->second;
}

bool reads_from_terminal(Scope const& s) {
    return s.self().syscall == "read";
}

bool is_in_background(Scope const& s) {
    auto const& group = s.group("current");
    auto const foreground = s.machine.terminal.pgrp;
    return group.has_ctty && foreground != kNobody<PidId> && foreground != group.pgrp;
}

bool ignores_terminal_stop(Scope const& s) {
    int const signal = reads_from_terminal(s) ? SIGTTIN_ : SIGTTOU_;
    return (s.self().blocked & set_of(signal)) != 0 ||
           action_of(s.machine, s.current, signal).handler == 1;
}

namespace {

bool is_command(Scope const& s, std::int64_t command) {
    return s.self().syscall == "ioctl" && s.args().get(Arg::command) == command;
}

bool is_job_control(Scope const& s) {
    return is_command(s, TIOCNOTTY_) || is_command(s, TIOCSCTTY_) || is_command(s, TIOCGPGRP_) ||
           is_command(s, TIOCSPGRP_) || is_command(s, TIOCGSID_);
}

/// The session of a process group: that of a member, else of the process of that number.
PidId session_of(Machine const& machine, PidId pgrp) {
    auto found = kNobody<PidId>;
    auto of_process = kNobody<PidId>;
    machine.tasks.for_each([&](TaskId id, Task const& task) {
        if (task.leader != id || task.group == kNobody<ThreadGroupId> || is_unhashed(task)) {
            return;
        }
        auto const& group = machine.groups[task.group];
        if (group.pgrp == pgrp) {
            found = group.session;
        }
        if (task.pid_struct == pgrp) {
            of_process = group.session;
        }
    });
    return found != kNobody<PidId> ? found : of_process;
}

constexpr std::array kGuards{
    KFLOW_GUARD(leads_session, s.group("current").session_leader),
    KFLOW_GUARD(leads_its_session, s.group().session_leader),
    KFLOW_GUARD(has_ctty, s.group("current").has_ctty),
    KFLOW_GUARD(hangs_line_up, false), // the machine's terminal is a pty
    KFLOW_GUARD(session_ends, (s.self().flags & PF_EXITING_) != 0),
    KFLOW_GUARD(gives_up_by_exit, (s.self().flags & PF_EXITING_) != 0),
    KFLOW_GUARD(tty_has_group, s.machine.terminal.pgrp != kNobody<PidId>),
    KFLOW_GUARD(kept_old_group, s.object("pgrp").kind == ObjectKind::pid),
    KFLOW_GUARD(tty_controls_me, s.group("current").has_ctty),
    KFLOW_GUARD(in_background, is_in_background(s)),
    KFLOW_GUARD(ignores_tty_stop, ignores_terminal_stop(s)),
    KFLOW_GUARD(tty_access_is_read, reads_from_terminal(s)),
    KFLOW_GUARD(tty_is_of_my_session, s.machine.terminal.session == s.group("current").session),
    KFLOW_GUARD(tty_has_session, s.machine.terminal.session != kNobody<PidId>),
    KFLOW_GUARD(may_steal_tty,
                s.args().get(Arg::value) == 1 && s.machine.creds[s.self().cred].capable),
    KFLOW_GUARD(group_number_invalid, s.args().get(Arg::pgid) < 0),
    KFLOW_GUARD(no_such_group, terminal_group_argument(s) == kNobody<PidId>),
    KFLOW_GUARD(group_in_other_session, session_of(s.machine, terminal_group_argument(s)) !=
                                            s.group("current").session),
    KFLOW_GUARD(ioctl_is_tiocnotty, is_command(s, TIOCNOTTY_)),
    KFLOW_GUARD(ioctl_is_tiocsctty, is_command(s, TIOCSCTTY_)),
    KFLOW_GUARD(ioctl_is_tiocgpgrp, is_command(s, TIOCGPGRP_)),
    KFLOW_GUARD(ioctl_is_tiocspgrp, is_command(s, TIOCSPGRP_)),
    KFLOW_GUARD(ioctl_is_tiocgsid, is_command(s, TIOCGSID_)),
    KFLOW_GUARD(ioctl_is_job_control, is_job_control(s)),
};

} // namespace

Guards tty_guards() {
    return kGuards;
}

} // namespace kflow::kernel
