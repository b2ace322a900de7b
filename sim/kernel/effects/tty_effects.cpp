// A terminal gets and loses its session and its foreground group (drivers/tty/tty_jobctrl.c).

#include "sim/kernel/words.hpp"

#include <utility>

namespace kflow::kernel {

namespace {

void set_ctty(Scope const& s) {
    auto& group = s.edit_group("current");
    s.machine.terminal.session = group.session;
    s.machine.terminal.pgrp = group.pgrp;
    group.has_ctty = true;
    group.tty_old_pgrp = kNobody<PidId>;
}

void free_tty(Scope const& s) {
    s.machine.terminal.session = kNobody<PidId>;
    s.machine.terminal.pgrp = kNobody<PidId>;
}

void take_tty_group(Scope const& s) {
    s.bind("pgrp", object_of(s.machine.terminal.pgrp));
}

void take_old_group(Scope const& s) {
    auto& kept = s.edit_group("current").tty_old_pgrp;
    s.bind("pgrp", object_of(std::exchange(kept, kNobody<PidId>)));
}

/// kill_pgrp(task_pgrp(current), sig, 1) of __tty_check_change().
void fill_tty_stop(Scope const& s) {
    SigInfo info;
    info.signal = reads_from_terminal(s) ? SIGTTIN_ : SIGTTOU_;
    info.code = SI_KERNEL_;
    info.from_kernel = true;
    s.bind("sig", add_signal(s.machine, info));
    s.bind("pgrp", object_of(s.group("current").pgrp));
}

void drop_kernel_siginfo(Scope const& s) {
    if (auto* info = signal_of(s)) {
        info->from_kernel = false;
        info->code = SI_USER_;
        info->pid = s.self().tgid;
    }
}

constexpr std::array kEffects{
    KFLOW_EFFECT(set_ctty, set_ctty(s)),
    KFLOW_EFFECT(clear_ctty, s.edit_group().has_ctty = false),
    KFLOW_EFFECT(take_tty_group, take_tty_group(s)),
    KFLOW_EFFECT(take_old_group, take_old_group(s)),
    KFLOW_EFFECT(keep_old_group, s.edit_group().tty_old_pgrp = s.machine.terminal.pgrp),
    KFLOW_EFFECT(free_tty, free_tty(s)),
    KFLOW_EFFECT(set_tty_group, s.machine.terminal.pgrp = terminal_group_argument(s)),
    KFLOW_EFFECT(fill_tty_stop, fill_tty_stop(s)),
    KFLOW_EFFECT(drop_kernel_siginfo, drop_kernel_siginfo(s)),
};

} // namespace

Effects tty_effects() {
    return kEffects;
}

} // namespace kflow::kernel
