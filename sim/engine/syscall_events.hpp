#pragma once
// The events of events/syscalls (sys_enter_clone, sys_exit_clone …), made of those of raw_syscalls
// (kernel/trace/trace_syscalls.c). Private to sim/engine.

#include "sim/engine/engine.hpp"
#include "sim/trace/event_layout.hpp"

#include <map>
#include <optional>
#include <string>

namespace kflow::engine {

class SyscallEvents {
public:
    using Memory = trace::SyscallArgument::Memory;

    explicit SyscallEvents(Engine const& engine) : engine_(engine) {}

    /// The event of events/syscalls that goes with a sys_enter or sys_exit of the task; nothing for
    /// other events and for system calls that the build's facts have no format of.
    std::optional<trace::TraceEvent> named(trace::TraceEvent const& raw,
                                           kernel::Machine const& machine,
                                           kernel::TaskId task) const;

private:
    /// How sys_enter_NAME prints, and its arguments' names.
    struct Shape {
        trace::Name layout;
        std::vector<trace::Name> arguments;
        std::vector<Memory> memory; ///< by argument
    };
    Shape const* shape_of(std::string const& syscall) const;

    Engine const& engine_;
    mutable std::map<std::string, std::optional<Shape>> shapes_;
};

} // namespace kflow::engine
