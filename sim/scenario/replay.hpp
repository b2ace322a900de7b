#pragma once
// A scenario with everything that it takes to run it: the model for its build, the build's facts,
// its programs, an engine.

#include "sim/engine/engine.hpp"
#include "sim/engine/recorder.hpp"
#include "sim/scenario/outcome.hpp"
#include "sim/scenario/scenario.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kflow::scenario {

/// A run is cut off after so many steps of CPUs and programs (Machine::steps). No scenario of
/// kflow's own comes near it.
inline constexpr std::uint64_t kMostSteps = 5'000'000;
/// Nobody looks at what comes after so long a time of the run's clock: a program that then still
/// sleeps, or prints every second, simply runs on.
inline constexpr Nanos kLongestRun{3'600'000'000'000};

struct ReplayOptions {
    std::string model_dir = "model";
    std::shared_ptr<model::Model const> model; ///< of model_dir, where it was read already
    /// Where a compiled form of the model may stand, and the program that made it (see
    /// sim/model/image.hpp). Empty: the text is parsed, as it must be for whoever shows it.
    std::string image;
    std::string program_file;
    std::string build;  ///< empty: the scenario's
    std::string start;  ///< which of the scenario's starts; empty: the first
    std::string tracer; ///< empty: the scenario's
    std::uint64_t seed = 1;
    std::vector<Injection> failures;  ///< besides the scenario's own: `--fail copy_mm`
    std::vector<std::string> options; ///< trace options behind the scenario's: a later word wins
    std::vector<std::string> events;  ///< besides the scenario's
    std::vector<std::string> filter;  ///< instead of the scenario's, if not empty; `*` is all
    std::uint64_t limit = kMostSteps;
    /// Below functions without a body, what captures showed there: function_graph, of every
    /// function unless `filter` says otherwise.
    bool full_depth = false;
};

/// What a run left.
struct ReplayResult {
    trace::Capture capture;
    kernel::Machine end;
    std::vector<Diagnostic> broken;    ///< expectations that do not hold
    std::vector<Diagnostic> warnings;  ///< words of the trace that this build does not know
    std::optional<Diagnostic> cut_off; ///< where it was when it had taken its most steps
};

/// Owns all of it; the parts refer to each other, so it stays where it is.
class Replay {
public:
    /// Reads the scenario, its libraries (`lib/NAME.scenario` beside it), the model and the build.
    /// All that is wrong with them.
    static std::variant<std::unique_ptr<Replay>, std::vector<Diagnostic>>
    load(std::string const& path, ReplayOptions const& options);
    Replay(Replay const&) = delete;
    Replay& operator=(Replay const&) = delete;

    Scenario const& scenario() const { return scenario_; }
    engine::World const& world() const { return world_; }
    engine::Engine const& engine() const { return *engine_; }
    model::Program const& program() const { return program_; }
    build::BuildFacts const& build() const { return *facts_; }

    /// The machine before the first step, with the first process, and who that is.
    struct Start {
        kernel::Machine machine;
        kernel::TaskId first;
    };
    Start start() const;
    engine::TraceOptions trace_options() const;

    /// Runs it to its end. `extra` sees every step as well; `tracer` records instead of
    /// trace_options().tracer, if it is given.
    ReplayResult run(engine::Observer* extra = nullptr, std::string_view tracer = {}) const;
    /// Likewise; `recorder`, of engine(), has the log, and the result no capture.
    ReplayResult run_with(engine::Recorder& recorder, engine::Observer* extra = nullptr) const;
    /// What a log's header says of the run.
    std::string note() const;
    /// Why a run that goes on at `machine` is left there, and what a CPU was about.
    Diagnostic cut_off_at(kernel::Machine const& machine, std::uint64_t limit) const;

private:
    Replay() = default;
    std::vector<Diagnostic> load_program();
    std::vector<Diagnostic> load_shapes();

    /// The failures to be injected into functions that this build's model does not have.
    std::vector<Diagnostic> unknown_failures(std::string const& path) const;

    Scenario scenario_;
    ReplayOptions options_;
    engine::World world_;
    std::unique_ptr<build::BuildFacts> facts_;
    model::Program program_;
    std::unique_ptr<engine::Engine> engine_;
};

/// Reads a scenario's file and its libraries.
std::variant<Scenario, std::vector<Diagnostic>> load_scenario(std::string const& path);

} // namespace kflow::scenario
