#include "sim/build/build_facts.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/recorder.hpp"
#include "sim/engine/timeline.hpp"
#include "sim/model/model.hpp"
#include "sim/model/resolve.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace kflow;
using namespace kflow::engine;

namespace {

/// One build's model and facts, read once for all tests.
struct Kernel {
    build::BuildFacts facts;
    model::Program program;
};

Kernel const& kernel_of(std::string const& name) {
    static std::map<std::string, Kernel> known;
    if (auto const found = known.find(name); found != known.end()) {
        return found->second;
    }
    std::string const dir = KFLOW_SOURCE_DIR "/model";
    auto loaded = build::BuildFacts::load(dir, name);
    REQUIRE(std::holds_alternative<build::BuildFacts>(loaded));
    auto facts = std::get<build::BuildFacts>(loaded);
    auto const version = facts.version();
    model::Target target{name, version.major, version.minor, version.patch,
                         [&](std::string_view option) { return facts.config_enabled(option); }};
    auto program = model::resolve(model::Model::load(dir), target).program;
    return known.emplace(name, Kernel{facts, std::move(program)}).first->second;
}

std::vector<std::string> const kBuilds{"debian-6.1-arm64", "debian-6.12-arm64", "debian-7.2-arm64"};

Op op(Op::Kind kind, std::string name, std::vector<OpArgument> arguments = {},
      Variable result = kNoVariable) {
    Op made;
    made.kind = kind;
    made.name = std::move(name);
    made.arguments = std::move(arguments);
    made.result = result;
    return made;
}

Op branch_if_not(Variable variable, std::int64_t value, std::uint32_t target) {
    Op made;
    made.kind = Op::Kind::branch;
    made.left = Value::var(variable);
    made.right = Value::of(value);
    made.target = target;
    return made;
}

Op end(std::int64_t code) {
    Op made;
    made.left = Value::of(code);
    return made;
}

/// fork(); the child ends with 7; the parent waits for it and ends with 0.
World fork_and_wait() {
    Program p;
    p.path = "/progs/fork_wait";
    p.comm = "fork_wait";
    p.variables = {"child", "got"};
    p.ops = {
        op(Op::Kind::call, "fork", {}, 0), branch_if_not(0, 0, 3),
        op(Op::Kind::call, "_exit", {{Arg::exit_code, Value::of(7)}}),
        op(Op::Kind::call, "waitpid", {{Arg::pid, Value::var(0)}, {Arg::options, Value::of(0)}}, 1),
        end(0)};
    World world;
    world.programs.push_back(p);
    return world;
}

std::vector<std::string> events_of(trace::Capture const& capture, std::string_view prefix) {
    std::vector<std::string> names;
    for (auto const& event : capture.events) {
        if (auto const* e = event.as<trace::TraceEvent>();
            e && e->name.view().starts_with(prefix)) {
            names.emplace_back(e->name.view());
        }
    }
    return names;
}

struct Outcome {
    kernel::Machine machine;
    trace::Capture capture;
    RunState state;
};

Outcome run(Kernel const& kernel, World const& world, std::uint64_t seed = 1) {
    Engine const engine(kernel.program, kernel.facts, world);
    RunOptions options;
    options.seed = seed;
    auto machine = engine.boot(options);
    engine.add(machine, 0);
    TraceOptions trace;
    trace.tracer = "function";
    trace.options = {"func_stack_trace", "sym-offset"};
    trace.filter = {"copy_process", "do_exit", "release_task", "schedule_tail"};
    trace.events = {"sched/*", "signal/*", "task/*"};
    Recorder recorder(engine, trace);
    SeededPolicy policy;
    auto const state = engine.run(machine, policy, &recorder, Nanos{INT64_MAX}, 5'000'000);
    return {std::move(machine), recorder.capture(), state};
}

} // namespace

TEST_CASE("a fork, an exit and a wait leave nothing behind, on every build") {
    for (auto const& build : kBuilds) {
        CAPTURE(build);
        auto const outcome = run(kernel_of(build), fork_and_wait());
        CHECK(outcome.state == RunState::finished);
        auto const events = events_of(outcome.capture, "sched_process");
        CHECK(std::count(events.begin(), events.end(), "sched_process_fork") == 1);
        CHECK(std::count(events.begin(), events.end(), "sched_process_exit") == 2);
        std::vector<std::string> functions;
        for (auto const& event : outcome.capture.events) {
            if (auto const* f = event.as<trace::FunctionEntry>()) {
                functions.emplace_back(f->ip.symbol.view());
            }
        }
        CHECK(std::count(functions.begin(), functions.end(), "copy_process") == 1);
        CHECK(std::count(functions.begin(), functions.end(), "schedule_tail") == 1);
        CHECK(std::count(functions.begin(), functions.end(), "do_exit") == 2);
        CHECK(std::count(functions.begin(), functions.end(), "release_task") >= 1);
    }
}

TEST_CASE("the same seed gives the same bytes, another one another schedule") {
    auto const& kernel = kernel_of("debian-6.12-arm64");
    auto const world = fork_and_wait();
    auto const text = [&](std::uint64_t seed) {
        auto const capture = run(kernel, world, seed).capture;
        return trace::write_trace(capture.format, capture.events);
    };
    auto const first = text(1);
    CHECK(first == text(1));
    CHECK_FALSE(first == text(2));
}

TEST_CASE("going back and forward again ends in the same state") {
    auto const& kernel = kernel_of("debian-6.12-arm64");
    auto const world = fork_and_wait();
    Engine const engine(kernel.program, kernel.facts, world);
    auto machine = engine.boot(RunOptions{});
    engine.add(machine, 0);
    SeededPolicy policy;
    Timeline timeline(engine, machine, policy, 64);
    REQUIRE(timeline.go_to(400));
    auto const there = timeline.machine();
    REQUIRE(timeline.go_to(90));
    REQUIRE(timeline.go_to(400));
    CHECK(timeline.machine() == there);
    REQUIRE(timeline.back());
    REQUIRE(timeline.forward());
    CHECK(timeline.machine() == there);
}

TEST_CASE("a failing step of copy_process makes fork fail with its errno, and no child stays") {
    auto const& kernel = kernel_of("debian-6.12-arm64");
    Program p;
    p.path = "/progs/p";
    p.comm = "p";
    p.variables = {"child"};
    p.ops = {op(Op::Kind::call, "fork", {}, 0), end(0)};
    World world;
    world.programs.push_back(p);
    Engine const engine(kernel.program, kernel.facts, world);
    for (std::string const step : {"dup_task_struct", "copy_creds", "copy_files", "copy_mm"}) {
        CAPTURE(step);
        RunOptions options;
        options.failures = {{step, {}, 1, 12, 0}};
        auto machine = engine.boot(options);
        auto const first = engine.add(machine, 0);
        SeededPolicy policy;
        int error = 0;
        for (int n = 0; n < 200'000 && machine.tasks.has(first); ++n) {
            if (engine.step(machine, policy, nullptr) == RunState::finished) {
                break;
            }
            if (machine.tasks.has(first) && machine.tasks[first].user.error != 0) {
                error = machine.tasks[first].user.error;
            }
        }
        CHECK(error == 12);
        CHECK(machine.processes_of_user[0] == 0);
    }
}
