// Handlers: the user side goes on in one and comes back (arch/arm64/kernel/signal.c, setup_rt_frame
// and rt_sigreturn).

#include "sim/engine/execution.hpp"

#include "sim/kernel/words.hpp"

#include <utility>

namespace kflow::engine {

void Execution::signal_own_group(int signal, int error) {
    frame().error = error;
    task().thread.sigpending = true;
    auto const kill = impl_.function("kill_pgrp");
    if (kill == model::kNone<model::FunctionId>) {
        return;
    }
    kernel::SigInfo info;
    info.signal = signal;
    info.code = kernel::SI_KERNEL_;
    info.from_kernel = true;
    auto const sent = kernel::add_signal(machine_, info);
    auto const pgrp = machine_.groups[seen().group].pgrp;
    call(kill, {}, {}, ~model::Pc{0}, false);
    auto& stack = task().stack;
    stack.add_place(stack.frames.size() - 1, impl_.roles.find("sig"), sent);
    stack.add_place(stack.frames.size() - 1, impl_.roles.find("pgrp"), kernel::object_of(pgrp));
}

void Execution::queue_work(int locks) {
    auto const worker = machine_.kworker;
    machine_.tasks.edit(worker).has_work = true;
    if (machine_.tasks[worker].state == kernel::TASK_RUNNING_) {
        return;
    }
    hold(locks);
    wake(worker, kernel::TASK_UNINTERRUPTIBLE_);
}

/// Spin locks that are held until what is pushed next has come back.
void Execution::hold(int locks) {
    auto const enable = impl_.function("sched_preempt_enable_no_resched");
    if (!impl_.counts_preemption || enable == model::kNone<model::FunctionId>) {
        return;
    }
    for (int n = 0; n < locks; ++n) {
        task().thread.preempt++;
        call(enable, {}, {}, ~model::Pc{0}, false, Start::later);
    }
}

void Execution::wake_queue(std::vector<kernel::TaskId> const& sleepers) {
    for (auto const sleeper : sleepers) {
        hold(1);
        wake_from_files(sleeper);
    }
}

void Execution::wake_from_files(kernel::TaskId id) {
    auto const& sleeper = machine_.tasks[id];
    if (sleeper.sleep.condition == "poll" && (sleeper.state & kernel::TASK_INTERRUPTIBLE_) != 0) {
        auto& polling = machine_.tasks.edit(id); // pollwake(): one file is ready
        polling.syscall_result = 1;
        polling.timer_expires = Nanos{-1};
    }
    wake(id, kernel::TASK_INTERRUPTIBLE_);
}

/// worker_thread(): flush_to_ldisc() wakes who reads either side of the terminal, a collector who waits
/// for its write; then it sleeps.
void Execution::work() {
    spend(Nanos{5000});
    if (!seen().has_work) {
        return sleep(kernel::TASK_IDLE_);
    }
    task().has_work = false;
    if (std::exchange(task().flushes_stats, false)) {
        arm_flush();
    }
    auto& terminal = machine_.terminal;
    bool const flushes = terminal.written > 0;
    terminal.output += std::exchange(terminal.written, 0);
    std::vector<kernel::TaskId> readers;
    machine_.tasks.for_each([&](kernel::TaskId id, kernel::Task const& found) {
        bool const types = !terminal.lines.empty() && found.sleep.condition == "tty_input";
        if (types || (flushes && kernel::polls(found, kernel::kPollsTerminal))) {
            readers.push_back(id);
        }
    });
    wake_queue(readers);
    end_writes();
}

void Execution::sleep(unsigned state) {
    task().state = state;
    call_schedule();
}

void Execution::complete(kernel::TaskId waiter) {
    machine_.tasks.edit(waiter).sleep = kernel::Sleep{};
    wake(waiter,
         kernel::TASK_INTERRUPTIBLE_ | kernel::TASK_UNINTERRUPTIBLE_ | kernel::TASK_WAKEKILL_);
}

/// The kernel's frames stay on the stack above: only the user side below them is exchanged.
void Execution::enter_handler(kernel::TaskId id) {
    auto& self = machine_.tasks.edit(id);
    kernel::SavedContext saved;
    saved.position = self.user;
    saved.blocked = self.restore_sigmask ? self.saved_sigmask : self.blocked;
    auto const depth = static_cast<std::ptrdiff_t>(self.stack.user_depth);
    auto& frames = self.stack.frames;
    saved.frames.assign(frames.begin(), frames.begin() + depth);
    saved.places = self.stack.places;
    saved.result = self.user.result;
    saved.syscall = self.syscall;
    saved.arguments = self.args;
    constexpr std::int64_t restart_sys = 512;
    bool const wants = (self.delivered_action.flags & kernel::SA_RESTART_) != 0;
    saved.restart = self.user.result == -513 || (self.user.result == -restart_sys && wants);
    if (!saved.restart && self.user.result <= -restart_sys && self.user.result >= -516) {
        saved.result = -4; // EINTR
    }
    self.signal_frames.push_back(std::move(saved));
    frames.erase(frames.begin(), frames.begin() + depth);
    self.stack.user_depth = 0;
    auto const variables = self.user.variables;
    auto const program = self.user.program;
    self.user = kernel::UserPosition{};
    self.user.program = program;
    self.user.variables = variables;
    self.user.op = static_cast<std::uint32_t>(self.delivered_action.handler - 2);
}

void Execution::leave_handler(kernel::TaskId id) {
    auto& self = machine_.tasks.edit(id);
    if (self.signal_frames.empty()) {
        return;
    }
    auto saved = std::move(self.signal_frames.back());
    self.signal_frames.pop_back();
    auto const variables = self.user.variables; // the handler's assignments stay
    self.user = saved.position;
    self.user.variables = variables;
    self.user.result = saved.result;
    self.blocked = saved.blocked;
    self.next_blocked_given = false;
    auto& stack = self.stack;
    stack.frames.erase(stack.frames.begin(), stack.frames.begin() + stack.user_depth);
    stack.frames.insert(stack.frames.begin(), saved.frames.begin(), saved.frames.end());
    stack.user_depth = static_cast<std::uint32_t>(saved.frames.size());
    self.resumes = true;
    self.resume_restart = saved.restart;
    self.resume_syscall = saved.syscall;
    self.resume_args = saved.arguments;
    self.resume_places = saved.places;
    if (kernel::deliverable(machine_, id) != 0) {
        self.thread.sigpending = true; // what was held back during the handler
    }
}

} // namespace kflow::engine
