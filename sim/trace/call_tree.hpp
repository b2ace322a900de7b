#pragma once
// Call trees from function_graph's records: who called whom, in order, per task.
//
// The nesting follows the braces. Indentation is no nesting: an interrupt that hits inside of the
// tracer's own entry is printed one level too deep, before the function that it interrupts, and at
// exit one too shallow. Indentation serves only to find back where records are missing, since the
// kernel prints a call and its return at the same depth.

#include "sim/trace/event.hpp"
#include "sim/trace/noise.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace kflow::trace {

/// A function's name as the source has it, and what the compiler made of it.
struct SourceName {
    Name name; ///< `el0_svc_common`: without .isra.N, .constprop.N, .part.N, .cold, .llvm.N
    bool partial = false; ///< a `.part.N`: an outlined part of the function, not the whole
    bool operator==(SourceName const&) const = default;
};

SourceName source_name(Name symbol);

/// One child of a call, or a root: a call or a trace event, in the order of the trace.
struct CallChild {
    enum class Kind : std::uint8_t { call, event };
    Kind kind = Kind::call;
    std::uint32_t index =
        0; ///< into CallForest::calls, or into the events that the forest was built from
    NoiseKind noise = NoiseKind::none; ///< not `none`: it begins or belongs to a group of this kind
                                       ///< among its siblings
    bool operator==(CallChild const&) const = default;
};

struct Call {
    static constexpr std::uint32_t kNone = 0xffffffff;

    Name name;                       ///< the source's name
    Name symbol;                     ///< as the build names it
    bool partial = false;            ///< an outlined part (.part.N) of the function
    std::uint32_t parent = kNone;    ///< into CallForest::calls; kNone: a root
    std::uint32_t task = 0;          ///< into CallForest::tasks
    std::vector<CallChild> children; ///< in order
    std::int32_t depth = 0;          ///< as printed
    std::optional<Cpu> cpu;          ///< where it was entered
    std::optional<Nanos> duration;

    bool entered = true; ///< its entry is in the trace; false: it began before (its first children
                         ///< may be missing)
    bool returned = false; ///< its return is in the trace; false: it never came back, or not before
                           ///< the trace's end
    bool lost =
        false; ///< records may be missing below it: the reader lost events, or braces do not match
    std::uint32_t lost_from = 0; ///< if lost: from this event on they may; none is missing before
    NoiseKind noise = NoiseKind::none; ///< it or one of its callers is noise

    std::uint32_t first_event =
        0; ///< its entry, or the first record known to be below it; into the events
    std::uint32_t last_event = 0; ///< its return, or the last record of its task that was below it
    std::uint32_t first_line = 0; ///< lines of these in the text; 0 where the events were not read
    std::uint32_t last_line = 0;
    std::uint32_t calls = 1; ///< it and all calls below it
};

/// One life of a task: a pid that is used again after its task died has another.
struct TaskCalls {
    std::optional<Pid> pid;
    std::optional<Cpu> cpu; ///< for idle tasks (pid 0), and where the trace tells no pid
    Name comm;              ///< as first shown; the graph cuts it to 7 bytes
    std::vector<CallChild> roots;
};

struct NoiseCount {
    std::size_t groups = 0; ///< runs of siblings that were set aside together
    std::size_t calls = 0;  ///< calls in them, those below included
};

struct CallForest {
    std::vector<Call> calls; ///< a caller before what it calls: by entries, those without entry by
                             ///< their first record
    std::vector<TaskCalls> tasks;
    /// Roots that the window's end cuts: they come again, whole, with the next (ForestBuilder).
    std::vector<std::uint32_t> unfinished;
    std::array<NoiseCount, 5> noise{}; ///< by NoiseKind
    std::size_t lost_markers = 0;      ///< LOST EVENTS and buffer started lines, up to here
    std::size_t resyncs = 0;           ///< how often braces did not match and depth was used
    bool told_apart = true; ///< false: records had neither cpu nor pid, so that tasks are mixed

    /// The calls among a call's children that are not noise.
    std::vector<std::uint32_t> own_calls(Call const& call) const;
};

/// The trees of all tasks. Records of other tracers are passed over; trace events become children
/// at their places.
CallForest build_call_forest(std::vector<Event> const& events);

} // namespace kflow::trace
