#pragma once
// Witness 1 for a capture whose tracer may have shown less than its build can: a filter named some
// functions (set_ftrace_filter), or some were passed over (set_ftrace_notrace).

#include "sim/check/conformance.hpp"
#include "sim/check/mask.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace kflow::check {

/// Automata of one build as captures with one filter show them, kept for the next capture. Program
/// and mask must outlive it.
class NarrowedCaches {
public:
    NarrowedCaches(model::Program const& program, Mask const& mask);
    ~NarrowedCaches();

    using Names = std::set<std::string, std::less<>>;
    Mask const& mask() const { return mask_; } ///< the build's own
    AutomataCache& filtered_to(Names const& shown);
    AutomataCache& without(Names const& hidden);

private:
    struct Narrowed {
        std::unique_ptr<Mask> mask;
        std::unique_ptr<AutomataCache> cache;
    };
    AutomataCache& keep(std::map<Names, Narrowed>& place, Names const& names,
                        std::unique_ptr<Mask> mask);

    model::Program const& program_;
    Mask const& mask_;
    std::map<Names, Narrowed> filtered_;
    std::map<Names, Narrowed> untraced_;
};

/// What a build's captures are judged by. All must outlive its users.
struct GraphKnowledge {
    model::Program const& program;
    build::BuildFacts const& facts;
    AutomataCache& cache; ///< the build's own mask
    NarrowedCaches& narrowed;
};

/// Judges a capture window by window with the build's own mask; from the window on that lacks what
/// its tracer cannot have shown, with a mask that is narrowed to what it does show. What was taken
/// for narrowed is in the result.
class GraphCheck {
public:
    /// `votes`: where accepted calls tell what became of those that the mask leaves open, or null.
    /// Then a filtered capture, which tells nothing, is only known for one.
    GraphCheck(GraphKnowledge const& known, bool explain, CallVotes* votes = nullptr)
        : known_(known), check_(known.program, known.facts, explain), votes_(votes) {}

    void judge(trace::EventWindow const& events, Forest const& forest);
    ConformanceResult finish();

private:
    /// Where the differences of the window are those of a narrowed trace, judges it so.
    void narrow(ConformanceCheck::Checkpoint before, trace::EventWindow const& events,
                Forest const& forest);

    GraphKnowledge known_;
    ConformanceCheck check_;
    CallVotes* votes_;
    bool is_filtered_ = false;
    NarrowedCaches::Names untraced_; ///< functions that the tracer passed over
};

/// A capture of one window.
ConformanceResult check_graph(GraphKnowledge const& known, trace::EventWindow const& events,
                              Forest const& forest, bool explain, CallVotes* votes = nullptr);

} // namespace kflow::check
