#pragma once
// Short forms for the tables of guards/ and effects/. Private to sim/kernel.

#include "sim/kernel/pids.hpp"
#include "sim/kernel/registry.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace kflow::kernel {

/// A guard that is one condition of the scope `s`.
#define KFLOW_GUARD(name, condition)                                                               \
    Word<GuardFunction> {                                                                          \
#name, []([[maybe_unused]] Scope const& s) -> Answer { return to_answer(condition); }      \
    }

/// An effect that is one statement on the scope `s`; `act` is the engine's side. Cannot fail.
#define KFLOW_EFFECT(name, ...)                                                                    \
    Word<EffectFunction> {                                                                         \
#name, []([[maybe_unused]] Scope const& s, [[maybe_unused]] Actions& act) -> int {         \
            __VA_ARGS__;                                                                           \
            return 0;                                                                              \
        }       \
    }

// What words of several tables need. Tasks and groups by id; every answer is the machine's state at
// the moment of asking.

/// The mm, files … behind a role of that kind, else that of `task`.
inline MmId mm_of(Scope const& s, std::string_view role = "mm") {
    auto const id = s.id_of<MmId>(role, ObjectKind::mm);
    return id != kNobody<MmId> ? id : s.task().mm;
}

/// The signal on its way behind role `sig`; null where there is none.
inline SigInfo* signal_of(Scope const& s) {
    auto const found = s.object("sig");
    return found.kind == ObjectKind::siginfo && found.id < s.machine.siginfos.size()
               ? &s.machine.siginfos[found.id]
               : nullptr;
}

/// A new signal on its way, to which roles can be bound.
inline Object add_signal(Machine& machine, SigInfo info) {
    machine.siginfos.push_back(info);
    return {ObjectKind::siginfo, static_cast<std::uint32_t>(machine.siginfos.size() - 1)};
}

/// Whom the signal behind `sig` is for: role `target`, else whom the system call names.
TaskId signal_target(Scope const& s);
/// What a group's handler table says of a signal.
Action const& action_of(Machine const& machine, TaskId task, int signal);
/// sig_ignored(): it would change nothing.
bool is_ignored(Machine const& machine, TaskId target, SigInfo const& info);
/// sig_fatal(): it ends the process.
bool is_fatal(Machine const& machine, TaskId target, int signal);
/// wants_signal(): the thread can take it now.
bool wants_signal(Machine const& machine, TaskId thread, int signal);
/// The process group that TIOCSPGRP names, in the caller's pid namespace; nobody: there is none.
PidId terminal_group_argument(Scope const& s);
/// Whether the current task is about to read its terminal, and not to write or to set it.
bool reads_from_terminal(Scope const& s);
/// Another process group than the current task's is in the foreground of its terminal.
bool is_in_background(Scope const& s);
/// The current task blocks or ignores the signal with which its terminal would stop it.
bool ignores_terminal_stop(Scope const& s);
/// Whether somebody could still write to a pipe.
bool has_writer(Machine const& machine, std::uint32_t pipe);
/// The tasks that sleep in a read of a pipe.
std::vector<TaskId> pipe_readers(Machine const& machine, std::uint32_t pipe);
/// Whether a task sleeps in a ppoll() that looks at one of `what` (kPolls… bits).
bool polls(Task const& task, std::int64_t what);
/// What of kPolls… is ready for a task.
std::int64_t ready_files(Machine const& machine, TaskId task);
/// The mask of blocked signals that is about to be set for a task.
SignalSet next_mask(Task const& task);
/// The signals that are pending for a task and not blocked.
SignalSet deliverable(Machine const& machine, TaskId task);
/// Whether the process of a task that ends is reaped without its parent (SIGCHLD ignored or
/// SA_NOCLDWAIT).
bool autoreaps(Machine const& machine, TaskId task);
/// delay_group_leader(): a dead leader whose threads live.
bool leader_has_threads(Machine const& machine, TaskId task);
/// eligible_pid() and the type of wait: whether the caller's wait is for this task.
bool is_waited_for(Machine const& machine, TaskId waiter, TaskId task);
/// Which exit states and events a wait asks for: W* bits, WEXITED added for wait4.
std::int64_t wait_options(Task const& waiter);
/// Living children (or zombies that nobody has reaped) that the wait is for.
bool has_child_to_wait_for(Machine const& machine, TaskId waiter);
/// The task with the number that the waiter waits for; kNobody: there is none.
TaskId awaited_task(Machine const& machine, TaskId waiter);

} // namespace kflow::kernel
