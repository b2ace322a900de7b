#pragma once
// A call's children as a word that its function's automaton can read.

#include "sim/build/build_facts.hpp"
#include "sim/check/automata_cache.hpp"
#include "sim/check/evidence.hpp"
#include "sim/check/forest.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace kflow::check {

/// What is known of an automaton's keys and loops.
struct Known {
    std::vector<kernel::Answer> answers;
    std::vector<std::optional<std::uint64_t>> rounds;
};

/// A word, and where each letter comes from.
struct Reading {
    Word word;
    WordId id = kNoWord;        ///< of the function that it is read for
    std::vector<Child> sources; ///< of each letter
    bool events = false;        ///< events are letters
    /// What the children's own children say of how they ended is not in it: accepted only so, a
    /// child is wrong and not the call.
    bool free_outcomes = false;
    std::size_t preemptions = 0; ///< groups of letters that were set aside
};

/// How the words of one window are made and read.
class Reader {
public:
    /// All must outlive it. `filter`: what a filtered trace shows, else null: see ConformanceCheck.
    Reader(model::Program const& program, build::BuildFacts const& facts, Evidence const& evidence,
           AutomataCache& cache, std::set<std::string, std::less<>> const* filter);

    /// The outcomes that a call's own children allow, for its caller's word.
    /// Before a call above it is read.
    void set_outcomes(CallIndex call, std::uint8_t outcomes) { outcomes_[call] = outcomes; }
    /// How a call must have ended, as its caller goes on. Whether that is new.
    bool demand(CallIndex call, std::uint8_t outcomes) {
        return std::exchange(demanded_[call], outcomes) != outcomes;
    }

    /// The reading of a call's children that its automaton accepts, or the plain one if it accepts
    /// none. Tried: parts as calls or spliced, each without switches in
    /// the middle of the function, and at last with children that ended otherwise. Good until the
    /// next is read.
    Reading const& read(CallIndex call, model::FunctionId function, Known const& known);
    /// The plain one.
    Reading read_strictly(CallIndex call, model::FunctionId function);
    Run const& run(model::FunctionId function, Reading const& reading, Known const& known);
    /// How many rounds the call made of each loop, at least.
    std::vector<std::uint64_t> const& rounds(model::FunctionId function, Reading const& reading,
                                             Known const& known);
    /// The reading's run, with what all its ways did with each open call.
    Run const& passed(model::FunctionId function, Reading const& reading, Known const& known);
    std::vector<Difference> const& differences(model::FunctionId function, Reading const& reading,
                                               Known const& known);

private:
    struct Form {
        bool events = false;  ///< events are letters
        bool spliced = false; ///< what a `.part` of a function did stands in its caller's list
        bool free_outcomes = false;
    };
    /// What is tried first, of the functions that a call was read for last.
    struct FirstForm {
        model::FunctionId function = model::kNone<model::FunctionId>;
        Reading reading;
    };
    Reading const& first_form(CallIndex call, model::FunctionId function);
    bool has_parts(CallIndex call) const;
    Reading read_otherwise(CallIndex call, model::FunctionId function, Known const& known);
    Reading plain(CallIndex call, model::FunctionId function, Form form);
    std::vector<Reading> forms(CallIndex call, model::FunctionId function, bool events,
                               bool free_outcomes);
    void add_children(Reading& reading, CallIndex call, std::set<Symbol> const& symbols, Form form);
    enum class Extent { shortest, longest };
    bool drop_preemptions(Reading& reading, model::FunctionId function, Extent extent);
    std::size_t preemption_at(Reading const& reading, std::size_t first, Extent extent);
    Knowledge knowledge(Reading const& reading, Known const& known) const;

    Evidence const& evidence_;
    AutomataCache& cache_;
    std::vector<bool> can_interrupt_;          ///< of each call of a filtered trace, else empty
    std::vector<Symbol> symbols_;              ///< of each call
    std::vector<std::uint8_t> outcomes_;       ///< of each call
    std::vector<std::uint8_t> demanded_;       ///< of each call
    std::vector<std::uint32_t> first_form_at_; ///< of each call: 1 + its place, or 0
    std::deque<FirstForm> first_forms_;
    Reading other_;                      ///< that was read last, if no first form
    std::vector<Symbol> required_;       ///< with events as letters
    std::vector<Symbol> required_calls_; ///< without
    model::FunctionId preemption_ = model::kNone<model::FunctionId>;
};

} // namespace kflow::check
