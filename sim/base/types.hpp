#pragma once
// The project's strong types: a process id is no CPU number and a time is no duration of another unit.

#include <compare>
#include <cstdint>

namespace kflow {

/// A point in trace time or a duration, in nanoseconds. The kernel's trace clock (kernel/trace/trace_clock.c) counts them
/// from boot; text formats print microseconds of it, so what is read from text is a multiple of 1000.
struct Nanos {
    std::int64_t count = 0;
    auto operator<=>(Nanos const&) const = default;
};

constexpr Nanos operator+(Nanos a, Nanos b) {
    return {a.count + b.count};
}
constexpr Nanos operator-(Nanos a, Nanos b) {
    return {a.count - b.count};
}

/// A task's id as the kernel's root pid namespace has it (`task_struct.pid`): 0 is an idle task, one for each CPU.
struct Pid {
    std::int32_t value = 0;
    auto operator<=>(Pid const&) const = default;
};

/// No task has a greater number, whatever kernel.pid_max says: PID_MAX_LIMIT of include/linux/threads.h, on 64 bits.
constexpr std::int32_t kPidMaxLimit = 4 << 20;

/// A CPU's number, from 0.
struct Cpu {
    std::int32_t value = 0;
    auto operator<=>(Cpu const&) const = default;
};

} // namespace kflow
