#pragma once
// The automata of one build, made when first asked for, and what they said of a list of children:
// a capture has a hundred thousand calls and some thousand different lists.

#include "sim/check/align.hpp"
#include "sim/check/automaton.hpp"
#include "sim/check/simulate.hpp"

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace kflow::check {

/// An automaton and what it can read.
struct Compiled {
    Automaton automaton;
    std::set<Symbol> symbols;
};

/// Program and mask must outlive it. Not thread-safe.
class AutomataCache {
public:
    AutomataCache(model::Program const& program, Mask const& mask);

    Alphabet& alphabet() { return alphabet_; }
    /// `function` must have a body.
    Compiled const& get(model::FunctionId function);
    /// simulate(), remembered. `required` must be the same set at every call.
    Run const& run(model::FunctionId function, Word const& word, Knowledge const& knowledge);
    /// align(), remembered.
    std::vector<Difference> const& differences(model::FunctionId function, Word const& word,
                                               Knowledge const& knowledge);

private:
    model::Program const& program_;
    Mask const& mask_;
    Alphabet alphabet_;
    std::vector<std::unique_ptr<Compiled>> automata_; ///< of each function; null: not asked for
    /// By what they were asked; looked up, never iterated.
    std::unordered_map<std::string, Run> runs_;
    std::unordered_map<std::string, std::vector<Difference>> differences_;
    std::string key_; ///< of the question at hand
};

} // namespace kflow::check
