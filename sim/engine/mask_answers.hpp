#pragma once
// The mask of a whole program, worked out when kflow is built: what look-ups in the build's facts
// would answer for every call that the program can come to. docs/decisions/0007-fast-start.md.

#include "sim/build/build_facts.hpp"
#include "sim/model/ir.hpp"

#include <cstdint>
#include <vector>

namespace kflow::engine {

/// Owns what model::MaskAnswers views; its symbols' names are the build's.
struct AnsweredMask {
    std::vector<model::MaskedCall> calls;
    std::vector<std::uint32_t> first;
    std::vector<model::Silence> silence;
    std::vector<model::MaskedSymbol> symbols;
};

/// The answers for all calls by `call` and `via` that can be reached from a function that the build
/// has a symbol of. What the engine calls on its own behalf is not among them.
AnsweredMask answer_mask(model::Program const& program, build::BuildFacts const& build);

} // namespace kflow::engine
