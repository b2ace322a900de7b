#pragma once
// What single lines do not tell: options that show in some records, tasks that only separators
// name, marks that follow from others.

#include "sim/trace/capture.hpp"

#include <map>
#include <span>

namespace kflow::trace {

/// Which options show in the records that were read.
class ShownOptions {
public:
    void note(Event const& event);
    /// A frame of a stack.
    void note(Location const& frame, bool user);
    void note_overruns() { overruns_ = true; }

    bool has_events() const { return events_; }
    bool has_functions() const { return functions_; } ///< the function tracer's

    void set(TraceFormat& format) const;

private:
    void note_place(Location const& place);

    bool events_ = false;
    bool functions_ = false;
    bool sym_offset_ = false;
    bool sym_addr_ = false;
    bool overruns_ = false;
    bool retval_ = false;
    bool args_ = false;
    bool retaddr_ = false;
    bool exits_ = false;
    bool unnamed_exits_ = false; ///< returns without their function's name
};

/// The tasks of records in a graph without a column for them: between two separators of a cpu all
/// its records are one task's.
class TaskNaming {
public:
    /// The next events of the trace. Before a cpu's first separator its records are named by it,
    /// as far as they stand in the same events.
    void name(std::span<Event> events);

private:
    struct Task {
        std::optional<Pid> pid;
        Name comm;
    };
    std::map<Cpu, Task> running_;
};

/// With funcgraph-tail every return has a name: none is there because its entry is missing.
void forget_names_of_tails(std::vector<Event>& events);

/// The mark behind a time stays a field only where rounding to microseconds keeps it from following
/// from the times.
void derive_delays(std::vector<Event>& events);

} // namespace kflow::trace
