#include "sim/check/build_contexts.hpp"

#include "sim/check/traits.hpp"
#include "sim/model/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace kflow::check {
namespace {

/// How a guess came about, in words.
std::string reason_of(build::Guess const& guess) {
    if (guess.names == 0) {
        return "guessed: it prints the events as the capture has them";
    }
    auto reason = fmt::format("guessed: it knows {:.1f} % of {} function names", 100 * guess.known,
                              guess.names);
    if (guess.sizes_agree >= 0) {
        reason += fmt::format(", and {:.1f} % of their sizes agree", 100 * guess.sizes_agree);
    }
    return reason;
}

/// A preemption model, and the function that tells it: only such a kernel has it.
struct Telltale {
    build::Preemption preemption;
    std::string_view option; ///< that it follows from
    std::string_view function;
};

// kernel/locking/spinlock_rt.c; kernel/rcu/tree_plugin.h
constexpr std::array kTelltales{
    Telltale{build::Preemption::rt, "PREEMPT_RT", "rt_spin_lock"},
    Telltale{build::Preemption::rt, "PREEMPT_RT", "rt_spin_unlock"},
    Telltale{build::Preemption::rt, "PREEMPT_RT", "rt_read_lock"},
    Telltale{build::Preemption::rt, "PREEMPT_RT", "rt_read_unlock"},
    Telltale{build::Preemption::rt, "PREEMPT_RT", "rt_write_lock"},
    Telltale{build::Preemption::rt, "PREEMPT_RT", "rt_write_unlock"},
    Telltale{build::Preemption::full, "PREEMPT_RCU", "__rcu_read_lock"},
    Telltale{build::Preemption::full, "PREEMPT_RCU", "__rcu_read_unlock"},
};

/// What a capture shows of its kernel's preemption model; null if nothing.
Telltale const* preemption_shown(build::CaptureTraits const& traits) {
    auto const shows = [&](Telltale const& one) {
        return std::ranges::find(traits.symbols, one.function) != traits.symbols.end() ||
               std::ranges::find(traits.frames, one.function) != traits.frames.end();
    };
    auto const* const found = std::ranges::find_if(kTelltales, shows);
    return found == kTelltales.end() ? nullptr : found;
}

} // namespace

BuildContext* BuildContexts::get(Profile const& profile, std::vector<Diagnostic>& diagnostics) {
    auto const& name = profile.build;
    auto const known = builds_.find(profile);
    if (known != builds_.end()) {
        return known->second.get();
    }
    auto loaded = build::BuildFacts::load(options_.model_dir, name);
    if (auto* error = std::get_if<Diagnostic>(&loaded)) {
        diagnostics.push_back(*error);
        return nullptr;
    }
    auto facts = std::get<build::BuildFacts>(std::move(loaded));
    if (profile.preemption) {
        facts = facts.with(*profile.preemption);
    }
    if (!model_) {
        model_ = model::Model::load(options_.model_dir);
    }
    auto const version = facts.version();
    auto resolution = model::resolve(
        model_, {name, version.major, version.minor, version.patch,
                 [facts](std::string_view option) { return facts.config_enabled(option); }});
    auto wrong = model_->diagnostics();
    wrong.insert(wrong.end(), resolution.diagnostics.begin(), resolution.diagnostics.end());
    model_errors_[name] = std::move(wrong);
    auto made = std::make_unique<BuildContext>(std::move(facts), std::move(resolution.program),
                                               profile.own_profile);
    if (profile.own_profile) {
        auto const no_flow = made->load_flow(options_.model_dir);
        auto const not_learned = made->load_learned(options_.model_dir, options_.learned);
        if (not_learned && !options_.learned.empty()) { // It was asked for.
            diagnostics.push_back(*not_learned);
            return nullptr;
        }
        for (auto const& wrong_file : {no_flow, not_learned}) {
            if (wrong_file) {
                file_errors_.push_back(*wrong_file);
            }
        }
    }
    return builds_.emplace(profile, std::move(made)).first->second.get();
}

