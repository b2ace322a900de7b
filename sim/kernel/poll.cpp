// What a task that polls several files finds ready (fs/select.c, fs/pipe.c, fs/signalfd.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

bool polls(Task const& task, std::int64_t what) {
    return task.syscall == "ppoll" && task.sleep.condition == "poll" &&
           (task.args.get(Arg::mask) & what) != 0;
}

std::int64_t ready_files(Machine const& machine, TaskId id) {
    auto const& task = machine.tasks[id];
    std::int64_t ready = machine.terminal.output > 0 ? kPollsTerminal : 0;
    auto const signals =
        task.pending.set | (task.group == kNobody<ThreadGroupId>
                                ? SignalSet{0}
                                : machine.groups[task.group].shared_pending.set);
    ready |= (signals & set_of(SIGCHLD_)) != 0 ? kPollsSignal : 0;
    if (task.files == kNobody<FilesId>) {
        return ready;
    }
    auto const pipe = machine.files[task.files].pipe;
    auto const lines = machine.pipe_lines.find(pipe);
    bool const has_line = lines != machine.pipe_lines.end() && !lines->second.empty();
    return ready | (has_line || !has_writer(machine, pipe) ? kPollsInput : 0);
}

} // namespace kflow::kernel
