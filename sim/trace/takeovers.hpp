#pragma once
// Where a thread takes the number of its leader: fs/exec.c, de_thread().

#include "sim/trace/event.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace kflow::trace {

/// A thread that calls exec and does not lead its group waits until the leader is dead and then
/// exchanges numbers with it (kernel/pid.c, exchange_tids). No event reports that; its
/// sched_process_exec, later on, has both numbers.
struct Takeover {
    std::size_t first_record = 0; ///< the first that is made under another number
    std::size_t exec = 0;         ///< the thread's sched_process_exec
    /// Where the leader still is on its way off the CPU: the exchange overtakes its last switch.
    std::optional<Cpu> leader_cpu = {};
    bool operator==(Takeover const&) const = default;
};

using EventList = std::span<Event const* const>;

/// By their first records; both are indexes into `events`.
std::vector<Takeover> find_takeovers(EventList events);

} // namespace kflow::trace
