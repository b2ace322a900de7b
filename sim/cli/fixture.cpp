// kflow fixture: one run in every form, with a manifest, for tests of trace tools.
#include "sim/base/input_file.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/scenario/replay.hpp"
#include "sim/view/process_tree.hpp"
#include "sim/view/sequence.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

namespace kflow::cli {

namespace {

using Diagnostics = std::vector<Diagnostic>;

struct Options {
    std::string scenario;
    std::string directory;
    std::string model;
    scenario::ReplayOptions replay;
};

int complain(Diagnostics const& diagnostics) {
    fmt::print(stderr, "{}", to_string(diagnostics));
    return 2;
}

/// Files written so far and what the manifest says of each.
class Folder {
public:
    explicit Folder(std::string path) : path_(std::move(path)) {}

    void add(std::string const& name, std::string const& what, std::string const& bytes) {
        if (trouble_) {
            return; // a folder with a hole has no manifest
        }
        auto failed = write_output((std::filesystem::path(path_) / name).string(), bytes);
        if (failed) {
            return fail(std::move(*failed));
        }
        files_.push_back({{"file", name}, {"what", what}, {"bytes", bytes.size()}});
    }

    void fail(Diagnostic why) {
        if (!trouble_) {
            trouble_ = std::move(why);
        }
    }

    nlohmann::ordered_json const& files() const { return files_; }
    std::optional<Diagnostic> const& trouble() const { return trouble_; }

private:
    std::string path_;
    nlohmann::ordered_json files_ = nlohmann::ordered_json::array();
    std::optional<Diagnostic> trouble_;
};

/// One tracer's log.
trace::Capture add_log(Folder& folder, scenario::Replay const& replay, std::string const& tracer) {
    auto run = replay.run(nullptr, tracer);
    if (run.cut_off) {
        folder.fail(std::move(*run.cut_off));
        return {};
    }
    auto capture = std::move(run.capture);
    auto const name = tracer == "nop" ? "events.trace" : tracer + ".trace";
    folder.add(name, fmt::format("tracefs text, current_tracer {}", tracer),
               trace::write_trace(capture.format, capture.events));
    return capture;
}

int write_fixture(Options& options) {
    options.replay.model_dir = model_dir(options.model);
    auto const loaded = scenario::Replay::load(options.scenario, options.replay);
    if (auto const* const diagnostics = std::get_if<Diagnostics>(&loaded)) {
        return complain(*diagnostics);
    }
    auto const& replay = *std::get<std::unique_ptr<scenario::Replay>>(loaded);
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
    if (error) {
        return complain({{Severity::error,
                          {options.directory, 0, 0},
                          "cannot be made: " + error.message(),
                          "",
                          ""}});
    }
    Folder folder(options.directory);
    add_log(folder, replay, "function");
    add_log(folder, replay, "function_graph");
    auto const capture = add_log(folder, replay, "nop");
    auto const processes = view::process_history(capture);
    folder.add("processes.dot", "the process tree", view::process_tree_dot(processes, {}));
    folder.add("sequence.dot", "messages between processes and kernel",
               view::sequence_dot(processes, {}));
    nlohmann::ordered_json const manifest{
        {"scenario", std::filesystem::path(options.scenario).filename().string()},
        {"model", replay.program().version},
        {"build", replay.build().name()},
        {"seed", options.replay.seed},
        {"files", folder.files()}};
    folder.add("manifest.json", "this file", manifest.dump(2) + "\n");
    return folder.trouble() ? complain({*folder.trouble()}) : 0;
}

} // namespace

void add_fixture(CLI::App& app, int& status) {
    auto* const command =
        app.add_subcommand("fixture", "Write one run in every form, with a manifest.");
    auto const options = std::make_shared<Options>();
    command->add_option("scenario", options->scenario, "A .scenario file")
        ->required()
        ->type_name("SCENARIO");
    command->add_option("-o,--output", options->directory, "The folder to write into")
        ->required()
        ->type_name("DIR");
    command
        ->add_option("-b,--build", options->replay.build,
                     "The kernel build (default: the scenario's)")
        ->type_name("NAME");
    command
        ->add_option("-s,--seed", options->replay.seed,
                     "What the kernel leaves to chance (default: 1)")
        ->type_name("N");
    add_model_option(*command, options->model);
    command->footer(
        "The manifest is written last: a folder without one is not whole. The same model, scenario, "
        "build and\nseed give the same bytes.\n"
        "Examples:\n"
        "  kflow fixture scenarios/fork_wait.scenario -o fixtures/fork_wait\n"
        "  kflow fixture scenarios/raspbian_proc.scenario --seed 7 -o fixtures/raspbian_proc-7");
    command->callback([options, &status] { status = write_fixture(*options); });
}

} // namespace kflow::cli
