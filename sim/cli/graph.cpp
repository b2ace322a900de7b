// kflow graph: call graphs, process trees and sequences, as DOT or as a picture.
#include "sim/base/input_file.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/model/resolve.hpp"
#include "sim/model/target.hpp"
#include "sim/scenario/replay.hpp"
#include "sim/view/call_graph_dot.hpp"
#include "sim/view/process_tree.hpp"
#include "sim/view/render.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <memory>

namespace kflow::cli {

namespace {

using Diagnostics = std::vector<Diagnostic>;

struct Options {
    std::string input; ///< a function, a scenario or a capture
    std::string root;
    std::string output = "-";
    std::string model;
    std::string build{build::kDefaultBuild};
    std::string as = "traced";
    int depth = 3;
    int pid = 0;
    std::uint64_t seed = 1;
};

int complain(Diagnostics const& diagnostics) {
    fmt::print(stderr, "{}", to_string(diagnostics));
    return 2;
}

/// DOT, or the picture that the output's name asks for.
int write_drawing(std::string const& dot, std::string const& output) {
    auto const extension = std::filesystem::path(output).extension().string();
    bool const picture = extension == ".svg" || extension == ".png" || extension == ".pdf";
    std::string bytes = dot;
    if (picture) {
        auto rendered = view::render_dot(dot, extension.substr(1));
        if (auto const* const diagnostic = std::get_if<Diagnostic>(&rendered)) {
            return complain({*diagnostic});
        }
        bytes = std::get<std::string>(std::move(rendered));
    }
    auto const failed = write_output(output, bytes);
    return failed ? complain({*failed}) : 0;
}

int draw_calls(Options const& options) {
    auto const dir = model_dir(options.model);
    auto loaded = build::BuildFacts::load(dir, options.build);
    if (auto const* const diagnostic = std::get_if<Diagnostic>(&loaded)) {
        return complain({*diagnostic});
    }
    auto const& facts = std::get<build::BuildFacts>(loaded);
    auto const resolution = model::resolve(model::Model::load(dir), model::target_of(facts));
    auto const function = resolution.program.find_function(options.input);
    if (function == model::kNone<model::FunctionId>) {
        std::vector<std::string_view> known;
        for (auto const& f : resolution.program.functions) {
            known.push_back(f.name);
        }
        auto const near = nearest_word(options.input, known);
        return complain({{Severity::error,
                          {options.input, 0, 0},
                          "the model has no such function",
                          "",
                          near.empty() ? "kflow model list names them"
                                       : fmt::format("did you mean \"{}\"?", near)}});
    }
    model::CallGraph const graph(resolution.program);
    view::CallGraphOptions drawing;
    drawing.depth = options.depth;
    drawing.as_traced = options.as == "traced";
    return write_drawing(
        view::call_graph_dot(graph, model::CallGraph::node_of(function), facts, drawing),
        options.output);
}

/// A capture read, or a scenario run.
std::variant<trace::Capture, Diagnostics> events_of(Options const& options,
                                                    std::string const& tracer) {
    if (std::filesystem::path(options.input).extension() == ".scenario") {
        scenario::ReplayOptions replay;
        replay.model_dir = model_dir(options.model);
        replay.seed = options.seed;
        replay.tracer = tracer;
        auto loaded = scenario::Replay::load(options.input, replay);
        if (auto* const diagnostics = std::get_if<Diagnostics>(&loaded)) {
            return std::move(*diagnostics);
        }
        return std::get<std::unique_ptr<scenario::Replay>>(loaded)->run().capture;
    }
    auto text = read_input(options.input);
    if (auto const* const diagnostic = std::get_if<Diagnostic>(&text)) {
        return Diagnostics{*diagnostic};
    }
    auto capture = trace::read_trace(std::get<std::string>(text), options.input);
    if (!capture.readable()) {
        return std::move(capture.diagnostics);
    }
    return capture;
}

int draw_events(Options const& options, std::string const& tracer,
                std::string (*draw)(trace::Capture const&, Options const&)) {
    auto events = events_of(options, tracer);
    if (auto const* const diagnostics = std::get_if<Diagnostics>(&events)) {
        return complain(*diagnostics);
    }
    return write_drawing(draw(std::get<trace::Capture>(events), options), options.output);
}

view::Selection selection_of(Options const& options) {
    view::Selection selection;
    if (options.pid > 0) {
        selection.root = Pid{options.pid};
    }
    return selection;
}

std::string processes(trace::Capture const& capture, Options const& options) {
    return view::process_tree_dot(view::process_history(capture), selection_of(options));
}

std::string sequence(trace::Capture const& capture, Options const& options) {
    return view::sequence_dot(view::process_history(capture), selection_of(options));
}

std::string dynamic(trace::Capture const& capture, Options const& options) {
    return view::dynamic_graph_dot(capture, options.root, options.depth);
}

void add_output(CLI::App& command, Options& options) {
    command
        .add_option("-o,--output", options.output,
                    "FILE.dot, or a picture: FILE.svg, FILE.png, FILE.pdf (default: DOT to "
                    "standard output)")
        ->type_name("FILE");
    add_model_option(command, options.model);
}

CLI::App* add_event_drawing(CLI::App& graph, std::string const& name, std::string const& what,
                            Options& options) {
    auto* const command = graph.add_subcommand(name, what);
    command->add_option("input", options.input, "A capture, or a .scenario file, which is run")
        ->required()
        ->type_name("CAPTURE|SCENARIO");
    command->add_option("-s,--seed", options.seed, "Of the run (default: 1)")->type_name("N");
    add_output(*command, options);
    return command;
}

} // namespace

void add_graph(CLI::App& app, int& status) {
    auto* const graph =
        app.add_subcommand("graph", "Draw call graphs, process trees and sequences.");
    graph->require_subcommand(1);
    auto const options = std::make_shared<Options>();

    auto* const calls = graph->add_subcommand("calls", "What a function can call.");
    calls->add_option("function", options->input, "Where to begin")
        ->required()
        ->type_name("FUNCTION");
    calls->add_option("-d,--depth", options->depth, "How many calls deep (default: 3)")
        ->type_name("N");
    calls->add_option("-b,--build", options->build, "The kernel build (default: debian-6.12-arm64)")
        ->type_name("NAME");
    calls
        ->add_option("--as", options->as,
                     "As the source has it, or as the build's tracer shows it (default)")
        ->check(CLI::IsMember({"source", "traced"}))
        ->type_name("source|traced");
    add_output(*calls, *options);
    calls->callback([options, &status] { status = draw_calls(*options); });

    auto* const made = add_event_drawing(
        *graph, "dynamic", "The calls that a run or a capture made, with counts.", *options);
    made->add_option("-r,--root", options->root, "Only calls below this function")
        ->type_name("FUNCTION");
    made->add_option("-d,--depth", options->depth, "With --root: how many calls deep (default: 3)")
        ->type_name("N");
    made->callback(
        [options, &status] { status = draw_events(*options, "function_graph", dynamic); });

    auto* const tree = add_event_drawing(
        *graph, "processes", "The process tree, with fork, exec, signal, exit, reap.", *options);
    tree->add_option("-p,--pid", options->pid, "Only this process, its parent and its descendants")
        ->type_name("PID");
    tree->callback([options, &status] { status = draw_events(*options, "", processes); });

    auto* const messages = add_event_drawing(
        *graph, "sequence", "The messages between processes and kernel.", *options);
    messages
        ->add_option("-p,--pid", options->pid, "Only this process, its parent and its descendants")
        ->type_name("PID");
    messages->callback([options, &status] { status = draw_events(*options, "", sequence); });

    graph->footer("Examples:\n"
                  "  kflow graph calls kernel_clone --depth 2 -o kernel_clone.svg\n"
                  "  kflow graph calls copy_process --as source --build debian-6.1-arm64\n"
                  "  kflow graph processes session.trace.zst -o tree.png\n"
                  "  kflow graph sequence scenarios/fork_wait.scenario -o fork_wait.pdf\n"
                  "  kflow graph dynamic fork_wait.graph.trace --root kernel_clone --depth 1");
}

} // namespace kflow::cli
