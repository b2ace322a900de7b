// kflow graph: call graphs, process trees and sequences, as DOT or as a picture.
#include "sim/cli/build_names.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/drawing.hpp"
#include "sim/cli/events.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/model/resolve.hpp"
#include "sim/model/target.hpp"
#include "sim/view/call_graph_dot.hpp"
#include "sim/view/dynamic_graph.hpp"
#include "sim/view/process_tree.hpp"
#include "sim/view/sequence.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
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
    std::string language = "en";
    int depth = 3;
    int pid = 0;
    std::uint64_t seed = 1;
};

/// The model of one build, and where its functions come from.
struct Known {
    build::BuildFacts facts;
    model::Resolution resolution;
    std::optional<build::SourceNames> names;

    view::SourceFiles files() const { return {resolution.program, names}; }
};

std::variant<std::unique_ptr<Known>, Diagnostic> load_model(Options const& options) {
    auto const dir = model_dir(options.model);
    auto loaded = build::BuildFacts::load(dir, options.build);
    if (auto* const diagnostic = std::get_if<Diagnostic>(&loaded)) {
        return std::move(*diagnostic);
    }
    auto const& facts = std::get<build::BuildFacts>(loaded);
    return std::make_unique<Known>(
        Known{facts, model::resolve(model::Model::load(dir), model::target_of(facts)),
              names_of(facts, dir)});
}

int no_function(model::Program const& program, std::string const& name) {
    std::vector<std::string_view> known;
    for (auto const& f : program.functions) {
        known.push_back(f.name);
    }
    auto const near = nearest_word(name, known);
    return complain({{Severity::error,
                      {name, 0, 0},
                      "the model has no such function",
                      "",
                      near.empty() ? "kflow model list names them"
                                   : fmt::format("did you mean \"{}\"?", near)}});
}

int draw_calls(Options const& options) {
    auto loaded = load_model(options);
    if (auto const* const diagnostic = std::get_if<Diagnostic>(&loaded)) {
        return complain({*diagnostic});
    }
    auto const& known = *std::get<std::unique_ptr<Known>>(loaded);
    auto const& program = known.resolution.program;
    model::CallGraph const graph(program);
    if (options.input.empty()) {
        return write_drawing(view::all_calls_dot(graph, known.files()), options.output);
    }
    auto const function = program.find_function(options.input);
    if (function == model::kNone<model::FunctionId>) {
        return no_function(program, options.input);
    }
    view::CallGraphOptions drawing;
    drawing.depth = options.depth;
    drawing.as_traced = options.as == "traced";
    return write_drawing(view::call_graph_dot(graph, model::CallGraph::node_of(function),
                                              known.facts, known.files(), drawing),
                         options.output);
}

EventSource source_of(Options const& options, std::string const& tracer) {
    return {options.input, options.model, "", tracer, options.seed, false};
}

int draw_processes(Options const& options,
                   std::string (*draw)(std::vector<view::Process> const&, view::Selection const&)) {
    auto events = events_of(source_of(options, ""));
    if (auto const* const diagnostics = std::get_if<Diagnostics>(&events)) {
        return complain(*diagnostics);
    }
    view::Selection selection;
    if (options.pid > 0) {
        selection.root = Pid{options.pid};
    }
    if (options.language == "ko") {
        selection.language = view::Language::korean;
    }
    auto const history = view::process_history(std::get<trace::Capture>(events));
    if (selection.root &&
        std::ranges::find(history, *selection.root, &view::Process::pid) == history.end()) {
        return complain({{Severity::error,
                          {options.input, 0, 0},
                          fmt::format("no process {} is in it", options.pid),
                          "",
                          "without --pid all of them are drawn"}});
    }
    return write_drawing(draw(history, selection), options.output);
}

int draw_dynamic(Options const& options) {
    auto events = events_of(source_of(options, "function_graph"));
    if (auto const* const diagnostics = std::get_if<Diagnostics>(&events)) {
        return complain(*diagnostics);
    }
    auto loaded = load_model(options);
    if (auto const* const diagnostic = std::get_if<Diagnostic>(&loaded)) {
        return complain({*diagnostic});
    }
    auto drawn = view::dynamic_graph_dot(std::get<trace::Capture>(events),
                                         std::get<std::unique_ptr<Known>>(loaded)->files(),
                                         {options.root, options.depth});
    if (auto* const diagnostic = std::get_if<Diagnostic>(&drawn)) {
        diagnostic->place.file = options.input;
        return complain({*diagnostic});
    }
    return write_drawing(std::get<std::string>(drawn), options.output);
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

void add_selection(CLI::App& command, Options& options) {
    command
        .add_option("-p,--pid", options.pid, "Only this process, its parent and its descendants")
        ->type_name("PID");
    command.add_option("-l,--lang", options.language, "Language of the labels (default: en)")
        ->check(CLI::IsMember({"en", "ko"}))
        ->type_name("en|ko");
}

} // namespace

