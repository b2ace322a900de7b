#pragma once
// What one capture says of the calls that an open mask leaves open: inlined, or calls.

#include "sim/check/automaton.hpp"
#include "sim/check/forest.hpp"
#include "sim/check/simulate.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace kflow::check {

/// How many calls of the function whose code it is in say what of one open call.
struct CallVote {
    std::size_t passed = 0;        ///< in every way to read their children the call is made
    std::size_t inlined = 0;       ///< in every way it is inlined, at least once
    std::size_t called = 0;        ///< a child can be nothing but this call
    std::uint32_t passed_line = 0; ///< of the first that says so, in the capture
    std::uint32_t inlined_line = 0;
    std::uint32_t called_line = 0;
};

class CallVotes {
public:
    /// The program must outlive it.
    explicit CallVotes(model::Program const& program) : program_(program) {}

    /// Takes the votes of one accepted call: its function's automaton, the run (with
    /// Knowledge::find_passed), and where its letters come from.
    void add(Automaton const& automaton, Run const& run, Forest const& forest, CallIndex call,
             std::vector<Child> const& sources);

    std::map<OpenCall, CallVote> const& all() const { return votes_; }

private:
    model::Program const& program_;
    std::map<OpenCall, CallVote> votes_;
};

} // namespace kflow::check
