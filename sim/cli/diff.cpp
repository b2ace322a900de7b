// kflow diff: what changed between two kernels, or between two captures, function by function.
#include "sim/base/input_file.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/diff_inputs.hpp"
#include "sim/cli/drawing.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/view/capture_difference_report.hpp"
#include "sim/view/difference_dot.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

namespace kflow::cli {

namespace {

/// A comparison done: how it is drawn, how it is told, and whether anything changed.
struct Told {
    bool changed = false;
    std::string dot;
    view::DifferenceReport report;
};

view::Language language_of(DiffOptions const& options) {
    return options.language == "ko" ? view::Language::korean : view::Language::english;
}

/// What is asked for, else what the output's name says, else text.
std::string format_of(DiffOptions const& options) {
    if (is_picture(options.output)) {
        return "dot";
    }
    if (!options.format.empty()) {
        return options.format;
    }
    auto const extension = std::filesystem::path(options.output).extension();
    return extension == ".dot" ? "dot" : extension == ".md" ? "markdown" : "text";
}

int write(Told const& told, DiffOptions const& options) {
    auto const format = format_of(options);
    int status = 0;
    if (format == "dot") {
        status = write_drawing(told.dot, options.output);
    } else {
        auto const failed =
            write_output(options.output, format == "markdown" ? report_as_markdown(told.report)
                                                              : report_as_text(told.report));
        status = failed ? complain({*failed}) : 0;
    }
    return status != 0 ? status : told.changed ? 1 : 0;
}

int diff_builds(DiffOptions const& options) {
    auto loaded = load_builds(options);
    if (auto const* const diagnostics = std::get_if<std::vector<Diagnostic>>(&loaded)) {
        return complain(*diagnostics);
    }
    auto const& [first, second] = std::get<BuildPair>(loaded);
    auto const difference =
        model::compare_builds(first->compared(), second->compared(), options.below);
    view::ComparedNames const names{options.first, options.second, options.below};
    Told told{!difference.nothing_changed(), {}, {}};
    if (format_of(options) == "dot") {
        told.dot = view::difference_dot(difference, first->compared(), second->compared(), names);
    } else {
        told.report = view::report_of(difference, names, language_of(options));
    }
    return write(told, options);
}

int diff_captures(DiffOptions const& options) {
    auto loaded = load_profiles(options);
    if (auto const* const diagnostics = std::get_if<std::vector<Diagnostic>>(&loaded)) {
        return complain(*diagnostics);
    }
    auto const& pair = std::get<ProfilePair>(loaded);
    auto const difference = trace::compare_profiles(pair.first, pair.second);
    Told told{!difference.nothing_changed(), {}, {}};
    if (format_of(options) == "dot") {
        told.dot = view::difference_dot(difference, pair.first, pair.second, pair.names,
                                        pair.build->files());
    } else {
        told.report =
            view::report_of(difference, pair.names, pair.build->files(), language_of(options));
    }
    return write(told, options);
}

int diff(DiffOptions const& options) {
    auto const kinds = kinds_of(options);
    if (auto const* const diagnostics = std::get_if<std::vector<Diagnostic>>(&kinds)) {
        return complain(*diagnostics);
    }
    return std::get<InputKind>(kinds) == InputKind::build ? diff_builds(options)
                                                          : diff_captures(options);
}

void add_options(CLI::App& command, DiffOptions& options) {
    command.add_option("A", options.first, "A kernel build, a capture or a scenario, which is run")
        ->required();
    command.add_option("B", options.second, "What it is compared with: a build with a build")
        ->required();
    command.add_option("--below", options.below, "Only this function and what it leads to")
        ->type_name("FUNCTION");
    command
        .add_option("--format", options.format,
                    "How to say it (default: by the output's name, else text)")
        ->check(CLI::IsMember({"text", "dot", "markdown"}))
        ->type_name("text|dot|markdown");
    command
        .add_option("-o,--output", options.output,
                    "FILE.dot, FILE.md, or a picture: FILE.svg, FILE.png, FILE.pdf (default: "
                    "standard output)")
        ->type_name("FILE");
    command.add_option("-l,--lang", options.language, "Language of the text (default: en)")
        ->check(CLI::IsMember({"en", "ko"}))
        ->type_name("en|ko");
    command
        .add_option("--build-a", options.first_build,
                    "The build that scenario A runs on (default: the scenario's)")
        ->type_name("NAME");
    command
        .add_option("--build-b", options.second_build,
                    "The same of B; of captures: whose files stand beside the functions")
        ->type_name("NAME");
    command.add_option("-s,--seed", options.seed, "Of the runs (default: 1)")->type_name("N");
    add_model_option(command, options.model);
}

} // namespace

void add_diff(CLI::App& app, int& status) {
    auto const options = std::make_shared<DiffOptions>();
    auto* const command = app.add_subcommand(
        "diff", "What changed between two kernel builds, or between two captures or runs.");
    add_options(*command, *options);
    command->footer(
        "Exit status: 0 nothing changed, 1 something changed, 2 cannot be read.\n"
        "Examples:\n"
        "  kflow diff debian-6.1-arm64 debian-7.2-arm64 --below kernel_clone\n"
        "  kflow diff debian-6.12-arm64 debian-7.2-arm64 --below do_exit --lang ko -o exit.md\n"
        "  kflow diff debian-6.1-arm64 debian-6.12-arm64 --below copy_process -o fork.svg\n"
        "  kflow diff before.trace.zst after.trace.zst --below kernel_clone\n"
        "  kflow diff scenarios/fork_wait.scenario session.trace.zst --build-a debian-6.1-arm64");
    command->callback([options, &status] { status = diff(*options); });
}

} // namespace kflow::cli
