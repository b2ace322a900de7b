#pragma once
// A capture's call trees as the checker uses them: what is noise, and what each task did.

#include "sim/base/diagnostic.hpp"
#include "sim/trace/capture.hpp"
#include "sim/trace/event_window.hpp"
#include "sim/trace/forest_builder.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kflow::check {

using CallIndex = std::uint32_t;
inline constexpr CallIndex kNoCall = trace::Call::kNone;

using Child = trace::CallChild;

struct Forest {
    trace::CallForest trees;
    /// For each call: it is not the task's own (an interrupt, a fault, the tracer, or below one). A
    /// switch to another task in the middle of a function is none: it has a grammar (reading.hpp).
    std::vector<char> noise;
    std::size_t noise_calls = 0; ///< among those that are finished
    std::size_t noise_groups = 0;
    std::vector<trace::Name> names; ///< of all functions that are called, each once
    /// For each call: its tree goes on in the next window, and is judged there. Empty: none does.
    std::vector<char> unfinished;
    bool is_last = true; ///< no window follows
    /// For each task of `trees`: its events, in order, by their numbers.
    std::vector<std::vector<std::uint32_t>> events;

    std::vector<trace::Call> const& calls() const { return trees.calls; }
    trace::Call const& operator[](CallIndex call) const { return trees.calls[call]; }
    static bool is_event(Child const& child) { return child.kind == Child::Kind::event; }
    bool is_unfinished(CallIndex call) const {
        return !unfinished.empty() && unfinished[call] != 0;
    }
    /// Whether nothing of what a call does first is missing; with lost records that may be all that
    /// is known of it.
    bool has_begin(CallIndex call) const {
        auto const& c = trees.calls[call];
        return !c.lost || (c.entered && c.lost_from > c.first_event);
    }
    /// Whether nothing is missing up to its return.
    bool has_end(CallIndex call) const {
        return trees.calls[call].returned && !trees.calls[call].lost;
    }
    /// Its children, up to where records may be missing.
    std::span<Child const> known_children(CallIndex call) const;
    /// Whether a child is to be left out of its caller's list.
    bool set_aside(Child const& child) const { return !is_event(child) && noise[child.index] != 0; }
};

/// Of a whole capture.
Forest build_forest(trace::Capture const& capture);
/// Of the builder's next window.
Forest build_forest(trace::ForestBuilder& builder, trace::EventWindow const& events, bool is_last);

/// No tracer follows a task deeper: its shadow stack is a page, 512 words, and a call takes several
/// of them (kernel/trace/fgraph.c, SHADOW_STACK_SIZE; up to 6.9 it was FTRACE_RETFUNC_DEPTH, 50).
inline constexpr std::uint32_t kDeepestNesting = 512;

/// Where calls nest deeper than that: then the text is no capture, or its braces are lost.
std::optional<Diagnostic> too_deep(Forest const& forest, std::string const& file);

} // namespace kflow::check
