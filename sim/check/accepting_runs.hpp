#pragma once
// Private to the simulation: what the runs that accept a word have in common, and one of them.

#include "sim/check/simulate.hpp"

#include <cstdint>
#include <vector>

namespace kflow::check {

using PromiseIndex = std::uint32_t;

struct State {
    NodeIndex node = 0;
    PromiseIndex promise = 0;
    auto operator<=>(State const&) const = default;
};

/// An edge between two states: within a layer, or to the next one.
struct Edge {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    KeyIndex key = kNoKey;
    bool value = false;
    StepIndex step = 0;
    LoopIndex round = kNoLoop; ///< it is a round of this loop
    OpenCallIndex inlines = kNoOpenCall;
};

/// All states after reading some letters.
struct Layer {
    std::vector<State> states;
    std::vector<Edge> inner;  ///< choices
    std::vector<Edge> onward; ///< steps to the next layer
    std::vector<char> alive;
};

/// What the simulation of a word came to. Where it accepts, states that no accepting run passes are
/// not alive.
struct Layers {
    Automaton const& automaton;
    Word const& word;
    std::vector<Layer> layers; ///< one more than letters

    bool is_end(State const& state) const {
        return !word.closed || (automaton.nodes[state.node].ends & word.demanded) != 0;
    }
};

/// A key that one of the accepting runs answers in both ways, although nothing is known of it;
/// kNoKey: that run contradicts itself nowhere.
KeyIndex find_contradiction(Layers const& accepted, Knowledge const& knowledge);

/// For each open call of the automaton: a set of Passed, of what all accepting runs do.
std::vector<std::uint8_t> passed_by_all(Layers const& accepted);

/// How many rounds of a loop the accepting run with the fewest of them makes.
std::uint64_t fewest_rounds(Layers const& accepted, LoopIndex loop);

} // namespace kflow::check
