#pragma once
// The words of tracefs, asked: which options are on, which functions, events and tasks are
// recorded. Private to sim/engine.

#include "sim/engine/recorder.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kflow::engine {

class TraceFilter {
public:
    explicit TraceFilter(TraceOptions options);

    TraceOptions const& words() const { return options_; }
    bool is_graph() const { return options_.tracer == "function_graph"; }
    bool records_functions() const { return options_.tracer != "nop"; }
    /// A trace option; `otherwise` where nobody set or cleared it.
    bool has(std::string_view option, bool otherwise = false) const;
    /// Whether set_ftrace_filter lets a symbol pass.
    bool passes(std::string_view symbol) const;
    bool is_enabled(std::string_view system, std::string_view event) const;

    /// set_ftrace_pid and set_event_pid, with function-fork and event-fork.
    bool follows(Pid pid) const { return followed_.empty() || followed_.contains(pid.value); }
    /// set_event_pid shows a switch or a wake-up where either side is followed.
    bool follows(Pid pid, trace::TraceEvent const& event) const;
    /// A followed task's child is followed as well.
    void see_fork(trace::TraceEvent const& event, Pid parent);

    /// A warning for each name of set_ftrace_filter that the build's tracer does not know (writing
    /// several names at once stops at the first of them), each trace option that the build does not
    /// have, and each that a run does not show.
    std::vector<Diagnostic> trouble(build::BuildFacts const& build) const;

private:
    TraceOptions options_;
    std::vector<std::string> globs_; ///< words of the filter that stand for several names
    std::map<std::string, bool, std::less<>> set_; ///< options by name: set or cleared
    std::set<std::int32_t> followed_;
    mutable std::unordered_map<std::string_view, bool> passed_; ///< answers, by symbol
    mutable std::map<std::string, bool, std::less<>> enabled_;
};

} // namespace kflow::engine
