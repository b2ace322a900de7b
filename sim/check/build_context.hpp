#pragma once
// What captures of one build are checked with, made once for all of them.

#include "sim/base/text_file.hpp"
#include "sim/check/automata_cache.hpp"
#include "sim/check/graph_conformance.hpp"
#include "sim/check/mask.hpp"
#include "sim/check/uncurated.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace kflow::check {

/// What a capture is checked with.
struct Profile {
    std::string build;       ///< empty: there is none
    bool own_profile = true; ///< otherwise the build is only the nearest to the capture's kernel
    /// What the capture shows of its kernel's, where the nearest build has another.
    std::optional<build::Preemption> preemption = {};
    auto operator<=>(Profile const&) const = default;
};

/// Everything of one build that captures share.
struct BuildContext {
    build::BuildFacts facts;
    model::Program program;
    std::unique_ptr<BuildMask> mask;
    std::unique_ptr<AutomataCache> cache;
    std::unique_ptr<NarrowedCaches> narrowed;
    std::optional<build::ControlFlow> flow; ///< only of the capture's own build
    std::unique_ptr<ChildOrders> orders;    ///< null without it
    std::optional<LearnedProfile> learned;
    std::unique_ptr<Habits> habits; ///< null if nothing was learned

    BuildContext(build::BuildFacts f, model::Program p, bool own_profile)
        : facts(std::move(f)), program(std::move(p)),
          mask(own_profile ? std::make_unique<BuildMask>(program, facts)
                           : std::make_unique<NearestMask>(program, facts)),
          cache(std::make_unique<AutomataCache>(program, *mask)),
          narrowed(std::make_unique<NarrowedCaches>(program, *mask)) {}

    /// What is wrong with the build's control flow, if anything is.
    std::optional<Diagnostic> load_flow(std::string const& model_dir) {
        auto loaded = build::ControlFlow::load(model_dir, facts.name());
        if (auto* const wrong = std::get_if<Diagnostic>(&loaded)) {
            return std::move(*wrong);
        }
        flow = std::get<std::optional<build::ControlFlow>>(std::move(loaded));
        orders = flow ? std::make_unique<ChildOrders>(*flow) : nullptr;
        return std::nullopt;
    }

    /// Likewise of what was learned: the build's own, or that of a file.
    std::optional<Diagnostic> load_learned(std::string const& model_dir, std::string const& file) {
        auto loaded = file.empty() ? LearnedProfile::load(model_dir, facts.name())
                                   : read_as<LearnedProfile>(file);
        if (auto* const wrong = std::get_if<Diagnostic>(&loaded)) {
            return std::move(*wrong);
        }
        learned = std::get<std::optional<LearnedProfile>>(std::move(loaded));
        habits = learned && orders ? std::make_unique<Habits>(*learned, *orders) : nullptr;
        return std::nullopt;
    }

    GraphKnowledge graph() const { return {program, facts, *cache, *narrowed}; }

    UncuratedKnowledge uncurated() const {
        auto const preemption = facts.preemption();
        return {orders.get(), habits.get(),
                preemption != build::Preemption::none &&
                    preemption != build::Preemption::voluntary};
    }
};

} // namespace kflow::check
