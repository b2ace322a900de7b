#include "sim/check/check.hpp"

#include "sim/check/build_context.hpp"
#include "sim/check/capture_check.hpp"
#include "sim/check/capture_windows.hpp"
#include "sim/check/curated.hpp"
#include "sim/check/learned_flow.hpp"
#include "sim/check/mask_learner.hpp"
#include "sim/check/mutate.hpp"
#include "sim/check/schedule.hpp"
#include "sim/check/seen_shapes.hpp"
#include "sim/check/traits.hpp"
#include "sim/model/model.hpp"
#include "sim/model/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace kflow::check {
namespace {

/// A capture whose symbols a build knows to less than this share comes from another kernel.
constexpr double kKnownShare = 0.999;

/// Each way in which a capture contradicts a body, once.
void note_contradictions(std::string const& file, ConformanceResult const& result,
                         std::vector<std::string>& notes) {
    std::map<std::tuple<std::string, std::string, DifferenceKind>, std::size_t> times;
    for (auto const& d : result.divergences) {
        ++times[{d.parent, d.function, d.kind}];
    }
    for (auto const& d : result.divergences) {
        auto const counted = times.extract({d.parent, d.function, d.kind});
        if (!counted.empty()) {
            notes.push_back(fmt::format("{}:{}: contradicts the model ({} times): {}", file,
                                        d.capture_line, counted.mapped(), d.reason));
        }
    }
}

/// Those of functions without a body.
std::vector<SeenCall> whole_calls(BuildContext const& with, Forest const& forest,
                                  ConformanceResult& result) {
    auto known = with.uncurated();
    known.habits = nullptr;
    UncuratedCheck uncurated(with.program, known);
    uncurated.see(forest);
    return uncurated.whole_calls(result);
}

} // namespace

struct Checker::Impl {
    using Measure = Checker::Measure;
    using Mutants = Checker::Mutants;

    explicit Impl(CheckOptions o) : options(std::move(o)) {}

    CheckOptions options;
    std::shared_ptr<model::Model const> model;
    std::map<std::pair<std::string, bool>, std::unique_ptr<BuildContext>> builds; ///< by Profile
    std::map<std::string, std::unique_ptr<scenario::Replay>> replays; ///< of the scenario, by build
    std::optional<std::vector<LifecycleRule>> rules;
    std::map<std::string, std::vector<Diagnostic>> model_errors; ///< of each build
    std::vector<Diagnostic> trouble;                             ///< of the rules' own files
    BuildContext* last = nullptr;

    /// Null with a diagnostic if there is no such build.
    BuildContext* context(Profile const& profile, std::vector<Diagnostic>& diagnostics) {
        auto const& name = profile.build;
        auto const known = builds.find({name, profile.own_profile});
        if (known != builds.end()) {
            return known->second.get();
        }
        auto loaded = build::BuildFacts::load(options.model_dir, name);
        if (auto* error = std::get_if<Diagnostic>(&loaded)) {
            diagnostics.push_back(*error);
            return nullptr;
        }
        auto facts = std::get<build::BuildFacts>(std::move(loaded));
        if (!model) {
            model = model::Model::load(options.model_dir);
        }
        auto const version = facts.version();
        auto resolution = model::resolve(
            model, {name, version.major, version.minor, version.patch,
                    [facts](std::string_view option) { return facts.config_enabled(option); }});
        auto wrong = model->diagnostics();
        wrong.insert(wrong.end(), resolution.diagnostics.begin(), resolution.diagnostics.end());
        model_errors[name] = std::move(wrong);
        auto made = std::make_unique<BuildContext>(std::move(facts), std::move(resolution.program),
                                                   profile.own_profile);
        if (profile.own_profile) {
            auto const no_flow = made->load_flow(options.model_dir);
            auto const not_learned = made->load_learned(options.model_dir, options.learned);
            if (not_learned && !options.learned.empty()) { // It was asked for.
                diagnostics.push_back(*not_learned);
                return nullptr;
            }
            for (auto const& wrong_file : {no_flow, not_learned}) {
                if (wrong_file) {
                    trouble.push_back(*wrong_file);
                }
            }
        }
        return builds.emplace(std::pair(name, profile.own_profile), std::move(made))
            .first->second.get();
    }

