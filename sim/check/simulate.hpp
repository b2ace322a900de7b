#pragma once
// Reads a call's children with its function's automaton: all runs at once.

#include "sim/check/automaton.hpp"
#include "sim/kernel/facts.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace kflow::check {

/// One visible child.
struct Letter {
    Symbol symbol = kNoSymbol;
    std::uint8_t outcomes = kSucceeded | kFailed; ///< how it can have ended, from its own children
    bool open = false;                            ///< it never returned
    auto operator<=>(Letter const&) const = default;
};

/// A call's visible children, in order.
struct Word {
    std::vector<Letter> letters;
    bool closed = true; ///< the call returned
    /// How it must have ended, as the caller goes on: a set of Outcome.
    std::uint8_t demanded = kSucceeded | kFailed;
    bool part = false; ///< only a part of the function's code: it may begin anywhere
    auto operator<=>(Word const&) const = default;
};

/// What the question needs besides the word. Owns nothing.
struct Knowledge {
    /// For each key of the automaton.
    std::span<kernel::Answer const> answers;
    /// Symbols that the capture shows whenever they happen, sorted.
    std::span<Symbol const> required;
    /// For each loop of the automaton: how many members there are, where that is known. May be
    /// shorter than the loops: the others are unknown.
    std::span<std::optional<std::uint64_t> const> rounds = {};
    bool count_rounds = false; ///< Run::rounds is wanted
    bool find_passed = false;  ///< Run::passed is wanted
};

/// What every accepting run did with an open call, as a set.
enum Passed : std::uint8_t {
    kInlined = 1, ///< took it for inlined, at least once
    kCalled = 2,  ///< took it for a call, at least once
    kPassed = 4,  ///< one or the other
};

/// What the accepting runs have in common.
struct Run {
    bool accepted = false;
    bool overflow = false;     ///< too many runs: what else is told is of more than there are
    bool guessed = false;      ///< overflow, and only a run with contradicting answers was found
    std::uint8_t outcomes = 0; ///< how the call can have ended
    std::size_t read = 0;      ///< how many letters some run could read
    /// For each letter: the steps (of which node) that accepting runs took.
    struct Taken {
        NodeIndex node = 0;
        StepIndex step = 0;
        auto operator<=>(Taken const&) const = default;
    };
    std::vector<std::vector<Taken>> taken;
    /// For each key: bit 0, some accepting run answers no; bit 1, some answers yes; 0: nobody asks.
    std::vector<std::uint8_t> asked;
    /// Only if wanted. For each loop: how many rounds the accepting run with the fewest of them
    /// made. A round that shows nothing is not among them.
    std::vector<std::uint64_t> rounds;
    /// Only if wanted. For each open call: a set of Passed.
    std::vector<std::uint8_t> passed;
    std::vector<std::uint32_t> maybes; ///< reasons that accepting runs passed, sorted
    /// Where nothing was accepted: the steps that could have come at `read`.
    std::vector<Taken> expected;
    bool could_end = false; ///< where nothing was accepted: the call could have ended at `read`
};

Run simulate(Automaton const& automaton, Word const& word, Knowledge const& knowledge);

} // namespace kflow::check
