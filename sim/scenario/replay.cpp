#include "sim/scenario/replay.hpp"

#include "sim/base/input_file.hpp"
#include "sim/engine/policy.hpp"
#include "sim/model/image.hpp"
#include "sim/model/resolve.hpp"
#include "sim/model/target.hpp"
#include "sim/scenario/compile.hpp"
#include "sim/scenario/statements.hpp"
#include "sim/scenario/verbs.hpp"
#include "sim/trace/call_shapes.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace kflow::scenario {

namespace {

using Diagnostics = std::vector<Diagnostic>;

/// Hands a step to several observers, in order.
class Fan : public engine::Observer {
public:
    explicit Fan(std::vector<engine::Observer*> to) : Observer(wanted_by(to)), to_(std::move(to)) {}
    void on_step(engine::Step const& step, kernel::Machine const& machine) override {
        for (auto* const observer : to_) {
            if (observer->wanted().has(step.kind)) {
                observer->on_step(step, machine);
            }
        }
    }

private:
    static engine::StepSet wanted_by(std::vector<engine::Observer*> const& observers) {
        engine::StepSet all{0, false};
        for (auto const* const observer : observers) {
            all = all | observer->wanted();
        }
        return all;
    }

    std::vector<engine::Observer*> to_;
};

/// syscall_regfunc() sets a flag of every task while an event of system calls is on.
bool is_syscall_event(std::string_view word) {
    return word.starts_with("raw_syscalls") || word.starts_with("syscalls") ||
           word.starts_with("sys_enter") || word.starts_with("sys_exit");
}

} // namespace

std::variant<Scenario, Diagnostics> load_scenario(std::string const& path) {
    auto input = read_input(path);
    if (auto const* const diagnostic = std::get_if<Diagnostic>(&input)) {
        return Diagnostics{*diagnostic};
    }
    auto const& text = std::get<std::string>(input);
    std::map<std::string, std::string> library;
    auto const folder = std::filesystem::path(path).parent_path() / "lib";
    auto names = used_libraries(text);
    for (std::size_t n = 0; n < names.size(); ++n) {
        auto taken = read_input(folder / (names[n] + ".scenario"));
        auto* const found = std::get_if<std::string>(&taken);
        if (!found || library.contains(names[n])) {
            continue;
        }
        auto const further = used_libraries(*found);
        names.insert(names.end(), further.begin(), further.end());
        library.emplace(names[n], std::move(*found));
    }
    auto result = parse_scenario(path, text, library);
    if (!result.good()) {
        return std::move(result.diagnostics);
    }
    return std::move(result.scenario);
}

std::variant<std::unique_ptr<Replay>, Diagnostics> Replay::load(std::string const& path,
                                                                ReplayOptions const& options) {
    auto scenario = load_scenario(path);
    if (auto* const diagnostics = std::get_if<Diagnostics>(&scenario)) {
        return std::move(*diagnostics);
    }
    std::unique_ptr<Replay> replay(new Replay);
    replay->scenario_ = std::get<Scenario>(std::move(scenario));
    if (replay->scenario_.start.empty()) {
        return Diagnostics{no_start(path)};
    }
    if (!options.start.empty()) {
        auto const& starts = replay->scenario_.starts;
        if (std::ranges::find(starts, options.start) == starts.end()) {
            return Diagnostics{{Severity::error,
                                {path, 0, 0},
                                fmt::format("it does not start with \"{}\"", options.start),
                                "",
                                fmt::format("it starts with {}", fmt::join(starts, " or "))}};
        }
        replay->scenario_.start = options.start;
    }
    replay->options_ = options;
    auto const& wanted = options.build.empty() ? replay->scenario_.machine.build : options.build;
    auto facts = build::BuildFacts::load(options.model_dir, wanted);
    if (auto const* const diagnostic = std::get_if<Diagnostic>(&facts)) {
        return Diagnostics{*diagnostic};
    }
    replay->facts_ =
        std::make_unique<build::BuildFacts>(std::get<build::BuildFacts>(std::move(facts)));
    if (auto trouble = replay->load_program(); !trouble.empty()) {
        return trouble;
    }
    if (auto unknown = replay->unknown_failures(path); !unknown.empty()) {
        return unknown;
    }
    replay->world_ = compile_world(replay->scenario_);
    if (auto trouble = replay->load_shapes(); !trouble.empty()) {
        return trouble;
    }
    replay->engine_ =
        std::make_unique<engine::Engine>(replay->program_, *replay->facts_, replay->world_);
    return replay;
}

/// From the image, if there is one that is good for this model, else from the text.
Diagnostics Replay::load_program() {
    if (auto program = model::load_image(options_.image, options_.program_file, options_.model_dir,
                                         facts_->name())) {
        program_ = std::move(*program);
        return {};
    }
    auto const model = options_.model ? options_.model : model::Model::load(options_.model_dir);
    auto resolution = model::resolve(model, model::target_of(*facts_));
    Diagnostics trouble = model->diagnostics();
    trouble.insert(trouble.end(), resolution.diagnostics.begin(), resolution.diagnostics.end());
    std::erase_if(trouble, [](Diagnostic const& d) { return d.severity != Severity::error; });
    program_ = std::move(resolution.program);
    return trouble;
}

