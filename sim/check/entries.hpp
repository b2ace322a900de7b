#pragma once
// Witness 1 for the function tracer, which shows entries with their callers and stacks, not calls
// and returns: every caller must be one that the model knows, every stack a chain of such callers,
// and what a task enters below a system call must come in an order that the bodies allow.

#include "sim/build/build_facts.hpp"
#include "sim/check/alphabet.hpp"
#include "sim/check/conformance_result.hpp"
#include "sim/check/mask.hpp"
#include "sim/trace/event.hpp"

#include <memory>
#include <span>

namespace kflow::check {

/// Judges a capture's entries, window by window.
class EntriesCheck {
public:
    /// All must outlive it.
    EntriesCheck(model::Program const& program, build::BuildFacts const& facts, Alphabet& alphabet,
                 Mask const& mask);
    ~EntriesCheck();
    EntriesCheck(EntriesCheck const&) = delete;
    EntriesCheck& operator=(EntriesCheck const&) = delete;

    /// The next events. `is_last`: none follow.
    void see(std::span<trace::Event const> events, bool is_last);
    /// Adds what was found to a result: entries count as calls.
    void finish(ConformanceResult& result);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kflow::check
