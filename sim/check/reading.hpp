#pragma once
// A call's children as a word that its function's automaton can read.

#include "sim/build/build_facts.hpp"
#include "sim/check/automata_cache.hpp"
#include "sim/check/evidence.hpp"
#include "sim/check/forest.hpp"

#include <set>
#include <vector>

namespace kflow::check {

/// A word, and where each letter comes from.
struct Reading {
    Word word;
    std::vector<Child> sources;  ///< of each letter
    bool events = false;         ///< events are letters
    std::size_t preemptions = 0; ///< groups of letters that were set aside
};

/// How the words of one capture are made and read.
class Reader {
public:
    /// All must outlive it.
    Reader(model::Program const& program, build::BuildFacts const& facts, Evidence const& evidence,
           AutomataCache& cache);

    /// The outcomes that a call's own children allow, for its caller's word.
    void set_outcomes(CallIndex call, std::uint8_t outcomes) { outcomes_[call] = outcomes; }
    /// How a call must have ended, as its caller goes on.
    void demand(CallIndex call, std::uint8_t outcomes) { demanded_[call] = outcomes; }

    /// The reading of a call's children that its automaton accepts, or the plain one if it accepts
    /// none. Tried: with events and without, parts as calls or spliced, and each without switches
    /// in the middle of the function.
    Reading read(CallIndex call, model::FunctionId function,
                 std::vector<kernel::Answer> const& answers);
    Run const& run(model::FunctionId function, Reading const& reading,
                   std::vector<kernel::Answer> const& answers);
    std::vector<Difference> const& differences(model::FunctionId function, Reading const& reading,
                                               std::vector<kernel::Answer> const& answers);

private:
    struct Form {
        bool events = false;  ///< events are letters
        bool spliced = false; ///< what a `.part` of a function did stands in its caller's list
    };
    Reading plain(CallIndex call, model::FunctionId function, Form form);
    void add_children(Reading& reading, CallIndex call, std::set<Symbol> const& symbols, Form form);
    bool drop_preemptions(Reading& reading);
    std::size_t preemption_at(Reading const& reading, std::size_t first);
    Knowledge knowledge(Reading const& reading, std::vector<kernel::Answer> const& answers) const;

    Evidence const& evidence_;
    AutomataCache& cache_;
    std::vector<Symbol> symbols_;        ///< of each call
    std::vector<std::uint8_t> outcomes_; ///< of each call
    std::vector<std::uint8_t> demanded_; ///< of each call
    std::vector<Symbol> required_;       ///< with events as letters
    std::vector<Symbol> required_calls_; ///< without
    model::FunctionId preemption_ = model::kNone<model::FunctionId>;
};

} // namespace kflow::check
