#include "sim/cli/model_compile.hpp"

#include "sim/base/input_file.hpp"
#include "sim/build/build_facts.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/engine/mask_answers.hpp"
#include "sim/model/image.hpp"
#include "sim/model/resolve.hpp"
#include "sim/model/target.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>
#include <fmt/format.h>
#include <memory>

namespace kflow::cli {

namespace {

struct Options {
    std::string model;
    std::string output;
};

bool has_errors(std::vector<Diagnostic> const& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](Diagnostic const& d) { return d.severity == Severity::error; });
}

/// A build with an error in it is left out: who runs it parses the text and is told what is wrong.
int compile(Options const& options) {
    auto const dir = model_dir(options.model);
    auto const model = model::Model::load(dir);
    std::vector<std::pair<std::string, model::Program>> builds;
    std::deque<std::pair<build::BuildFacts, engine::AnsweredMask>> masks; // programs view them
    for (auto const& name : build::list_builds(dir)) {
        auto const facts = build::BuildFacts::load(dir, name);
        if (!std::holds_alternative<build::BuildFacts>(facts) || has_errors(model->diagnostics())) {
            continue;
        }
        auto resolution =
            model::resolve(model, model::target_of(std::get<build::BuildFacts>(facts)));
        if (!has_errors(resolution.diagnostics)) {
            auto& program = builds.emplace_back(name, std::move(resolution.program)).second;
            auto const& build = std::get<build::BuildFacts>(facts);
            auto const& [kept, mask] =
                masks.emplace_back(build, engine::answer_mask(program, build));
            program.mask = {mask.calls, mask.first, mask.silence, mask.symbols};
        }
    }
    if (auto const failed = write_output(options.output, model::make_image(dir, builds))) {
        fmt::print(stderr, "{}", to_string(*failed));
        return 2;
    }
    return 0;
}

} // namespace

void add_model_compile(CLI::App& model_command, int& status) {
    auto* const command = model_command.add_subcommand(
        "compile", "Write the compiled form that `kflow run` starts from.");
    auto const options = std::make_shared<Options>();
    command->add_option("-o,--output", options->output, "Where to write it")
        ->required()
        ->type_name("FILE");
    add_model_option(*command, options->model);
    command->callback([options, &status] { status = compile(*options); });
}

} // namespace kflow::cli
