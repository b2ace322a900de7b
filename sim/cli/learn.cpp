// kflow learn: what a build's functions do, from captures.
#include "sim/base/text_file.hpp"
#include "sim/check/check.hpp"
#include "sim/check/constants.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/model_dir.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string_view>

namespace kflow::cli {
namespace {

struct Options {
    std::vector<std::string> captures;
    std::string build;
    std::string output;
    std::string shapes;
    std::string flow;
    std::string model;
    std::string mask;
    bool anew = false;
};

int complain(std::vector<Diagnostic> const& diagnostics) {
    fmt::print(stderr, "{}", to_string(diagnostics));
    return 2;
}

void print_notes(std::vector<std::string> const& notes) {
    for (auto const& note : notes) {
        fmt::print(stderr, "{}\n", note);
    }
}

/// What the output holds already.
template <typename Learned>
std::variant<std::optional<Learned>, Diagnostic> known(Options const& options,
                                                       std::string const& output) {
    if (options.anew || output.empty() || !std::filesystem::exists(output)) {
        return std::optional(Learned{});
    }
    return read_as<Learned>(output);
}

/// Where what goes beside the lists is written; empty: nowhere.
std::string beside(Options const& options, std::string const& model, std::string const& given,
                   std::string_view name) {
    if (!given.empty() || !options.output.empty()) {
        return given;
    }
    return fmt::format("{}/builds/{}/{}", model, options.build, name);
}

std::set<trace::Name> functions_of(check::LearnedProfile const& profile) {
    std::set<trace::Name> names;
    for (auto const& [symbol, function] : profile.functions()) {
        names.insert(symbol);
    }
    return names;
}

/// What is new, and what was seen too seldom to be a rule.
void tell_functions(check::LearnedProfile const& profile, std::set<trace::Name> const& before) {
    constexpr std::size_t most_named = 20;
    std::vector<std::string_view> fresh;
    std::size_t seldom = 0;
    for (auto const& [symbol, function] : profile.functions()) {
        seldom += function.all.programs.size() < check::kFewestPrograms ? 1 : 0;
        if (!before.contains(symbol)) {
            fresh.push_back(symbol.view());
        }
    }
    if (!fresh.empty() && fresh.size() <= most_named) {
        fmt::print("new: {}\n", fmt::join(fresh, " "));
    }
    fmt::print("{} functions were seen in fewer than {} programs: too seldom to be a rule\n",
               seldom, check::kFewestPrograms);
}

std::size_t lists_of(check::LearnedProfile const& profile) {
    std::size_t lists = 0;
    for (auto const& [symbol, function] : profile.functions()) {
        lists += function.lists.size();
    }
    return lists;
}

/// Writes what the captures say of the build's mask, and nothing else.
int learn_mask(Options const& options) {
    check::Checker checker({model_dir(options.model), options.build, "", false, ""});
    std::vector<Diagnostic> diagnostics;
    std::vector<std::string> notes;
    std::size_t used = 0;
    auto const mask = checker.learn_mask(options.captures, used, diagnostics, notes);
    print_notes(notes);
    if (!diagnostics.empty()) {
        return complain(diagnostics);
    }
    if (used == 0) {
        fmt::print(stderr, "nothing was learned, {} is not written\n", options.mask);
        return 2;
    }
    if (auto const wrong = write_output(options.mask, mask.text(options.build))) {
        return complain({*wrong});
    }
    fmt::print("{} of {} captures: {}", used, options.captures.size(), mask.report());
    return 0;
}

int run(Options const& options) {
    if (!options.mask.empty()) {
        return learn_mask(options);
    }
    auto const model = model_dir(options.model);
    auto const output = options.output.empty()
                            ? fmt::format("{}/builds/{}/learned", model, options.build)
                            : options.output;
    auto const shapes_output = beside(options, model, options.shapes, "shapes.zst");
    auto const flow_output = beside(options, model, options.flow, "learned.flow");
    auto loaded = known<check::LearnedProfile>(options, output);
    if (auto const* const wrong = std::get_if<Diagnostic>(&loaded)) {
        return complain({*wrong});
    }
    auto loaded_shapes = known<trace::CallShapes>(options, shapes_output);
    if (auto const* const wrong = std::get_if<Diagnostic>(&loaded_shapes)) {
        return complain({*wrong});
    }
    check::Checker::Learned learned{
        *std::get<std::optional<check::LearnedProfile>>(std::move(loaded)),
        *std::get<std::optional<trace::CallShapes>>(std::move(loaded_shapes))};
    auto const& profile = learned.profile;
    auto const functions = functions_of(profile);
    auto const lists = lists_of(profile);
    check::Checker checker({model, options.build, "", false, ""});
    std::vector<Diagnostic> diagnostics;
    std::vector<std::string> notes;
    std::size_t used = 0;
    std::size_t already = 0;
    for (auto const& file : options.captures) {
        auto const name = std::filesystem::path(file).filename().string();
        if (profile.has(name)) {
            notes.push_back(file + ": learned from already");
            ++already;
        } else {
            used += checker.learn(file, learned, diagnostics, notes) ? 1 : 0;
        }
    }
    print_notes(notes);
    if (!diagnostics.empty()) {
        return complain(diagnostics);
    }
    if (used + already == 0) {
        fmt::print(stderr, "nothing was learned, {} is as it was\n", output);
        return 2;
    }
    if (auto const wrong = write_output(output, profile.text(options.build))) {
        return complain({*wrong});
    }
    if (auto const wrong = shapes_output.empty()
                               ? std::nullopt
                               : write_output(shapes_output, learned.shapes.text(options.build))) {
        return complain({*wrong});
    }
    if (!flow_output.empty()) {
        auto const text = checker.bodies(learned, diagnostics);
        if (!diagnostics.empty()) {
            return complain(diagnostics);
        }
        if (auto const wrong = write_output(flow_output, text)) {
            return complain({*wrong});
        }
    }
    fmt::print("{} of {} captures: {} functions, {} of them new; {} lists of calls, {} of them "
               "new\n",
               used, options.captures.size(), profile.functions().size(),
               profile.functions().size() - functions.size(), lists_of(profile),
               lists_of(profile) - lists);
    tell_functions(profile, functions);
    return 0;
}

} // namespace

void add_learn(CLI::App& app, int& status) {
    auto const options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "learn",
        "Learn from captures what the functions do that nobody wrote a body for, or what the "
        "build inlines");
    command
        ->add_option("CAPTURE", options->captures,
                     "function_graph captures of that build, for --mask stacks too (plain, gzip, "
                     "xz or zstd)")
        ->required();
    command->add_option("--build", options->build, "Kernel build that they come from")->required();
    command->add_option("-o,--output", options->output,
                        "Where to write it (default: the build's file `learned`); what is there "
                        "is added to");
    command->add_option("--shapes", options->shapes,
                        "Where to write how whole calls looked, for `kflow run --depth full` "
                        "(default: the build's file `shapes.zst`; with -o: nowhere)");
    command->add_option("--flow", options->flow,
                        "Where to write what was learned as bodies to read (default: the build's "
                        "file `learned.flow`; with -o: nowhere)");
    command
        ->add_option("--mask", options->mask,
                     "Learn which calls of the source this build inlines, and nothing else; "
                     "written there as lines of a mask")
        ->excludes("--output")
        ->excludes("--shapes")
        ->excludes("--flow");
    command->add_flag("--anew", options->anew, "Forget what the files hold");
    add_model_option(*command, options->model);
    command->footer("Exit status: 0 written, 2 nothing was learned, or something cannot be read.\n"
                    "Examples:\n"
                    "  kflow learn *.graph.trace.zst --build debian-6.12-arm64\n"
                    "  kflow learn more.trace --build debian-6.12-arm64 -o mine.learned\n"
                    "  kflow check session.trace --learned mine.learned\n"
                    "  kflow learn *.trace.zst --build debian-6.12-arm64 --mask mine.mask");
    command->callback([options, &status] { status = run(*options); });
}

} // namespace kflow::cli