/// Of builds whose names fit a graph equally well, that from which its calls differ least; the
/// first of these.
std::string BuildContexts::fits_best(std::vector<std::string> const& candidates,
                                     Window const& window, std::vector<Diagnostic>& diagnostics) {
    std::string best;
    std::size_t fewest = 0;
    for (auto const& candidate : candidates) {
        auto* const context_ = get({candidate}, diagnostics);
        if (!context_) {
            return {};
        }
        auto const differences =
            check_graph(context_->graph(), window.view(), window.forest, false).divergences.size();
        if (best.empty() || differences < fewest) {
            best = candidate;
            fewest = differences;
        }
        if (fewest == 0) {
            break;
        }
    }
    return best;
}

/// Whether a build has a configuration option.
bool BuildContexts::has(std::string const& build, std::string_view option) const {
    auto const loaded = build::BuildFacts::load(options_.model_dir, build);
    auto const* const facts = std::get_if<build::BuildFacts>(&loaded);
    return facts && facts->config_enabled(option);
}

/// The build to check with; none with a diagnostic where there is none.
Profile BuildContexts::choose_build(Window const& window, bool is_graph, Report& report) {
    if (!options_.build.empty()) {
        report.build_reason = "given";
        return {options_.build};
    }
    auto const traits = traits_of(*window.events);
    auto const guessed = build::guess(options_.model_dir, traits);
    if (auto const* error = std::get_if<Diagnostic>(&guessed)) {
        report.diagnostics.push_back(*error);
        return {};
    }
    auto const& guess = std::get<build::Guess>(guessed);
    if (guess.judged == 0 || guess.build.empty()) {
        report.build_reason = "the default: the capture shows nothing to tell it by";
        return {std::string(build::kDefaultBuild)};
    }
    report.build_reason = reason_of(guess);
    // A kernel's symbols are all its own: one name, or one size, that the build does not know comes
    // from another.
    auto const other_names = guess.names > 0 && guess.known < 1;
    auto const other_sizes = guess.sizes_agree >= 0 && guess.sizes_agree < 1;
    auto const* telltale = preemption_shown(traits);
    if (telltale && has(guess.build, telltale->option)) {
        telltale = nullptr;
    }
    if (other_names || other_sizes || telltale) {
        report.assumptions.push_back("this kernel has no profile of its own; " + guess.build +
                                     " is the nearest; what that one inlines may be a call "
                                     "here, and the other way round");
        if (!telltale) {
            return {guess.build, false};
        }
        report.assumptions.push_back(fmt::format("it shows {}, which only a kernel with {} has: "
                                                 "checked as one",
                                                 telltale->function, telltale->option));
        return {guess.build, false, telltale->preemption};
    }
    if (guess.candidates.size() > 1) {
        return {settle(guess.candidates, window, is_graph, report)};
    }
    return {guess.build};
}

/// Names and events fit several builds: what calls what decides, where the capture shows it.
std::string BuildContexts::settle(std::vector<std::string> candidates, Window const& window,
                                  bool is_graph, Report& report) {
    if (is_graph) {
        auto const best = fits_best(candidates, window, report.diagnostics);
        if (best != candidates.front()) {
            report.build_reason += "; of several, the calls fit it best";
            return best;
        }
    }
    report.assumptions.push_back("it could be " + candidates[1] + " as well");
    return candidates.front();
}

BuildContext* BuildContexts::choose(Window const& window, bool is_graph, Report& report) {
    auto const profile = choose_build(window, is_graph, report);
    report.build = profile.build;
    last_ = profile.build.empty() ? nullptr : get(profile, report.diagnostics);
    return last_;
}

std::vector<Diagnostic> BuildContexts::problems(std::string const& build) const {
    auto const known = model_errors_.find(build);
    auto all = known == model_errors_.end() ? std::vector<Diagnostic>() : known->second;
    all.insert(all.end(), file_errors_.begin(), file_errors_.end());
    return all;
}

} // namespace kflow::check
