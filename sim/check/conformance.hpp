#pragma once
// Witness 1: every call's children against its function's body, as this build shows it.

#include "sim/build/build_facts.hpp"
#include "sim/check/automata_cache.hpp"
#include "sim/check/call_votes.hpp"
#include "sim/check/conformance_result.hpp"
#include "sim/check/forest.hpp"
#include "sim/check/history.hpp"
#include "sim/check/mappings.hpp"
#include "sim/check/settle.hpp"
#include "sim/trace/event_window.hpp"
#include "sim/trace/name_table.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace kflow::check {

/// Judges a capture window by window. What the windows have in common goes on from one to the next:
/// who lived when, and what was settled about whom.
class ConformanceCheck {
public:
    /// Both must outlive it. `explain`: Divergence::expected is wanted.
    ConformanceCheck(model::Program const& program, build::BuildFacts const& facts, bool explain)
        : program_(program), facts_(facts),
          explain_(explain), found_{
                                 {}, {}, {}, std::vector<Fitness>(program.functions.size()), {}} {}

    using Names = std::set<std::string, std::less<>>;

    /// Looks at the next window: who lives, and what is called.
    void see(trace::EventWindow const& events, Forest const& forest);

    /// Judges the calls that the window finishes, which was seen last. `is_filtered`: a child that
    /// its caller's body cannot show came through a function that is not shown and has no body. It
    /// is passed over. `votes`: where accepted calls tell what became of those that the mask leaves
    /// open, or null.
    void judge(trace::EventWindow const& events, Forest const& forest, AutomataCache& cache,
               bool is_filtered, CallVotes* votes = nullptr);

    /// What was found up to a window, to judge it otherwise.
    class Checkpoint;
    Checkpoint checkpoint();
    void restore(Checkpoint before);

    /// Accepts the calls that begin in these lines after all.
    void take_back(std::set<std::uint32_t> const& calls);

    /// Forgets what no window behind this one can ask for.
    void let_go(trace::EventWindow const& events, Forest const& forest);

    /// What was found so far; lists in no order.
    ConformanceResult const& so_far() const { return found_.result; }
    /// Names of all functions that were called so far.
    Names const& names() const { return names_; }
    ConformanceResult finish();

private:
    struct Found {
        Settled settled;
        Mappings mappings;
        ConformanceResult result;
        std::vector<Fitness> functions;             ///< calls of each function of the program
        trace::NameTable<std::size_t> unmodelled{}; ///< calls of each function without a body
    };

    model::Program const& program_;
    build::BuildFacts const& facts_;
    bool explain_;
    History history_;
    Names names_; ///< of functions that were called
    trace::NameTable<char> known_names_{};
    std::vector<trace::Name> called_; ///< likewise, in the order of their first calls
    Found found_;
};

/// Its lists are left where they are: a later window only adds to them.
class ConformanceCheck::Checkpoint {
    friend class ConformanceCheck;
    Found found;
    std::size_t divergences = 0;
    std::size_t counts = 0;
};

} // namespace kflow::check
