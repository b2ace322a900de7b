#pragma once
// Witness 3: automata that every capture of a Linux kernel obeys, whatever its build and whatever
// the model says. One rule a DOT file in model/automata; docs of the vocabulary stand in
// model/automata/README.md.

#include "sim/base/diagnostic.hpp"
#include "sim/check/dot.hpp"
#include "sim/trace/event.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace kflow::check {

/// `field=value`, `field!=value`; the value may be several (`Z|X`) or a remembered one
/// (`$running`).
struct LifecycleCondition {
    std::string field;
    bool negate = false;
    std::string value;
};

struct LifecycleEdge {
    std::size_t from = 0;
    std::size_t to = 0;
    std::string event; ///< a trace event's name, "event": any of them, "line": anything that
                       ///< happens in the task's context, or "exchange_tids" (see Takeover)
    std::string key;   ///< the field that says whose automaton moves
    std::vector<LifecycleCondition> conditions;
    std::string remember; ///< a field whose value `$remembered` is from then on; may be empty
};

struct LifecycleRule {
    std::string name;
    std::string doc;  ///< what it says, in a sentence
    std::string file; ///< below the model folder
    bool per_cpu = false;
    bool per_signal = false;        ///< one automaton for each thread group and signal number
    std::vector<std::string> needs; ///< events that the capture must show for the rule to be
                                    ///< judged; "whole_system": it must not be filtered by task
    std::vector<std::string> states;
    std::vector<std::string> reasons; ///< for each state: why it is a violation; empty: it is none
    std::vector<LifecycleEdge> edges;
    /// per_signal: the state of a signal of a process that was born in the capture.
    std::size_t born = 0;
};

/// Reads one rule.
std::variant<LifecycleRule, Diagnostic> parse_rule(std::string_view text, std::string file);

/// Reads all of model_dir/automata/*.dot, by name. Errors stand in `diagnostics`.
std::vector<LifecycleRule> load_rules(std::string const& model_dir,
                                      std::vector<Diagnostic>& diagnostics);

struct Violation {
    std::string rule;
    std::string object;      ///< "task 260", "cpu 1", "signal 17 of group 260"
    std::uint32_t line = 0;  ///< of the capture
    std::uint32_t since = 0; ///< the line that the object came to its last state by; 0: unknown
    std::string reason;
    std::string file; ///< of the rule
};

struct LifecycleResult {
    std::vector<Violation> violations; ///< by line
    std::vector<std::string> judged;   ///< rules that the capture has the events for
    std::vector<std::string> not_judged;
    std::size_t objects = 0; ///< tasks, CPUs and signals that were followed
};

/// Holds a capture's events against rules, window by window.
class LifecycleRun {
public:
    /// The rules must outlive it.
    explicit LifecycleRun(std::vector<LifecycleRule> const& rules);
    ~LifecycleRun();
    LifecycleRun(LifecycleRun const&) = delete;
    LifecycleRun& operator=(LifecycleRun const&) = delete;

    using Events = std::shared_ptr<std::vector<trace::Event> const>;

    /// The next events; some are kept for a while. `is_last`: none follow.
    void see(Events events, bool is_last);
    LifecycleResult finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kflow::check
