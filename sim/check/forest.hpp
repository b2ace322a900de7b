#pragma once
// A function_graph capture as trees of calls, one forest a task, interrupts and faults set aside.
//
// Nesting follows the braces, not the indentation: an interrupt inside the tracer's own entry is
// printed one level too deep or too shallow.

#include "sim/trace/capture.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

namespace kflow::check {

using CallIndex = std::uint32_t;
inline constexpr CallIndex kNoCall = std::numeric_limits<std::uint32_t>::max();

/// A task of the capture: a pid, or a CPU's idle task.
struct TaskKey {
    std::int32_t pid = 0;
    std::int32_t cpu = -1; ///< idle tasks only
    auto operator<=>(TaskKey const&) const = default;
};

/// What stands in a call's list: a call, or a trace event.
struct Child {
    bool is_event = false;
    std::uint32_t index = 0; ///< of Forest::calls, or of the capture's events
};

struct Call {
    trace::Name symbol; ///< with compiler suffix
    CallIndex parent = kNoCall;
    std::uint32_t task = 0;       ///< index of Forest::tasks
    std::uint32_t first_line = 0; ///< of the capture
    std::uint32_t last_line = 0;
    std::uint32_t first_event = 0; ///< of the capture's events: its entry
    std::uint32_t last_event = 0;  ///< its exit, or the task's last event before the gap
    bool closed = false;
    bool noise = false;      ///< an interrupt, a fault, or below one
    bool before_gap = false; ///< records were lost inside it
    std::vector<Child> children;
};

struct TaskCalls {
    TaskKey key;
    std::vector<Child> roots;
    std::vector<std::uint32_t> events; ///< indices of all its events, in order
};

struct Forest {
    std::vector<Call> calls; ///< in the order of their entries
    std::vector<TaskCalls> tasks;
    std::size_t noise = 0;  ///< calls set aside
    std::size_t groups = 0; ///< noise groups: calls of noise whose caller is none
    std::size_t gaps = 0;   ///< places where records were lost
};

/// Whether a function begins an interrupt, a fault or another thing that can happen anywhere, which
/// no body lists (arch/arm64/kernel/entry-common.c).
bool is_noise(std::string_view symbol);

/// Builds the trees; exits without an entry (the capture began inside) are left out.
Forest build_forest(trace::Capture const& capture);

} // namespace kflow::check