/// What captures showed, if the run is to have full depth.
Diagnostics Replay::load_shapes() {
    if (!options_.full_depth) {
        return {};
    }
    if (!options_.tracer.empty() && options_.tracer != "function_graph") {
        return {
            {Severity::error,
             {"--depth", 0, 0},
             fmt::format("full depth is a matter of function_graph, not of {}", options_.tracer),
             "",
             "leave --tracer out"}};
    }
    auto loaded = trace::CallShapes::load(options_.model_dir, facts_->name());
    if (auto* const wrong = std::get_if<Diagnostic>(&loaded)) {
        return {std::move(*wrong)};
    }
    auto& shapes = std::get<std::optional<trace::CallShapes>>(loaded);
    if (!shapes) {
        return {
            {Severity::error,
             {"--depth", 0, 0},
             fmt::format("nothing was learned of what {} calls below the model", facts_->name()),
             "",
             fmt::format("kflow learn *.graph.trace --build {} does that", facts_->name())}};
    }
    world_.shapes = std::make_shared<trace::CallShapes const>(std::move(*shapes));
    return {};
}

std::vector<Diagnostic> Replay::unknown_failures(std::string const& path) const {
    auto failures = scenario_.machine.failures;
    failures.insert(failures.end(), options_.failures.begin(), options_.failures.end());
    std::vector<Diagnostic> diagnostics;
    for (auto const& failure : failures) {
        bool const function_is_known =
            program_.find_function(failure.function) != model::kNone<model::FunctionId>;
        auto const& name = function_is_known ? failure.caller : failure.function;
        if (name.empty() || program_.find_function(name) != model::kNone<model::FunctionId>) {
            continue;
        }
        std::vector<std::string_view> known;
        for (auto const& function : program_.functions) {
            known.push_back(function.name);
        }
        auto const near = nearest_word(name, known);
        diagnostics.push_back({Severity::error,
                               {failure.line == 0 ? "--fail" : path, failure.line, failure.column},
                               fmt::format("no function of this kernel is called \"{}\"", name),
                               "",
                               near.empty() ? "kflow model list names them"
                                            : fmt::format("did you mean \"{}\"?", near)});
    }
    return diagnostics;
}

Replay::Start Replay::start() const {
    engine::RunOptions run;
    run.cpus = scenario_.machine.cpus;
    run.seed = options_.seed;
    run.first_pid = scenario_.machine.first_pid;
    run.pid_max = scenario_.machine.pid_max;
    auto failures = scenario_.machine.failures;
    failures.insert(failures.end(), options_.failures.begin(), options_.failures.end());
    run.trace_syscalls = std::ranges::any_of(trace_options().events, is_syscall_event);
    for (auto const& failure : failures) {
        run.failures.push_back(
            {failure.function, failure.caller, failure.nth, errno_number(failure.error), 0});
    }
    Start start{engine_->boot(run), {}};
    auto const* const first = scenario_.find_program(scenario_.start);
    start.first = engine_->add(start.machine, static_cast<int>(first - scenario_.programs.data()));
    return start;
}

engine::TraceOptions Replay::trace_options() const {
    engine::TraceOptions trace;
    trace.tracer = options_.tracer.empty() ? scenario_.trace.tracer : options_.tracer;
    trace.options = scenario_.trace.options;
    trace.filter = options_.filter.empty() ? scenario_.trace.filter : options_.filter;
    if (options_.full_depth) {
        trace.tracer = "function_graph";
        trace.filter = options_.filter;
    }
    trace.events = scenario_.trace.events;
    trace.options.insert(trace.options.end(), options_.options.begin(), options_.options.end());
    trace.events.insert(trace.events.end(), options_.events.begin(), options_.events.end());
    return trace;
}

Diagnostic Replay::cut_off_at(kernel::Machine const& machine, std::uint64_t limit) const {
    SourcePlace place{scenario_.file, 0, 0};
    for (auto const& cpu : machine.cpus) {
        auto const& user = machine.tasks[cpu.current].user;
        auto const program = static_cast<std::size_t>(user.program);
        if (user.program >= 0 && program < world_.programs.size() &&
            user.op < world_.programs[program].ops.size()) {
            place = scenario_.programs[program].place;
            place.line = world_.programs[program].ops[user.op].line;
            place.column = 0;
            break;
        }
    }
    constexpr double second = 1e9;
    return {Severity::error, std::move(place),
            fmt::format("the run comes to no end: it is here after {} steps, at {:.6f} s of "
                        "its clock",
                        limit, static_cast<double>(machine.now.count) / second),
            "",
            "does a loop never leave, or does a program start itself? kflow run --limit N lets it "
            "go on for longer"};
}

ReplayResult Replay::run(engine::Observer* extra, std::string_view tracer) const {
    auto trace = trace_options();
    if (!tracer.empty()) {
        trace.tracer = tracer;
    }
    engine::Recorder recorder(*engine_, trace);
    auto result = run_with(recorder, extra);
    result.capture = recorder.capture();
    result.capture.format.notes.push_back(note());
    return result;
}

ReplayResult Replay::run_with(engine::Recorder& recorder, engine::Observer* extra) const {
    auto begin = start();
    Outcome outcome(scenario_, world_);
    outcome.set_first(begin.first);
    std::vector<engine::Observer*> observers{&outcome, &recorder};
    if (extra) {
        observers.push_back(extra);
    }
    Fan fan(observers);
    engine::SeededPolicy policy;
    Nanos const until = begin.machine.now + kLongestRun;
    auto const state = engine_->run(begin.machine, policy, &fan, until, options_.limit);
    ReplayResult result;
    result.warnings = recorder.trouble();
    result.broken = broken_expectations(scenario_, outcome, begin.machine);
    if (state == engine::RunState::stuck) {
        result.cut_off = cut_off_at(begin.machine, options_.limit);
    }
    result.end = std::move(begin.machine);
    return result;
}

std::string Replay::note() const {
    return fmt::format("kflow: {}, model {}, {}, seed {}",
                       std::filesystem::path(scenario_.file).filename().string(), program_.version,
                       facts_->name(), options_.seed);
}

} // namespace kflow::scenario
