// What some functions do to the frame that they get when they are called, beyond the model.

#include "sim/engine/execution.hpp"

#include "sim/kernel/words.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Object;

void Execution::on_enter(Entry entry) {
    switch (entry) {
    case Entry::schedule:
        return bind_switch_roles();
    case Entry::zap_pid_ns_processes:
        return bind_kernel_kill();
    case Entry::wake_up_parent:
        frame().wakes_parent = true;
        return;
    case Entry::signalfd_notify:
        frame().wakes_pollers = true;
        return;
    case Entry::wake_up_state:
        frame().wake_states = signal_wake_states(scope({}));
        return;
    case Entry::wake_up_sleeper:
        frame().wake_states = kernel::TASK_INTERRUPTIBLE_ | kernel::TASK_UNINTERRUPTIBLE_;
        return;
    case Entry::plain:
    case Entry::get_signal:
        return;
    }
}

void Execution::bind_switch_roles() {
    auto& stack = task().stack;
    auto const depth = stack.frames.size() - 1;
    stack.add_place(depth, impl_.prev_role, kernel::object_of(me()));
    stack.add_place(depth, impl_.next_role, Object{});
}

/// The kernel's own SIGKILL for everybody in the namespace.
void Execution::bind_kernel_kill() {
    kernel::SigInfo info;
    info.signal = kernel::SIGKILL_;
    info.code = kernel::SI_KERNEL_;
    info.from_kernel = true;
    info.to_each = true;
    auto const sent = kernel::add_signal(machine_, info);
    auto& stack = task().stack;
    stack.add_place(stack.frames.size() - 1, impl_.sig_role, sent);
}

/// do_signal() calls get_signal() at one place of its source, and gcc makes three of it
/// (arch/arm64/kernel/signal.c; 6.1, 6.12 and 7.2 have them): behind a system call that is to be
/// repeated, the first; behind any other system call, the one that is seen most; behind an
/// exception, the third.
void Execution::find_signal_site() {
    auto const& frames = seen().stack.frames;
    auto const holder = impl_.mask.symbol(frames.size() < 2 ? 0 : frames[frames.size() - 2].symbol);
    auto const sites = impl_.build.call_sites_of(holder.name, "get_signal", holder.file);
    if (sites.size() != 3) {
        return;
    }
    constexpr std::int64_t restart_first = -516; // ERESTART_RESTARTBLOCK
    constexpr std::int64_t restart_last = -512;  // ERESTARTSYS
    auto const& self = seen();
    if (self.user.result >= restart_first && self.user.result <= restart_last) {
        frame().return_offset = sites[0].return_offset;
        return;
    }
    auto const [often, seldom] = std::minmax(
        sites[1], sites[2], [](auto const& a, auto const& b) { return a.seen > b.seen; });
    frame().return_offset = self.syscall.empty() ? seldom.return_offset : often.return_offset;
}

} // namespace kflow::engine
