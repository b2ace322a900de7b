#include "sim/cli/diff_inputs.hpp"

#include "sim/cli/build_names.hpp"
#include "sim/cli/events.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/model/target.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace kflow::cli {

namespace {

using Diagnostics = std::vector<Diagnostic>;

Diagnostic error(std::string place, std::string message, std::string hint) {
    return {Severity::error, {std::move(place), 0, 0}, std::move(message), "", std::move(hint)};
}

std::variant<InputKind, Diagnostic> kind_of(std::string const& input, std::string const& model) {
    auto const builds = build::list_builds(model);
    if (std::ranges::find(builds, input) != builds.end()) {
        return InputKind::build;
    }
    if (is_scenario(input)) {
        return InputKind::scenario;
    }
    std::error_code ignored;
    if (input == "-" || std::filesystem::exists(input, ignored)) {
        return InputKind::capture;
    }
    auto const near = nearest_word(input, {builds.begin(), builds.end()});
    return error(input, "a kernel build, a capture or a .scenario file is expected: there is none",
                 near.empty() ? fmt::format("the builds are {}", fmt::join(builds, ", "))
                              : fmt::format("did you mean \"{}\"?", near));
}

std::variant<std::unique_ptr<KnownBuild>, Diagnostic>
load_build(std::shared_ptr<model::Model const> const& model, std::string const& dir,
           std::string_view name) {
    auto loaded = build::BuildFacts::load(dir, name);
    if (auto* const diagnostic = std::get_if<Diagnostic>(&loaded)) {
        return std::move(*diagnostic);
    }
    auto const& facts = std::get<build::BuildFacts>(loaded);
    return std::make_unique<KnownBuild>(facts, model::resolve(model, model::target_of(facts)),
                                        names_of(facts, dir));
}

Diagnostic no_function(std::string const& name, std::set<std::string_view> const& known,
                       std::string message) {
    auto const near = nearest_word(name, {known.begin(), known.end()});
    return error(name, std::move(message),
                 near.empty() ? "--below wants a function that one of the two has"
                              : fmt::format("did you mean \"{}\"?", near));
}

/// Whether there is anything to compare at all.
std::optional<Diagnostic> unknown_root(BuildPair const& pair, std::string const& below) {
    std::set<std::string_view> known;
    for (auto const* const build : {pair.first.get(), pair.second.get()}) {
        for (auto const& f : build->program().functions) {
            known.insert(f.name);
        }
    }
    if (below.empty() || known.contains(below)) {
        return std::nullopt;
    }
    return no_function(below, known, "the models of both builds have no such function");
}

/// Whether a capture tells calls by function_graph's records.
bool is_nested(trace::Capture const& capture) {
    return std::ranges::any_of(capture.events, [](trace::Event const& event) {
        return event.as<trace::GraphEntry>() || event.as<trace::GraphLeaf>();
    });
}

bool has_calls(trace::Capture const& capture) {
    return is_nested(capture) || std::ranges::any_of(capture.events, [](trace::Event const& e) {
               return e.as<trace::FunctionEntry>() != nullptr;
           });
}

struct CapturePair {
    trace::Capture first;
    trace::Capture second;
};

/// Captures are read before scenarios are run: a run is traced as the capture beside it was.
std::variant<CapturePair, Diagnostics> read_captures(DiffOptions const& options) {
    EventSource first{options.first, options.model, options.first_build, "", options.seed, true};
    EventSource second{options.second, options.model, options.second_build, "", options.seed, true};
    CapturePair pair;
    std::string tracer = "function_graph";
    for (bool const running : {false, true}) {
        for (auto [source, capture] :
             {std::pair(&first, &pair.first), std::pair(&second, &pair.second)}) {
            if (is_scenario(source->input) != running) {
                continue;
            }
            source->tracer = tracer;
            auto events = events_of(*source);
            if (auto* const diagnostics = std::get_if<Diagnostics>(&events)) {
                return std::move(*diagnostics);
            }
            *capture = std::get<trace::Capture>(std::move(events));
            if (!has_calls(*capture)) {
                return Diagnostics{error(source->input,
                                         "there are no calls in it: it was recorded without a "
                                         "tracer of functions",
                                         "record it with current_tracer function_graph")};
            }
            if (!running && !is_nested(*capture)) {
                tracer = "function";
            }
        }
    }
    return pair;
}

std::optional<Diagnostic> uncalled_root(CapturePair const& pair, std::string const& below) {
    auto const first = trace::profile_of(pair.first);
    auto const second = trace::profile_of(pair.second);
    std::set<std::string_view> known;
    for (auto const* const profile : {&first, &second}) {
        for (auto const& [name, function] : profile->functions) {
            known.insert(name);
        }
    }
    if (below.empty() || known.contains(below)) {
        return std::nullopt;
    }
    return no_function(below, known, "neither of the two calls it");
}

std::string name_of(std::string const& input, std::string const& build) {
    return is_scenario(input) && !build.empty() ? fmt::format("{} on {}", input, build) : input;
}

} // namespace

