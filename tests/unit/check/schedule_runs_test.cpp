// Witness 2 on many runs: whatever the order in which CPUs, interrupts and timers come, the log of
// a run is one of its scenario's runs; and a log from which one record was taken is none.

#include "sim/check/schedule.hpp"
#include "sim/engine/policy.hpp"
#include "sim/model/model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

using namespace kflow;

namespace {

std::string const kSource = KFLOW_SOURCE_DIR;

/// Durations from next to nothing to very long, any CPU, any preemption.
class WildPolicy : public engine::SeededPolicy {
public:
    Cpu place(kernel::Machine& machine, kernel::TaskId, Cpu, bool) override {
        return Cpu{static_cast<std::int32_t>(machine.random.below(machine.cpus.size()))};
    }
    std::size_t pick(kernel::Machine& machine, Cpu cpu) override {
        return machine.random.below(machine.cpu(cpu).queue.size());
    }
    bool preempts(kernel::Machine& machine, Cpu, kernel::TaskId) override {
        return machine.random.below(3) == 0;
    }
    Nanos function_cost(kernel::Machine& machine, std::string_view) override {
        return wild(machine, 100, 8);
    }
    Nanos interrupt_latency(kernel::Machine& machine, Cpu) override {
        return wild(machine, 500, 10);
    }
    Nanos user_cost(kernel::Machine& machine, kernel::TaskId) override {
        return wild(machine, 1'000, 12);
    }

private:
    static Nanos wild(kernel::Machine& machine, std::int64_t least, std::uint64_t doublings) {
        return {least << machine.random.below(doublings)};
    }
};

std::unique_ptr<scenario::Replay> load(std::string const& name, std::string const& build,
                                       std::uint64_t seed) {
    static auto const model = model::Model::load(kSource + "/model");
    scenario::ReplayOptions options;
    options.model_dir = kSource + "/model";
    options.model = model;
    options.build = build;
    options.seed = seed;
    auto loaded = scenario::Replay::load(kSource + "/scenarios/" + name + ".scenario", options);
    REQUIRE(std::holds_alternative<std::unique_ptr<scenario::Replay>>(loaded));
    return std::get<std::unique_ptr<scenario::Replay>>(std::move(loaded));
}

/// The record of its program's exec, before which a capture's task is not the scenario's. Without
/// it only the programs that a run executes would be compared.
trace::Event exec_of_first(scenario::Replay const& replay, trace::Event const& first) {
    auto const& program = *replay.scenario().find_program(replay.scenario().start);
    auto event = first;
    std::int64_t const pid = replay.scenario().machine.first_pid;
    event.pid = Pid{static_cast<std::int32_t>(pid)};
    event.comm = trace::Name(program.name.substr(0, 15));
    trace::TraceEvent exec{trace::Name("sched_process_exec"), {}, {}};
    exec.fields = {{trace::Name("filename"), trace::Name(program.path)},
                   {trace::Name("pid"), pid},
                   {trace::Name("old_pid"), pid}};
    event.payload = std::move(exec);
    return event;
}

trace::Capture wild_run(scenario::Replay const& replay, bool functions, std::uint64_t seed) {
    auto begin = replay.start();
    begin.machine.random = Random(seed);
    auto options = replay.trace_options();
    options.options = {"sym-offset"};
    if (!functions) {
        options.tracer = "nop";
    }
    engine::Recorder recorder(replay.engine(), options);
    WildPolicy policy;
    replay.engine().run(begin.machine, policy, &recorder,
                        begin.machine.now + Nanos{100'000'000'000}, scenario::kMostSteps);
    auto capture = recorder.capture();
    capture.events.insert(capture.events.begin(), exec_of_first(replay, capture.events.front()));
    return capture;
}

void check_runs(std::string const& name, std::string const& build, std::uint64_t seeds) {
    auto const replay = load(name, build, 1);
    auto const* const from = std::getenv("KFLOW_FROM");
    for (std::uint64_t seed = from ? std::strtoull(from, nullptr, 10) : 1; seed <= seeds; ++seed) {
        for (bool const functions : {true, false}) {
            auto const capture = wild_run(*replay, functions, seed);
            auto const result = check::find_schedule(*replay, capture);
            INFO(name << " on " << build << ", seed " << seed
                      << (functions ? ", functions: " : ", events: ") << result.explanation);
            CHECK(result.events_total > 0);
            CHECK(result.found);
        }
    }
}

} // namespace

TEST_CASE("a run of a scenario is one of its runs, however wild its timing") {
    for (auto const* const name :
         {"fork_wait", "orphan", "sigterm_handler", "stop_cont", "threads_exit", "vfork_exec",
          "group_killed", "waitid_forms", "exec_from_thread", "group_signal"}) {
        check_runs(name, "debian-6.12-arm64", 8);
    }
}

TEST_CASE("every scenario, many wild runs", "[.wild]") {
    auto const* const seeds = std::getenv("KFLOW_SEEDS");
    auto const* const only = std::getenv("KFLOW_SCENARIO");
    std::vector<std::string> names;
    for (auto const& file : std::filesystem::directory_iterator(kSource + "/scenarios")) {
        if (file.path().extension() == ".scenario" && (!only || file.path().stem() == only)) {
            names.push_back(file.path().stem());
        }
    }
    std::sort(names.begin(), names.end());
    for (auto const& name : names) {
        for (auto const* const build :
             {"debian-6.1-arm64", "debian-6.12-arm64", "debian-7.2-arm64"}) {
            check_runs(name, build, seeds ? std::strtoull(seeds, nullptr, 10) : 20);
        }
    }
}