    /// Of builds whose names fit a graph equally well, that from which its calls differ least; the
    /// first of these.
    std::string fits_best(std::vector<std::string> const& candidates, Window const& window,
                          std::vector<Diagnostic>& diagnostics) {
        std::string best;
        std::size_t fewest = 0;
        for (auto const& candidate : candidates) {
            auto* const context_ = context({candidate}, diagnostics);
            if (!context_) {
                return {};
            }
            auto const differences =
                check_graph(context_->graph(), window.view(), window.forest, false)
                    .divergences.size();
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

    /// How a guess came about, in words.
    static std::string reason_of(build::Guess const& guess) {
        if (guess.names == 0) {
            return "guessed: it prints the events as the capture has them";
        }
        auto reason = fmt::format("guessed: it knows {:.1f} % of {} function names",
                                  100 * guess.known, guess.names);
        if (guess.sizes_agree >= 0) {
            reason += fmt::format(", and {:.1f} % of their sizes agree", 100 * guess.sizes_agree);
        }
        return reason;
    }

    /// The build to check with; none with a diagnostic where there is none.
    Profile choose_build(Window const& window, bool is_graph, Report& report) {
        if (!options.build.empty()) {
            report.build_reason = "given";
            return {options.build};
        }
        auto const guessed = build::guess(options.model_dir, traits_of(*window.events));
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
        auto const other_sizes = guess.sizes_agree >= 0 && guess.sizes_agree < 1;
        if ((guess.names > 0 && guess.known < kKnownShare) || other_sizes) {
            report.assumptions.push_back("this kernel has no profile of its own; " + guess.build +
                                         " is the nearest; what that one inlines may be a call "
                                         "here, and the other way round");
            return {guess.build, false};
        }
        if (guess.candidates.size() > 1) {
            return {settle(guess.candidates, window, is_graph, report)};
        }
        return {guess.build};
    }

    /// Names and events fit several builds: what calls what decides, where the capture shows it.
    std::string settle(std::vector<std::string> candidates, Window const& window, bool is_graph,
                       Report& report) {
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

    /// Chooses the build by a capture's first window. Null with diagnostics where there is none.
    BuildContext* choose_context(Window const& window, bool is_graph, Report& report) {
        auto const profile = choose_build(window, is_graph, report);
        report.build = profile.build;
        last = profile.build.empty() ? nullptr : context(profile, report.diagnostics);
        return last;
    }

    /// Why what was read of a capture cannot be judged, if that is so.
    static std::vector<Diagnostic> unreadable(trace::Capture const& capture,
                                              std::optional<Diagnostic> const& nested) {
        if (!capture.readable()) {
            return capture.diagnostics;
        }
        return nested ? std::vector<Diagnostic>{*nested} : std::vector<Diagnostic>{};
    }

    /// A capture that can be judged, whole.
    struct Readable {
        trace::Capture capture;
        Forest forest;
    };

    /// That of a file; nothing, with the reason in the report, if it cannot be read.
    std::optional<Readable> read(std::string const& file, Report& report) {
        report.capture = file;
        CaptureWindows windows(file, CaptureWindows::kAll);
        auto window = windows.next();
        if (!window) {
            report.diagnostics.push_back(*windows.problem());
            return std::nullopt;
        }
        auto capture = windows.capture();
        auto const is_graph = capture.format.is_graph();
        report.lines = capture.summary.lines;
        report.tracer = capture.format.tracer.view();
        report.diagnostics =
            unreadable(capture, is_graph ? too_deep(window->forest, file) : std::nullopt);
        if (!report.diagnostics.empty() || !choose_context(*window, is_graph, report)) {
            return std::nullopt;
        }
        capture.events = std::move(*window->events);
        return Readable{std::move(capture), std::move(window->forest)};
    }

    /// Judges window after window.
    Report check(std::string const& file) {
        Report report;
        report.capture = file;
        auto const is_whole = !options.scenario.empty(); // A schedule is sought in all of it.
        CaptureWindows windows(file, is_whole ? CaptureWindows::kAll : options.window);
        std::unique_ptr<CaptureCheck> judging;
        bool has_chosen = false; // a build, or found none
        std::optional<Diagnostic> nested;
        std::shared_ptr<std::vector<trace::Event>> events;
        for (auto window = windows.next(); window; window = windows.next()) {
            auto const is_graph = window->format.is_graph();
            if (is_graph && !nested) {
                nested = too_deep(window->forest, file);
            }
            if (!window->is_readable || nested) {
                continue;
            }
            if (!std::exchange(has_chosen, true) && choose_context(*window, is_graph, report)) {
                judging = std::make_unique<CaptureCheck>(*last, the_rules(), window->format,
                                                         options.explain);
            }
            if (judging) {
                judging->see(*window);
            }
            events = window->events;
        }
        finish(report, windows, nested, judging.get(), events);
        return report;
    }

    /// The report of a capture that was read as far as it can be.
    /// `events`: those of the last window that was judged.
    void finish(Report& report, CaptureWindows const& windows,
                std::optional<Diagnostic> const& nested, CaptureCheck* judging,
                std::shared_ptr<std::vector<trace::Event>> const& events) {
        if (windows.problem()) {
            report = {};
            report.capture = windows.capture().file;
            report.diagnostics.push_back(*windows.problem());
            return;
        }
        auto const& capture = windows.capture();
        auto const why = unreadable(capture, nested);
        if (!why.empty()) {
            report = {};
            report.capture = capture.file;
            report.diagnostics = why;
        }
        report.lines = capture.summary.lines;
        report.tracer = capture.format.tracer.view();
        if (!why.empty() || !judging) {
            return;
        }
        judging->finish(report);
        report.diagnostics = model_errors[report.build];
        report.diagnostics.insert(report.diagnostics.end(), trouble.begin(), trouble.end());
        if (!options.scenario.empty()) {
            auto const* const replay = scenario_on(report.build, report.diagnostics);
            if (!replay) {
                return; // It cannot be read: stays unreadable.
            }
            auto whole = capture;
            whole.events = std::move(*events);
            report.scenario = find_schedule(*replay, whole);
        }
        decide(report, capture.summary.first_line_cut, capture.summary.last_line_cut);
    }

    /// Witness 1 for a capture of a build: the bodies, and the code of what has none.
    ConformanceResult conformance(trace::Capture const& capture, Forest const& forest,
                                  BuildContext& with) {
        auto result = check_graph(with.graph(), capture.events, forest, false);
        if (with.orders && capture.format.is_graph() && result.filter == 0) {
            UncuratedCheck uncurated(with.program, with.uncurated());
            uncurated.see(forest);
            uncurated.finish(result);
        }
        return result;
    }

    using Place = std::tuple<DifferenceKind, std::string, std::string, std::uint32_t>;

    std::vector<Place> places(trace::Capture const& capture, Forest const& forest) {
        auto const result = conformance(capture, forest, *last);
        std::vector<Place> found;
        for (auto const& d : result.divergences) {
            found.emplace_back(d.kind, d.function, d.parent, d.capture_line);
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    /// Whether a mutant is reported where it is wrong, other than the original is.
    bool is_reported(trace::Capture const& mutant, Forest const& forest, Mutation const& made,
                     std::vector<Place> const& before) {
        auto const after = places(mutant, forest);
        return std::any_of(after.begin(), after.end(), [&](Place const& place) {
            auto const line = std::get<3>(place);
            return line >= made.first_line && line <= made.last_line &&
                   !std::binary_search(before.begin(), before.end(), place);
        });
    }

    /// Of a mutant in a function without a body: whether the changed calls are as they may be.
    /// Nothing where a body has a say.
    std::optional<bool> is_accepted_without_body(Forest const& forest, Mutation const& made) {
        CuratedNames curated(last->program);
        if (!last->orders || curated.has(made.parent)) {
            return std::nullopt;
        }
        UncuratedCheck const uncurated(last->program, last->uncurated());
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

    /// What is wrong with a mutant is wrong with the function whose list was changed: its call
    /// alone tells of most. Less is known there than of the whole capture, so what is reported in
    /// the cut is reported in the whole, too.
    bool is_reported_in_cut(trace::Capture const& capture, Mutant const& mutant) {
        auto original = mutant;
        original.without.clear();
        auto const right = original.cut(capture);
        auto const wrong = mutant.cut(capture);
        auto const before = places(right, build_forest(right));
        return is_reported(wrong, build_forest(wrong), mutant.mutation, before);
    }

    void measure(trace::Capture const& capture, Forest const& forest, RealLists const& real,
                 Mutants const& mutants, Random& random, Measure& out) {
        std::optional<std::vector<Place>> before;
        auto const is_reported_in_whole = [&](Mutant const& mutant) {
            if (!before) {
                before = places(capture, forest);
            }
            auto const whole = mutant.whole(capture);
            return is_reported(whole, build_forest(whole), mutant.mutation, *before);
        };
        Mutator const mutator(last->program, capture, forest, real, mutants.choice);
        for (std::size_t i = 0; i < mutants.count; ++i) {
            auto const mutant = mutator.mutate(random);
            if (!mutant) {
                return;
            }
            auto const& made = mutant->mutation;
            auto const accepted =
                is_accepted_without_body(build_forest(mutant->cut(capture)), made);
            auto const found =
                accepted ? !*accepted
                         : is_reported_in_cut(capture, *mutant) || is_reported_in_whole(*mutant);
            auto& kind = out.kinds[std::string(to_string(made.kind))];
            ++kind.first;
            ++out.made;
            kind.second += found ? 1 : 0;
            out.found += found ? 1 : 0;
            if (!found) {
                out.missed.push_back(fmt::format("{}:{}: {} {} in {}", capture.file,
                                                 made.first_line, to_string(made.kind),
                                                 made.function.view(), made.parent.view()));
            }
        }
    }

    /// The scenario on a build; null with diagnostics where it cannot be read.
    scenario::Replay const* scenario_on(std::string const& build,
                                        std::vector<Diagnostic>& diagnostics) {
        auto& known = replays[build];
        if (!known) {
            scenario::ReplayOptions replay;
            replay.model_dir = options.model_dir;
            replay.model = model;
            replay.build = build;
            auto loaded = scenario::Replay::load(options.scenario, replay);
            if (auto const* const wrong = std::get_if<std::vector<Diagnostic>>(&loaded)) {
                diagnostics.insert(diagnostics.end(), wrong->begin(), wrong->end());
                return nullptr;
            }
            known = std::get<std::unique_ptr<scenario::Replay>>(std::move(loaded));
        }
        return known.get();
    }

    std::vector<LifecycleRule> const& the_rules() {
        if (!rules) {
            rules = load_rules(options.model_dir, trouble);
        }
        return *rules;
    }
};

Checker::Checker(CheckOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Checker::~Checker() = default;

Report Checker::check(std::string const& file) {
    return impl_->check(file);
}

Checker::Measure Checker::measure(std::vector<std::string> const& files, Mutants const& mutants,
                                  std::vector<Diagnostic>& diagnostics) {
    Measure out;
    RealLists real;
    std::vector<std::string> graphs;
    auto const read = [&](std::string const& file) {
        Report report;
        auto const readable = impl_->read(file, report);
        diagnostics.insert(diagnostics.end(), report.diagnostics.begin(), report.diagnostics.end());
        auto const is_graph = readable && readable->capture.format.is_graph();
        if (is_graph) {
            real.add(readable->forest);
        }
        return is_graph;
    };
    std::for_each(mutants.real.begin(), mutants.real.end(), read);
    std::copy_if(files.begin(), files.end(), std::back_inserter(graphs), read);
    Random random(mutants.seed);
    for (auto const& file : graphs) {
        Report report;
        if (auto const readable = impl_->read(file, report)) {
            impl_->measure(readable->capture, readable->forest, real, mutants, random, out);
        }
    }
    return out;
}

bool Checker::learn(std::string const& file, Learned& into, std::vector<Diagnostic>& diagnostics,
                    std::vector<std::string>& notes) {
    Report report;
    auto const readable = impl_->read(file, report);
    diagnostics.insert(diagnostics.end(), report.diagnostics.begin(), report.diagnostics.end());
    if (!readable) {
        return false;
    }
    auto const& [capture, forest] = *readable;
    if (!capture.format.is_graph() || !impl_->last->orders) {
        notes.push_back(file + (capture.format.is_graph()
                                    ? ": " + report.build + " has no control flow"
                                    : ": only function_graph shows who calls whom"));
        return false;
    }
    auto& with = *impl_->last;
    auto result = check_graph(with.graph(), capture.events, forest, false);
    auto const calls =
        result.filter > 0 ? std::vector<SeenCall>{} : whole_calls(with, forest, result);
    if (calls.empty()) {
        notes.push_back(file + ": not every function was traced");
        return false;
    }
    note_contradictions(file, result, notes);
    auto const name = std::filesystem::path(file).filename().string();
    into.profile.add(name, calls);
    if (!into.shapes.has(name)) {
        add_shapes(with.program, forest, name, into.shapes);
    }
    return true;
}

std::string Checker::bodies(Learned const& learned, std::vector<Diagnostic>& diagnostics) {
    auto* const with = impl_->context({impl_->options.build}, diagnostics);
    if (!with || !with->orders) {
        return {};
    }
    return learned_flow(with->facts.name(), learned.profile, *with->orders, learned.shapes);
}

LearnedMask Checker::learn_mask(std::vector<std::string> const& files, std::size_t& used,
                                std::vector<Diagnostic>& diagnostics,
                                std::vector<std::string>& notes) {
    std::optional<MaskLearner> learner;
    std::vector<std::string> graphs;
    used = 0;
    for (auto const& file : files) {
        Report report;
        auto const readable = impl_->read(file, report);
        diagnostics.insert(diagnostics.end(), report.diagnostics.begin(), report.diagnostics.end());
        if (!readable) {
            continue;
        }
        if (!learner) {
            learner.emplace(impl_->last->program, impl_->last->facts);
        }
        learner->look(readable->capture, readable->forest);
        if (readable->capture.format.is_graph()) {
            graphs.push_back(file);
        } else {
            ++used;
        }
    }
    for (auto const& file : graphs) {
        Report report;
        auto const readable = impl_->read(file, report);
        auto const name = std::filesystem::path(file).filename().string();
        if (readable && learner->judge(name, readable->capture, readable->forest)) {
            ++used;
        } else {
            notes.push_back(file + ": not every function was traced");
        }
    }
    return learner ? learner->result() : LearnedMask();
}

std::vector<std::string> Checker::curated() const {
    std::vector<std::string> names;
    if (impl_->last) {
        for (auto const& f : impl_->last->program.functions) {
            if (f.has_body) {
                names.emplace_back(f.name);
            }
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

} // namespace kflow::check
