#pragma once
// Makes of a run what ftrace would have written: trace::Events by tracer, options, filter and
// events, as a scenario's `trace` block names them.

#include "sim/engine/engine.hpp"
#include "sim/trace/capture.hpp"

#include <string>
#include <vector>

namespace kflow::engine {

/// The words of tracefs.
struct TraceOptions {
    std::string tracer = "nop";       ///< current_tracer: nop, function, function_graph
    std::vector<std::string> options; ///< trace_options that are set or, with `no` before, cleared
    std::vector<std::string> filter;  ///< set_ftrace_filter; empty: every traced function
    std::vector<std::string> events;  ///< `sched/sched_switch`, `sched:sched_switch` or `sched/*`
    std::vector<Pid> pids;            ///< set_ftrace_pid and set_event_pid; empty: every task
    bool follow_forks = true;         ///< function-fork and event-fork
};

class Recorder : public Observer {
public:
    /// The engine must outlive it. Names that the build does not have are in `trouble()`.
    Recorder(Engine const& engine, TraceOptions options);
    ~Recorder() override;
    void on_step(Step const& step, kernel::Machine const& machine) override;

    /// What was recorded, comms as the tracer's cache has them now, entries counted.
    trace::Capture capture() const;
    /// Its text, with a note in the header: never much more in memory than that.
    std::string text(std::string const& note) const;
    std::vector<Diagnostic> const& trouble() const;
    /// How many records there are.
    std::size_t size() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kflow::engine
