#include "sim/check/mutant_judge.hpp"

#include "sim/check/curated.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kflow::check {

/// What `kflow check` says of a capture without its rules: the bodies, and the code of what has
/// none.
ConformanceResult MutantJudge::conformance(trace::Capture const& capture, Forest const& forest) {
    auto result = check_graph(with_.graph(), capture.events, forest, false);
    if (with_.orders && capture.format.is_graph() && result.filter == 0) {
        UncuratedCheck uncurated(with_.program, with_.uncurated());
        uncurated.see(forest);
        uncurated.finish(result);
    }
    return result;
}

std::vector<MutantJudge::Place> MutantJudge::places(trace::Capture const& capture,
                                                    Forest const& forest) {
    auto const result = conformance(capture, forest);
    std::vector<Place> found;
    for (auto const& d : result.divergences) {
        found.emplace_back(d.kind, d.function, d.parent, d.capture_line);
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// Whether a mutant is reported where it is wrong, other than the original is.
bool MutantJudge::is_reported(trace::Capture const& mutant, Mutation const& made,
                              std::vector<Place> const& before) {
    auto const after = places(mutant, build_forest(mutant));
    return std::any_of(after.begin(), after.end(), [&](Place const& place) {
        auto const line = std::get<3>(place);
        return line >= made.first_line && line <= made.last_line &&
               !std::binary_search(before.begin(), before.end(), place);
    });
}

/// Of a mutant in a function without a body: whether the changed calls are as they may be.
/// Nothing where a body has a say.
std::optional<bool> MutantJudge::is_accepted_without_body(Forest const& forest,
                                                          Mutation const& made) {
    CuratedNames curated(with_.program);
    if (!with_.orders || curated.has(made.parent)) {
        return std::nullopt;
    }
    UncuratedCheck const uncurated(with_.program, with_.uncurated());
    auto const accepts = [&](CallIndex call) { return uncurated.accepts(forest, call); };
    for (CallIndex c = 0; c < forest.calls().size(); ++c) {
        if (forest[c].name != made.parent || forest[c].first_line != made.first_line) {
            continue;
        }
        auto const& children = forest[c].children;
        if (accepts(c) && curated.has(made.made)) {
            return std::nullopt;
        }
        return accepts(c) && std::all_of(children.begin(), children.end(), [&](auto child) {
                   return Forest::is_event(child) || forest.set_aside(child) ||
                          forest[child.index].name != made.made || accepts(child.index);
               });
    }
    return std::nullopt;
}

/// What is wrong with a mutant is wrong with the function whose list was changed: its call alone
/// tells of most. Less is known there than of the whole capture, so what is reported in the cut is
/// reported in the whole, too.
bool MutantJudge::is_reported_in_cut(Mutant const& mutant) {
    auto original = mutant;
    original.without.clear();
    auto const right = original.cut(capture_);
    return is_reported(mutant.cut(capture_), mutant.mutation, places(right, build_forest(right)));
}

bool MutantJudge::is_reported_in_whole(Mutant const& mutant) {
    if (!before_) {
        before_ = places(capture_, forest_);
    }
    return is_reported(mutant.whole(capture_), mutant.mutation, *before_);
}

void MutantJudge::measure(RealLists const& real, Checker::Mutants const& mutants, Random& random,
                          Checker::Measure& out) {
    Mutator const mutator(with_.program, capture_, forest_, real, mutants.choice);
    for (std::size_t i = 0; i < mutants.count; ++i) {
        auto const mutant = mutator.mutate(random);
        if (!mutant) {
            return;
        }
        auto const& made = mutant->mutation;
        auto const accepted = is_accepted_without_body(build_forest(mutant->cut(capture_)), made);
        auto const found =
            accepted ? !*accepted : is_reported_in_cut(*mutant) || is_reported_in_whole(*mutant);
        auto& kind = out.kinds[std::string(to_string(made.kind))];
        ++kind.first;
        ++out.made;
        kind.second += found ? 1 : 0;
        out.found += found ? 1 : 0;
        if (!found) {
            out.missed.push_back(fmt::format("{}:{}: {} {} in {}", capture_.file, made.first_line,
                                             to_string(made.kind), made.function.view(),
                                             made.parent.view()));
        }
    }
}

} // namespace kflow::check
