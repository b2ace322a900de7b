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

/// check_conformance() with the build's own mask (that of `cache`); where the capture then lacks
/// what its tracer cannot have shown, with a mask that is narrowed to what it does show. What was
/// taken for narrowed is in the result. `votes`: as in
/// ConformanceOptions, of the build's own mask: who wants them does not want a filtered capture
/// judged, nor what is no difference counted.
ConformanceResult check_graph(model::Program const& program, build::BuildFacts const& facts,
                              trace::Capture const& capture, Forest const& forest,
                              AutomataCache& cache, NarrowedCaches& narrowed, bool explain,
                              CallVotes* votes = nullptr);

} // namespace kflow::check
