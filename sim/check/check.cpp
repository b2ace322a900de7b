#include "sim/check/check.hpp"

#include "sim/check/build_contexts.hpp"
#include "sim/check/capture_check.hpp"
#include "sim/check/capture_windows.hpp"
#include "sim/check/learned_flow.hpp"
#include "sim/check/mask_learner.hpp"
#include "sim/check/mutant_judge.hpp"
#include "sim/check/schedule.hpp"
#include "sim/check/seen_shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace kflow::check {
namespace {

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
    explicit Impl(CheckOptions o) : options(std::move(o)), builds(options) {}

    CheckOptions options;
    BuildContexts builds;
    std::map<std::string, std::unique_ptr<scenario::Replay>> replays; ///< of the scenario, by build
    std::optional<std::vector<LifecycleRule>> rules;
    std::vector<Diagnostic> trouble; ///< of the rules' own files

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
        if (!report.diagnostics.empty() || !builds.choose(*window, is_graph, report)) {
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
            if (!std::exchange(has_chosen, true) && builds.choose(*window, is_graph, report)) {
                judging = std::make_unique<CaptureCheck>(*builds.last(), the_rules(),
                                                         window->format, options.explain);
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
        report.diagnostics = builds.problems(report.build);
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

    /// The scenario on a build; null with diagnostics where it cannot be read.
    scenario::Replay const* scenario_on(std::string const& build,
                                        std::vector<Diagnostic>& diagnostics) {
        auto& known = replays[build];
        if (!known) {
            scenario::ReplayOptions replay;
            replay.model_dir = options.model_dir;
            replay.model = builds.model();
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
            MutantJudge(*impl_->builds.last(), readable->capture, readable->forest)
                .measure(real, mutants, random, out);
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
    if (!capture.format.is_graph() || !impl_->builds.last()->orders) {
        notes.push_back(file + (capture.format.is_graph()
                                    ? ": " + report.build + " has no control flow"
                                    : ": only function_graph shows who calls whom"));
        return false;
    }
    auto& with = *impl_->builds.last();
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
    auto* const with = impl_->builds.get({impl_->options.build}, diagnostics);
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
            learner.emplace(impl_->builds.last()->program, impl_->builds.last()->facts);
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
    if (auto const* const last = impl_->builds.last()) {
        for (auto const& f : last->program.functions) {
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
