// The cleanup ladder of copy_process(): each step that can fail is let fail, and what is called to
// take back the steps before it is held against undo/BUILD.txt, which was read beside the labels
// bad_fork_… of that version's kernel/fork.c. And nothing stays behind in the machine.

#include "sim/base/input_file.hpp"
#include "sim/build/build_facts.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/observer.hpp"
#include "sim/engine/policy.hpp"
#include "sim/model/model.hpp"
#include "sim/model/resolve.hpp"
#include "sim/model/target.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

using namespace kflow;
using namespace kflow::engine;

namespace {

std::string const kModel = KFLOW_SOURCE_DIR "/model";

/// Every step whose failure copy_process() passes on, in its order; not each build has them all.
std::vector<std::string> const kSteps{
    "dup_task_struct",    "copy_exec_state", "copy_creds",     "io_uring_fork",
    "mpol_dup",           "sched_fork",      "perf_event_init_task",
    "audit_alloc",        "security_task_alloc",
    "copy_semundo",       "copy_files",      "copy_fs",        "copy_sighand",
    "copy_signal",        "copy_mm",         "copy_namespaces", "copy_io",
    "copy_thread",        "alloc_pid",       "__pidfd_prepare", "pidfd_prepare",
    "cgroup_can_fork",    "sched_cgroup_fork", "futex_hash_allocate_default"};

/// What copy_process() itself calls from the failure of `step` on.
class Undo : public Observer {
public:
    Undo(model::Program const& program, std::string step)
        : program_(program), step_(std::move(step)) {}

    void on_step(Step const& step, kernel::Machine const& machine) override {
        if (step.kind != StepKind::call && step.kind != StepKind::leave) {
            return;
        }
        auto const& frames = machine.tasks[step.task].stack.frames;
        if (frames.size() < 2 ||
            program_[frames[frames.size() - 2].function].name != "copy_process") {
            return;
        }
        if (step.kind == StepKind::leave) {
            failed = failed || (step.name == step_ && step.error != 0);
        } else if (failed) {
            calls.emplace_back(step.name);
        }
    }

    bool failed = false;
    std::vector<std::string> calls;

private:
    model::Program const& program_;
    std::string step_;
};

World one_fork() {
    Program program;
    program.path = "/progs/p";
    program.comm = "p";
    program.variables = {"child"};
    Op fork;
    fork.kind = Op::Kind::system_call; // clone3, which may ask for a pidfd
    fork.name = "clone3";
    fork.arguments = {{Arg::flags, Value::of(static_cast<std::int64_t>(kernel::CLONE_PIDFD_))},
                      {Arg::exit_signal, Value::of(kernel::SIGCHLD_)}};
    fork.result = 0;
    Op stay;
    stay.kind = Op::Kind::system_call;
    stay.name = "ppoll";
    stay.arguments = {{Arg::time, Value::of(-1)}};
    program.ops = {fork, stay, Op{}};
    World world;
    world.programs.push_back(program);
    return world;
}

/// What would leak: everything that a child takes a share of.
std::string balance(kernel::Machine const& machine, kernel::TaskId id) {
    auto const& task = machine.tasks[id];
    int tasks = 0;
    machine.tasks.for_each([&](kernel::TaskId, kernel::Task const&) { ++tasks; });
    std::string users;
    for (auto const& [uid, count] : machine.processes_of_user) {
        users += fmt::format(" {}:{}", uid, count);
    }
    return fmt::format("tasks {} numbers {} children {} threads {} cred {} files {} fs {} sighand {} "
                       "mm {} cgroup {} users{}",
                       tasks, machine.namespaces[kernel::PidNamespaceId{0}].used.size(),
                       task.children.size(), machine.groups[task.group].threads.size(),
                       machine.creds[task.cred].usage, machine.files[task.files].count,
                       machine.fss[task.fs].users, machine.sighands[task.sighand].users,
                       machine.mms[task.mm].users, machine.pids_cgroup.charged, users);
}

std::string undo_of(std::string const& build) {
    auto loaded = build::BuildFacts::load(kModel, build);
    REQUIRE(std::holds_alternative<build::BuildFacts>(loaded));
    auto const facts = std::get<build::BuildFacts>(std::move(loaded));
    auto const program = model::resolve(model::Model::load(kModel), model::target_of(facts)).program;
    auto const world = one_fork();
    Engine const engine(program, facts, world);
    std::string text;
    for (auto const& step : kSteps) {
        RunOptions options;
        options.failures = {{step, {}, 1, 12, 0}};
        auto machine = engine.boot(options);
        auto const first = engine.add(machine, 0);
        auto const before = balance(machine, first);
        SeededPolicy policy;
        Undo undo(program, step);
        engine.run(machine, policy, &undo, Nanos{INT64_MAX}, 2'000'000);
        if (!undo.failed) {
            continue; // not in this build, or not for a process
        }
        CAPTURE(build, step);
        if (machine.tasks[first].user.variables.at(0) > 0) {
            continue; // void there: sched_cgroup_fork before 6.12
        }
        CHECK(machine.tasks[first].user.variables.at(0) == -12);
        CHECK(balance(machine, first) == before);
        text += step + "\n";
        for (auto const& call : undo.calls) {
            text += "    " + call + "\n";
        }
    }
    return text;
}

} // namespace

TEST_CASE("a step of copy_process that fails has the steps before it taken back, the last first") {
    for (std::string const build : {"debian-6.1-arm64", "debian-6.12-arm64", "debian-7.2-arm64"}) {
        auto const expected =
            read_input(KFLOW_SOURCE_DIR "/tests/unit/engine/undo/" + build + ".txt");
        REQUIRE(std::holds_alternative<std::string>(expected));
        CHECK(undo_of(build) == std::get<std::string>(expected));
    }
}
