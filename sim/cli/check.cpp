// kflow check: holds captures against the model.
#include "sim/check/check.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/model_dir.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <unistd.h>

namespace kflow::cli {
namespace {

struct Options {
    std::vector<std::string> captures;
    std::string build;
    std::string scenario;
    std::string format = "text";
    std::string model;
    std::string learned;
    bool explain = false;
    bool curated = false;
    check::Checker::Mutants mutants;
};

using Parents = check::MutantChoice::Parents;
using Evenly = check::MutantChoice::Evenly;

std::map<std::string, Parents> const kParents{{"bodies", Parents::bodies},
                                              {"lifecycle", Parents::lifecycle}};
std::map<std::string, Evenly> const kEvenly{{"functions", Evenly::functions},
                                            {"calls", Evenly::calls}};

int measure(check::Checker& checker, Options const& options) {
    std::vector<Diagnostic> diagnostics;
    auto const all = checker.measure(options.captures, options.mutants, diagnostics);
    for (auto const& missed : all.missed) {
        fmt::print("missed: {}\n", missed);
    }
    for (auto const& [kind, counts] : all.kinds) {
        fmt::print("{:<10} {:>5} of {:>5} reported\n", kind, counts.second, counts.first);
    }
    fmt::print("{:<10} {:>5} of {:>5} reported\n", "all", all.found, all.made);
    return diagnostics.empty() && all.made > 0 ? 0 : 2;
}

/// On a terminal: which capture is being looked at, on a line that goes away again.
class Progress {
public:
    explicit Progress(std::size_t total)
        : total_(total), shown_(::isatty(STDERR_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0) {}

    void begin(std::string const& file) {
        if (shown_) {
            fmt::print(stderr, "checking {} ({} of {}) …", file, ++at_, total_);
            std::fflush(stderr);
        }
    }

    void end() const {
        if (shown_) {
            fmt::print(stderr, "\r\x1b[K");
        }
    }

private:
    std::size_t total_;
    std::size_t at_ = 0;
    bool shown_;
};

int run(Options const& options) {
    check::Checker checker({model_dir(options.model), options.build, options.scenario,
                            options.explain, options.learned});
    if (options.mutants.count > 0) {
        return measure(checker, options);
    }
    std::vector<check::Report> reports;
    int status = 0;
    Progress progress(options.captures.size());
    for (auto const& file : options.captures) {
        progress.begin(file);
        reports.push_back(checker.check(file));
        progress.end();
        status = std::max(status, check::exit_status(reports.back().verdict));
        if (options.curated) {
            for (auto const& name : checker.curated()) {
                fmt::print("{}\n", name);
            }
        } else if (options.format == "text") {
            fmt::print("{}", check::report_text(reports.back(), options.explain));
        }
    }
    if (options.format == "json") {
        fmt::print("{}", check::report_json(reports));
    } else if (options.format == "junit") {
        fmt::print("{}", check::report_junit(reports));
    }
    return status;
}

} // namespace

void add_check(CLI::App& app, int& status) {
    auto const options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "check", "Hold real captures against the model: did the kernel do what it says?");
    command->add_option("CAPTURE", options->captures, "Trace files (plain, gzip, xz or zstd)")
        ->required();
    command->add_option("--build", options->build,
                        "Kernel build that they come from (guessed where it is not given)");
    command->add_option("--scenario", options->scenario,
                        "Scenario that the capture should be a run of");
    command->add_option("--format", options->format, "How to print the report")
        ->check(CLI::IsMember({"text", "json", "junit"}));
    add_model_option(*command, options->model);
    command->add_option("--learned", options->learned,
                        "What was learned of the build: a file that kflow learn wrote (default: "
                        "the build's own)");
    command->add_flag("--explain", options->explain,
                      "Show every difference, with the calls that could have come");
    command->add_flag("--curated", options->curated,
                      "Print only the names of the functions that have a body");
    command->add_option("--mutants", options->mutants.count,
                        "Measure the check itself: make so many wrong captures of each, count "
                        "those that it reports");
    command->add_option("--seed", options->mutants.seed, "Of the mutants");
    command
        ->add_option("--mutate", options->mutants.choice.parents,
                     "Whose calls a mutant changes: functions with a body, or whatever runs below "
                     "the lifecycle's system calls")
        ->transform(CLI::CheckedTransformer(kParents))
        ->option_text("bodies|lifecycle");
    command
        ->add_option("--evenly", options->mutants.choice.evenly,
                     "What is drawn evenly for a mutant: functions first, or all calls")
        ->transform(CLI::CheckedTransformer(kEvenly))
        ->option_text("functions|calls");
    command
        ->add_option("--real", options->mutants.real,
                     "More captures whose lists of calls are real: no mutant makes one of them")
        ->option_text("CAPTURE ...");
    command->footer(
        "Exit status: 0 agrees (with or without gaps), 1 differs, 2 cannot be read; of several "
        "captures the worst.\n"
        "Examples:\n"
        "  kflow check session.trace.zst\n"
        "  kflow check session.trace.zst --scenario scenarios/raspbian_proc.scenario\n"
        "  kflow check *.trace --build debian-6.1-arm64 --format junit > report.xml");
    command->callback([options, &status] { status = run(*options); });
}

} // namespace kflow::cli
