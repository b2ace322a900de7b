#pragma once
// Measures the check itself: wrong captures are made of a right one, and those that are reported
// where they are wrong are counted.

#include "sim/check/build_context.hpp"
#include "sim/check/check.hpp"

#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace kflow::check {

class MutantJudge {
public:
    /// All must outlive it.
    MutantJudge(BuildContext& with, trace::Capture const& capture, Forest const& forest)
        : with_(with), capture_(capture), forest_(forest) {}

    /// Adds as many mutants of the capture as are asked for.
    void measure(RealLists const& real, Checker::Mutants const& mutants, Random& random,
                 Checker::Measure& out);

private:
    /// Where something differs, and what.
    using Place = std::tuple<DifferenceKind, std::string, std::string, std::uint32_t>;

    ConformanceResult conformance(trace::Capture const& capture, Forest const& forest);
    std::vector<Place> places(trace::Capture const& capture, Forest const& forest);
    bool is_reported(trace::Capture const& mutant, Mutation const& made,
                     std::vector<Place> const& before);
    std::optional<bool> is_accepted_without_body(Forest const& forest, Mutation const& made);
    bool is_reported_in_cut(Mutant const& mutant);
    bool is_reported_in_whole(Mutant const& mutant);

    BuildContext& with_;
    trace::Capture const& capture_;
    Forest const& forest_;
    std::optional<std::vector<Place>> before_; ///< of the capture itself; made when first asked for
};

} // namespace kflow::check