void add_graph(CLI::App& app, int& status) {
    auto* const graph =
        app.add_subcommand("graph", "Draw call graphs, process trees and sequences.");
    graph->require_subcommand(1);
    auto const options = std::make_shared<Options>();

    auto* const calls = graph->add_subcommand(
        "calls", "What a function can call; without one, everything, a node a file.");
    calls
        ->add_option("function", options->input,
                     "Where to begin (default: everything, drawn by file)")
        ->type_name("FUNCTION");
    calls->add_option("-d,--depth", options->depth, "How many calls deep (default: 3)")
        ->check(CLI::Range(0, 1000))
        ->type_name("N");
    calls->add_option("-b,--build", options->build, "The kernel build (default: debian-6.12-arm64)")
        ->type_name("NAME");
    calls
        ->add_option("--as", options->as,
                     "As the source has it, or as the build's tracer shows it (default)")
        ->check(CLI::IsMember({"source", "traced"}))
        ->type_name("source|traced");
    add_output(*calls, *options);
    calls->footer(
        "Solid boxes are traced, dashed ones are called but hidden from the tracer, dotted "
        "grey ones are\ninlined. Dashed edges are calls through a pointer, red ones are "
        "made when a step fails.\n"
        "Examples:\n"
        "  kflow graph calls kernel_clone --depth 2 -o kernel_clone.svg\n"
        "  kflow graph calls copy_process --depth 1 --as source --build debian-6.1-arm64\n"
        "  kflow graph calls -o everything.svg");
    calls->callback([options, &status] { status = draw_calls(*options); });

    auto* const made = add_event_drawing(
        *graph, "dynamic", "The calls that a run or a capture made, with counts.", *options);
    made->add_option("-r,--root", options->root, "Only calls below this function")
        ->type_name("FUNCTION");
    made->add_option("-d,--depth", options->depth, "With --root: how many calls deep (default: 3)")
        ->check(CLI::Range(0, 1000))
        ->type_name("N");
    made->footer("With more than 150 functions, a file is drawn as one node.\n"
                 "Examples:\n"
                 "  kflow graph dynamic fork_wait.graph.trace.zst -o files.svg\n"
                 "  kflow graph dynamic fork_wait.graph.trace.zst --root kernel_clone --depth 1\n"
                 "  kflow graph dynamic scenarios/fork_wait.scenario --root do_exit -o exit.pdf");
    made->callback([options, &status] { status = draw_dynamic(*options); });

    auto* const tree = add_event_drawing(
        *graph, "processes", "The process tree, with fork, exec, signal, exit, reap.", *options);
    add_selection(*tree, *options);
    tree->footer("Examples:\n"
                 "  kflow graph processes session.trace.zst -o tree.png\n"
                 "  kflow graph processes scenarios/raspbian_proc.scenario --lang ko -o tree.svg");
    tree->callback(
        [options, &status] { status = draw_processes(*options, view::process_tree_dot); });

    auto* const messages = add_event_drawing(
        *graph, "sequence", "The messages between processes and kernel.", *options);
    add_selection(*messages, *options);
    messages->footer("A lane is a line while its process lives, and dotted while it is a zombie.\n"
                     "Examples:\n"
                     "  kflow graph sequence scenarios/fork_wait.scenario -o fork_wait.pdf\n"
                     "  kflow graph sequence session.trace.zst --pid 159 -o raspbian_proc.svg");
    messages->callback(
        [options, &status] { status = draw_processes(*options, view::sequence_dot); });

    graph->footer("Examples:\n"
                  "  kflow graph calls kernel_clone --depth 2 -o kernel_clone.svg\n"
                  "  kflow graph calls copy_process --as source --build debian-6.1-arm64\n"
                  "  kflow graph processes session.trace.zst -o tree.png\n"
                  "  kflow graph sequence scenarios/fork_wait.scenario -o fork_wait.pdf\n"
                  "  kflow graph dynamic fork_wait.graph.trace --root kernel_clone --depth 1");
}

} // namespace kflow::cli
