// kflow model check | compile | list | show: the description itself.
#include "sim/base/input_file.hpp"
#include "sim/check/learned_flow.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/model_compile.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/cli/model_words.hpp"
#include "sim/model/call_graph.hpp"
#include "sim/model/ir_text.hpp"
#include "sim/model/lint.hpp"
#include "sim/model/reporter.hpp"
#include "sim/model/show.hpp"
#include "sim/model/target.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <memory>

namespace kflow::cli {

namespace {

struct Options {
    std::string model;
    std::vector<std::string> builds;
    std::string kernel;
    std::vector<std::string> config;
    bool quiet = false;
    std::string function;
    std::string as = "source";
    std::string file;
};

constexpr auto kFunction = model::ast::Declaration::Kind::function;

/// Everything that the subcommands of `model` need of the builds that were asked for.
struct Loaded {
    std::shared_ptr<model::Model const> model;
    std::vector<build::BuildFacts> facts; ///< empty with --kernel
    std::vector<model::Target> targets;
    std::map<std::string, build::SourceNames> names; ///< by series
    std::vector<Diagnostic> trouble;
};

void load_build(std::string const& dir, std::string const& name, Loaded& loaded) {
    auto facts = build::BuildFacts::load(dir, name);
    if (auto* diagnostic = std::get_if<Diagnostic>(&facts)) {
        loaded.trouble.push_back(*diagnostic);
        return;
    }
    loaded.facts.push_back(std::get<build::BuildFacts>(facts));
    loaded.targets.push_back(model::target_of(loaded.facts.back()));
}

/// The builds that --build names, or all of them; or the one that --kernel and --config describe.
void load_targets(std::string const& dir, Options const& options, Loaded& loaded) {
    if (!options.kernel.empty()) {
        auto target = model::target_of(options.kernel, options.config);
        if (target) {
            loaded.targets.push_back(*target);
        } else {
            loaded.trouble.push_back({Severity::error,
                                      {},
                                      fmt::format("\"{}\" is no version", options.kernel),
                                      "",
                                      "--kernel 6.12 or --kernel 6.12.117"});
        }
        return;
    }
    for (auto const& name : options.builds) {
        load_build(dir, name, loaded);
    }
}

Loaded load(Options const& options) {
    Loaded loaded;
    auto const dir = model_dir(options.model);
    load_targets(dir, options, loaded);
    loaded.model = model::Model::load(dir);
    return loaded;
}

/// What `check` needs beyond that: a build at all, and the lists of what the source has.
void load_sources(std::string const& dir, Loaded& loaded) {
    if (loaded.trouble.empty() && loaded.targets.empty()) {
        loaded.trouble.push_back({Severity::error,
                                  {dir, 0, 0},
                                  "there is no build below builds/",
                                  "",
                                  "describe a kernel instead: --kernel 6.12 --config SMP"});
    }
    for (auto const& series : build::list_source_series(dir)) {
        auto names = build::SourceNames::load(dir, series);
        if (auto* diagnostic = std::get_if<Diagnostic>(&names)) {
            loaded.trouble.push_back(*diagnostic);
        } else {
            loaded.names.emplace(series, std::get<build::SourceNames>(names));
        }
    }
}

std::vector<std::string> event_names(build::BuildFacts const& facts) {
    std::vector<std::string> names;
    for (auto const& event : facts.events()) {
        names.emplace_back(event.name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// A series' list is of one patch level: it says nothing of what stable brought to a build of
/// another.
bool lists(build::SourceNames const& names, model::Target const& target) {
    auto const level = fmt::format("{}.{}.{}-", target.major, target.minor, target.patch);
    return names.version().substr(0, level.size()) == level;
}

std::vector<model::CheckedBuild> check_builds(Loaded const& loaded) {
    std::vector<model::CheckedBuild> builds;
    for (std::size_t i = 0; i < loaded.targets.size(); ++i) {
        auto const& target = loaded.targets[i];
        model::CheckedBuild build;
        build.name = target.name;
        build.resolution = model::resolve(loaded.model, target);
        auto const series = fmt::format("{}.{}", target.major, target.minor);
        bool const has_facts = i < loaded.facts.size();
        if (auto const found = loaded.names.find(series);
            found != loaded.names.end() && (!has_facts || lists(found->second, target))) {
            build.names = &found->second;
        }
        if (has_facts) {
            auto const& facts = loaded.facts[i];
            build.events = event_names(facts);
            build.has_symbol = [facts](std::string_view function) {
                return facts.symbol_of(function).has_value();
            };
        }
        builds.push_back(std::move(build));
    }
    return builds;
}

std::size_t count(std::vector<Diagnostic> const& diagnostics, Severity severity) {
    return static_cast<std::size_t>(
        std::count_if(diagnostics.begin(), diagnostics.end(),
                      [severity](auto const& d) { return d.severity == severity; }));
}

void print_summary(model::LintReport const& report, std::vector<model::CheckedBuild> const& builds,
                   bool list_maybes) {
    std::string names;
    for (auto const& build : builds) {
        names += names.empty() ? build.name : ", " + build.name;
    }
    fmt::print("{} files, {} functions, {} declarations, {} statements; builds: {}\n", report.files,
               report.functions, report.declarations, report.statements, names);
    fmt::print("{} maybe\n", report.maybes.size());
    for (auto const& maybe : report.maybes) {
        if (list_maybes) {
            fmt::print("  {}:{}: {}: {}\n", maybe.file, maybe.line, maybe.function, maybe.reason);
        }
    }
    if (report.mutants > 0) {
        fmt::print("{} of {} lists of calls changed at random are still accepted\n",
                   report.accepted, report.mutants);
    }
    fmt::print("{} errors, {} warnings\n", count(report.diagnostics, Severity::error),
               count(report.diagnostics, Severity::warning));
}

/// Says what kept the builds from being read; false if nothing did.
bool is_in_trouble(Loaded const& loaded) {
    fmt::print(stderr, "{}", to_string(loaded.trouble));
    return !loaded.trouble.empty();
}

void print_recursions(model::CheckedBuild const& build) {
    model::CallGraph const calls(build.resolution.program);
    for (auto const& group : calls.recursions()) {
        std::string names;
        for (auto const node : group) {
            names += names.empty() ? "" : ", ";
            names += calls[node].name;
        }
        fmt::print("recursion in {}: {}\n", build.name, names);
    }
}

int check(Options options) {
    auto const dir = model_dir(options.model);
    if (options.builds.empty() && options.kernel.empty()) {
        options.builds = build::list_builds(dir);
    }
    auto loaded = load(options);
    load_sources(dir, loaded);
    if (is_in_trouble(loaded)) {
        return 2;
    }
    auto const builds = check_builds(loaded);
    auto report = model::lint(*loaded.model, builds);
    if (options.kernel.empty()) { // the shipped model, not a piece of one
        auto const words = compare_words(*loaded.model);
        report.diagnostics.insert(report.diagnostics.end(), words.begin(), words.end());
    }
    fmt::print(stderr, "{}", to_string(report.diagnostics));
    print_summary(report, builds, !options.quiet);
    for (auto const& build : builds) {
        print_recursions(build);
    }
    return report.has_errors() ? 1 : 0;
}

/// Without --build: one line a `fn`. With it: those of the build, and what its tracer shows of
/// them.
int list(Options const& options) {
    auto const loaded = load(options);
    if (is_in_trouble(loaded)) {
        return 2;
    }
    bool const one_build = loaded.targets.size() == 1;
    for (auto const& file : loaded.model->files()) {
        bool const wanted = options.file.empty() || file->path == options.file ||
                            model::short_path(file->path) == options.file ||
                            model::source_path(*file) == options.file;
        for (auto const& d : file->declarations) {
            if (!wanted || d.kind != kFunction ||
                (one_build && !model::holds(*file, d.bounds, loaded.targets.front()))) {
                continue;
            }
            std::string_view kind;
            if (one_build && !loaded.facts.empty()) {
                kind = model::kind_name(
                    loaded.facts.front().called(d.name.text, model::source_path(*file)));
            }
            fmt::print("{:<44} {:<8} {}:{}\n", d.name.text, kind, file->path, d.line);
        }
    }
    return 0;
}

int no_such_function(model::Model const& model, std::string const& name, std::string_view where) {
    Diagnostic d;
    d.message = fmt::format("the model has no function \"{}\"{}", name, where);
    d.hint = model::find_declarations(model, name).empty()
                 ? model::suggestion(name, model::function_names(model))
                 : "other versions have it: leave out --build";
    fmt::print(stderr, "{}", to_string(d));
    return 2;
}

/// The body of a function that nobody wrote one for, as a build was seen to do it. Whether there is
/// one.
bool show_learned(Options const& options, std::string const& build) {
    auto const file = fmt::format("{}/builds/{}/learned.flow", model_dir(options.model), build);
    if (!std::filesystem::exists(file)) {
        return false;
    }
    auto const text = read_input(file);
    auto const* const all = std::get_if<std::string>(&text);
    auto const body = all ? check::learned_body(*all, options.function) : std::string_view{};
    if (!body.empty()) {
        fmt::print("# learned from captures of {}\n{}", build, body);
    }
    return !body.empty();
}

int show_source(Loaded const& loaded, Options const& options) {
    bool const one_build = loaded.targets.size() == 1;
    auto const* target = one_build ? &loaded.targets.front() : nullptr;
    bool first = true;
    for (auto const& found : model::find_declarations(*loaded.model, options.function)) {
        if (target && !model::holds(*found.file, found.declaration->bounds, *target)) {
            continue;
        }
        fmt::print("{}{}", first ? "" : "\n", model::show_source(found, target));
        first = false;
    }
    if (!first || (target && show_learned(options, target->name))) {
        return 0;
    }
    return no_such_function(*loaded.model, options.function, target ? " in " + target->name : "");
}

/// As one build's tracer shows it, or as what it compiled to.
int show_compiled(Loaded const& loaded, Options const& options) {
    auto const& target = loaded.targets.front();
    auto const resolution = model::resolve(loaded.model, target);
    bool shown = false;
    for (auto const& found : model::find_declarations(*loaded.model, options.function)) {
        if (!model::holds(*found.file, found.declaration->bounds, target)) {
            continue;
        }
        if (options.as == "traced") {
            fmt::print("{}", model::show_traced(resolution, target, loaded.facts.front(), found));
        } else {
            auto const& program = resolution.program;
            fmt::print("{}",
                       model::to_text(program, program.find_function(found.declaration->name.text,
                                                                     found.file->path)));
        }
        shown = true;
    }
    return shown ? 0 : no_such_function(*loaded.model, options.function, " in " + target.name);
}

int show(Options options) {
    bool const compiled = options.as != "source";
    if (compiled && options.builds.empty() && options.kernel.empty()) {
        options.builds.emplace_back(build::kDefaultBuild);
    }
    auto const loaded = load(options);
    if (is_in_trouble(loaded)) {
        return 2;
    }
    if (options.as == "traced" && loaded.facts.empty()) {
        fmt::print(stderr, "error: --as traced needs a build: --kernel has no tracer to ask\n");
        return 2;
    }
    return compiled ? show_compiled(loaded, options) : show_source(loaded, options);
}

void add_build_options(CLI::App& command, Options& options, std::string const& which) {
    add_model_option(command, options.model);
    auto const help = "Build to look at (default: " + which + ")";
    auto* build = command.add_option("-b,--build", options.builds, help)->type_name("NAME");
    auto* kernel =
        command.add_option("--kernel", options.kernel, "A kernel without a build: its version")
            ->type_name("VERSION")
            ->excludes(build);
    command.add_option("--config", options.config, "With --kernel: options that are set")
        ->type_name("OPTION,…")
        ->delimiter(',')
        ->needs(kernel);
}

} // namespace

void add_model(CLI::App& app, int& status) {
    auto* command = app.add_subcommand("model", "Look at the description itself.");
    command->require_subcommand(1);
    auto const options = std::make_shared<Options>();

    auto* checking = command->add_subcommand("check", "Compile every build and say what is wrong.");
    add_build_options(*checking, *options, "all");
    checking->add_flag("-q,--quiet", options->quiet, "Do not list the reasons of each maybe");
    checking->callback([options, &status] { status = check(*options); });

    add_model_compile(*command, status);

    auto* listing = command->add_subcommand("list", "List the functions that have a body.");
    add_build_options(*listing, *options, "none: all versions");
    listing->add_option("--file", options->file, "Only of this file: kernel/fork.c")
        ->type_name("FILE");
    listing->callback([options, &status] { status = list(*options); });

    auto* showing = command->add_subcommand(
        "show", "Show a function's body; with --build also one that was learned from captures.");
    add_build_options(*showing, *options, "none: all versions; for traced and code 6.12's");
    showing->add_option("FUNCTION", options->function, "Its name, or NAME@FILE: put_pid@kernel/pid")
        ->required()
        ->type_name("");
    showing
        ->add_option("--as", options->as, "source, traced (as the build's tracer shows it), code")
        ->check(CLI::IsMember({"source", "traced", "code"}))
        ->type_name("FORM");
    showing->callback([options, &status] { status = show(*options); });
}

} // namespace kflow::cli