KnownBuild::KnownBuild(build::BuildFacts facts, model::Resolution resolution,
                       std::optional<build::SourceNames> names)
    : facts_(std::move(facts)), resolution_(std::move(resolution)), names_(std::move(names)),
      calls_(resolution_.program) {}

std::variant<InputKind, Diagnostics> kinds_of(DiffOptions const& options) {
    auto const dir = model_dir(options.model);
    auto const first = kind_of(options.first, dir);
    auto const second = kind_of(options.second, dir);
    Diagnostics wrong;
    for (auto const* const kind : {&first, &second}) {
        if (auto const* const diagnostic = std::get_if<Diagnostic>(kind)) {
            wrong.push_back(*diagnostic);
        }
    }
    if (!wrong.empty()) {
        return wrong;
    }
    bool const builds = std::get<InputKind>(first) == InputKind::build;
    if (builds != (std::get<InputKind>(second) == InputKind::build)) {
        return Diagnostics{error(
            builds ? options.second : options.first,
            "a kernel build is compared with a build, a capture or a run with a capture or a run",
            "kflow check holds a capture against what a build can do")};
    }
    return builds ? InputKind::build : InputKind::capture;
}

std::variant<BuildPair, Diagnostics> load_builds(DiffOptions const& options) {
    auto const dir = model_dir(options.model);
    auto const model = model::Model::load(dir);
    BuildPair pair;
    for (auto [build, name] :
         {std::pair(&pair.first, &options.first), std::pair(&pair.second, &options.second)}) {
        auto loaded = load_build(model, dir, *name);
        if (auto* const diagnostic = std::get_if<Diagnostic>(&loaded)) {
            return Diagnostics{std::move(*diagnostic)};
        }
        *build = std::get<std::unique_ptr<KnownBuild>>(std::move(loaded));
    }
    if (auto unknown = unknown_root(pair, options.below)) {
        return Diagnostics{std::move(*unknown)};
    }
    return pair;
}

std::variant<ProfilePair, Diagnostics> load_profiles(DiffOptions const& options) {
    auto captures = read_captures(options);
    if (auto* const diagnostics = std::get_if<Diagnostics>(&captures)) {
        return std::move(*diagnostics);
    }
    auto const& pair = std::get<CapturePair>(captures);
    if (auto uncalled = uncalled_root(pair, options.below)) {
        return Diagnostics{std::move(*uncalled)};
    }
    auto const dir = model_dir(options.model);
    auto build =
        load_build(model::Model::load(dir), dir,
                   options.second_build.empty() ? build::kDefaultBuild : options.second_build);
    if (auto* const diagnostic = std::get_if<Diagnostic>(&build)) {
        return Diagnostics{std::move(*diagnostic)};
    }
    return ProfilePair{trace::profile_of(pair.first, options.below),
                       trace::profile_of(pair.second, options.below),
                       std::get<std::unique_ptr<KnownBuild>>(std::move(build)),
                       {name_of(options.first, options.first_build),
                        name_of(options.second, options.second_build), options.below}};
}

} // namespace kflow::cli
