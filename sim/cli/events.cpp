#include "sim/cli/events.hpp"

#include "sim/base/input_file.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/scenario/replay.hpp"

#include <filesystem>
#include <memory>

namespace kflow::cli {

namespace {

using Diagnostics = std::vector<Diagnostic>;
using Events = std::variant<trace::Capture, Diagnostics>;

Events run_scenario(EventSource const& source) {
    scenario::ReplayOptions replay;
    replay.model_dir = model_dir(source.model);
    replay.build = source.build;
    replay.seed = source.seed;
    replay.tracer = source.tracer;
    if (source.every_function) {
        replay.filter = {"*"};
    }
    auto loaded = scenario::Replay::load(source.input, replay);
    if (auto* const diagnostics = std::get_if<Diagnostics>(&loaded)) {
        return std::move(*diagnostics);
    }
    auto run = std::get<std::unique_ptr<scenario::Replay>>(loaded)->run();
    if (run.cut_off) {
        return Diagnostics{std::move(*run.cut_off)};
    }
    return std::move(run.capture);
}

Events read_capture(std::string const& path) {
    auto text = read_input(path);
    if (auto const* const diagnostic = std::get_if<Diagnostic>(&text)) {
        return Diagnostics{*diagnostic};
    }
    auto capture = trace::read_trace(std::get<std::string>(text), path);
    if (!capture.readable()) {
        return std::move(capture.diagnostics);
    }
    return capture;
}

} // namespace

bool is_scenario(std::string const& input) {
    return std::filesystem::path(input).extension() == ".scenario";
}

Events events_of(EventSource const& source) {
    return is_scenario(source.input) ? run_scenario(source) : read_capture(source.input);
}

} // namespace kflow::cli
