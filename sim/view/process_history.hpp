#pragma once
// What the events of a trace say of its processes: who made whom, what it became, which signals
// came, how it ended and who reaped it. Works on a capture and on a run alike, since both are
// events.

#include "sim/trace/capture.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kflow::view {

/// A signal on its way to a process: signal_generate.
struct Signal {
    int number = 0;
    int code = 0; ///< si_code; for SIGCHLD 1 exited, 2 killed, 3 dumped, 5 stopped, 6 continued
    Pid from;     ///< the task that was running as it was generated
    Nanos sent;
    bool ignored = false; ///< res=1: the target ignores it
    std::optional<Nanos> delivered;
};

struct Exec {
    Nanos at;
    std::string path; ///< empty where only the new comm is known
};

/// One task with its own pid; a thread is one too.
struct Process {
    Pid pid;
    std::string comm; ///< the last one known
    std::string first_comm;
    std::optional<Pid> parent; ///< who forked it, if the trace shows that
    std::optional<Nanos> born;
    std::uint64_t clone_flags = 0; ///< of task_newtask; 0 if not shown
    bool thread = false;           ///< CLONE_THREAD
    std::vector<Exec> execs;
    std::vector<Signal> signals;
    std::optional<Nanos> died;
    std::optional<int> killed_by; ///< the fatal signal, where its delivery is shown
    std::optional<int>
        exit_status; ///< of exit_group's or exit's argument, where system calls are traced
    std::optional<Nanos> reaped;
    std::optional<Pid> reaped_by;
    std::optional<Nanos> freed;
};

/// Every task that a fork, exec, exit or signal event names, by time of first appearance. `current`
/// of an event without a task (pid 0) makes no process.
std::vector<Process> process_history(trace::Capture const& capture);

/// "SIGKILL" of 9, "signal 40" of what has no name.
std::string signal_text(int number);

} // namespace kflow::view
