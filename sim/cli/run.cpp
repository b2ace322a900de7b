// kflow run: replays a scenario and writes the log that ftrace would have written.
#include "sim/base/input_file.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/cli/progress.hpp"
#include "sim/scenario/replay.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <limits>
#include <memory>

namespace kflow::cli {

namespace {

struct Options {
    std::string scenario;
    std::string output = "-";
    std::string model;
    scenario::ReplayOptions replay;
    std::vector<std::string> fail;
    std::string depth = "model";
};

int run(Options& options) {
    options.replay.model_dir = model_dir(options.model);
    options.replay.image = model_image();
    options.replay.program_file = program_file();
    options.replay.full_depth = options.depth == "full";
    for (auto const& function : options.fail) {
        options.replay.failures.push_back({function, {}, 1, "ENOMEM", 0, 0});
    }
    auto loaded = scenario::Replay::load(options.scenario, options.replay);
    if (auto const* const diagnostics = std::get_if<std::vector<Diagnostic>>(&loaded)) {
        fmt::print(stderr, "{}", to_string(*diagnostics));
        return 2;
    }
    auto const& replay = *std::get<std::unique_ptr<scenario::Replay>>(loaded);
    Progress progress;
    engine::Recorder recorder(replay.engine(), replay.trace_options());
    auto const result = replay.run_with(recorder, Progress::is_wanted() ? &progress : nullptr);
    progress.clear();
    fmt::print(stderr, "{}", to_string(result.warnings));
    if (auto const failed = write_output(options.output, recorder.text(replay.note()))) {
        fmt::print(stderr, "{}", to_string(*failed));
        return 2;
    }
    if (result.cut_off) {
        fmt::print(stderr, "{}", to_string(*result.cut_off));
        return 1;
    }
    for (auto const& injection : result.end.injections) {
        if (std::ranges::find(options.fail, injection.function) != options.fail.end() &&
            injection.seen < injection.nth) {
            fmt::print(stderr, "{}: warning: {} was never called, so it did not fail\n",
                       options.scenario, injection.function);
        }
    }
    // With an injected failure of one's own, what the scenario expects need not hold.
    if (options.fail.empty() && !result.broken.empty()) {
        fmt::print(stderr, "{}", to_string(result.broken));
        return 1;
    }
    return 0;
}

} // namespace

void add_run(CLI::App& app, int& status) {
    auto* const command =
        app.add_subcommand("run", "Replay a scenario and write the log that ftrace would have "
                                  "written.");
    auto const options = std::make_shared<Options>();
    command->add_option("scenario", options->scenario, "A .scenario file")
        ->required()
        ->type_name("SCENARIO");
    command
        ->add_option("-o,--output", options->output,
                     "Where to write the log (default: standard output)")
        ->type_name("FILE");
    command
        ->add_option("-b,--build", options->replay.build,
                     "The kernel build (default: the scenario's)")
        ->type_name("NAME");
    command
        ->add_option("-t,--tracer", options->replay.tracer,
                     "function, function_graph or nop (default: the "
                     "scenario's)")
        ->check(CLI::IsMember({"function", "function_graph", "nop"}))
        ->type_name("TRACER");
    command
        ->add_option("--start", options->replay.start,
                     "Which of the scenario's starts (default: the first)")
        ->type_name("NAME");
    command
        ->add_option("-s,--seed", options->replay.seed,
                     "What the kernel leaves to chance (default: 1)")
        ->type_name("N");
    command
        ->add_option(
            "--depth", options->depth,
            "`model`: what the model describes, the default; `full`: also all that is called "
            "below it, as captures showed that, in a function_graph of every function")
        ->check(CLI::IsMember({"model", "full"}))
        ->type_name("DEPTH");
    command
        ->add_option("--option", options->replay.options,
                     "Set a trace option, or clear it with `no` before it; may be repeated")
        ->allow_extra_args(false)
        ->type_name("NAME");
    command
        ->add_option("--event", options->replay.events,
                     "Enable an event, as `sched:sched_switch`; may be repeated")
        ->allow_extra_args(false)
        ->type_name("NAME");
    command
        ->add_option("--filter", options->replay.filter,
                     "A name for set_ftrace_filter instead of the scenario's; `*` is every "
                     "function; may be repeated")
        ->allow_extra_args(false)
        ->type_name("NAME");
    command
        ->add_option("--fail", options->fail,
                     "Let the first call of this kernel function fail with ENOMEM")
        ->type_name("FUNCTION");
    command
        ->add_option("--limit", options->replay.limit,
                     "Cut the run off after so many steps (default: 5000000)")
        ->check(CLI::Range(std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()))
        ->type_name("N");
    add_model_option(*command, options->model);
    command->footer(
        "Examples:\n"
        "  kflow run scenarios/raspbian_proc.scenario\n"
        "  kflow run scenarios/fork_wait.scenario --build debian-7.2-arm64 -o fork_wait.trace\n"
        "  kflow run scenarios/fork_wait.scenario --tracer function_graph --fail copy_mm\n"
        "  kflow run scenarios/fork_wait.scenario --depth full --option funcgraph-proc\n"
        "  kflow run scenarios/fork_wait.scenario --option nofunc_stack_trace --event "
        "raw_syscalls:sys_enter\n"
        "Exit status: 0 the run is as the scenario expects, 1 it is not, 2 something cannot be "
        "read.");
    command->callback([options, &status] { status = run(*options); });
}

} // namespace kflow::cli
