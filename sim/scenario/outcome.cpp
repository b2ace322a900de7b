#include "sim/scenario/outcome.hpp"

#include "sim/scenario/verbs.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::scenario {

namespace {

using kernel::kNobody;
using kernel::Task;
using kernel::TaskId;

constexpr int kCoreDumped = 0x80; // of wait4's status (include/uapi/linux/wait.h's users)
constexpr int kSignalBits = 0x7f;

/// The system calls behind a name of the C library.
bool is_call(std::string_view wanted, std::string_view system_call) {
    if (wanted == "fork" || wanted == "vfork" || wanted == "posix_spawn" ||
        wanted == "pthread_create") {
        return system_call == "clone" || system_call == "clone3";
    }
    if (wanted == "wait" || wanted == "waitpid") {
        return system_call == "wait4";
    }
    return wanted == system_call;
}

} // namespace

Outcome::Outcome(Scenario const& scenario, engine::World const& world)
    : Observer(engine::StepSet::of({engine::StepKind::event, engine::StepKind::effect,
                                    engine::StepKind::leave_kernel},
                                   false)),
      scenario_(&scenario), world_(&world) {}

void Outcome::set_first(TaskId task) {
    names_[scenario_->start].push_back(task);
}

void Outcome::on_step(engine::Step const& step, kernel::Machine const& machine) {
    switch (step.kind) {
    case engine::StepKind::event:
        return note_event(step, machine);
    case engine::StepKind::effect:
        if (step.name == "take_over_leader") {
            note_new_leader(step.task, machine);
        } else if (step.name == "detach_sighand") {
            note_release(step, machine);
        }
        return;
    case engine::StepKind::leave_kernel:
        if (step.result < 0) {
            failed_calls_.insert({program_of(machine.tasks[step.task]), std::string(step.name),
                                  static_cast<int>(-step.result)});
        }
        return;
    default:
        return;
    }
}

void Outcome::note_event(engine::Step const& step, kernel::Machine const& machine) {
    std::string_view const what = step.event->name.view();
    if (what == "sched_process_fork") {
        note_fork(step, machine);
    } else if (what == "sched_process_exec") {
        int const program = world_->find_program(step.event->text("filename"));
        if (program >= 0) {
            names_[scenario_->programs[static_cast<std::size_t>(program)].name].push_back(
                step.task);
        }
    } else if (what == "signal_deliver") {
        delivered_.emplace(step.task, static_cast<int>(step.event->number("sig").value_or(0)));
    }
}

/// The child has the name that the operation after the call gives its result.
void Outcome::note_fork(engine::Step const& step, kernel::Machine const& machine) {
    auto const pid = step.event->number("child_pid").value_or(0);
    TaskId const child = machine.find_task(Pid{static_cast<std::int32_t>(pid)});
    auto const& position = machine.tasks[step.task].user;
    if (child == kNobody<TaskId> || position.program < 0) {
        return;
    }
    auto const& program = world_->programs[static_cast<std::size_t>(position.program)];
    std::size_t const next = position.op + 1;
    if (next < program.ops.size() && program.ops[next].kind == engine::Op::Kind::set) {
        names_[program.variables[program.ops[next].result]].push_back(child);
    }
}

/// de_thread(): the thread that execs is the process from here on, with its leader's pid.
void Outcome::note_new_leader(TaskId thread, kernel::Machine const& machine) {
    for (auto& [name, tasks] : names_) {
        for (auto& task : tasks) {
            if (machine.tasks.has(task) && machine.tasks[task].leader == thread) {
                task = thread;
            }
        }
    }
}

/// __exit_signal takes the signal handlers away: who has none any more was just released.
void Outcome::note_release(engine::Step const& step, kernel::Machine const& machine) {
    machine.tasks.for_each([&](TaskId id, Task const& task) {
        bool const released = task.exit_state != 0 && task.sighand == kNobody<kernel::SighandId>;
        if (released && !reapers_.contains(id)) {
            reapers_[id] = step.task;
            endings_[id] = {task.pid, task.exit_code};
        }
    });
}

Outcome::Ending const* Outcome::ending_of(TaskId task) const {
    auto const found = endings_.find(task);
    return found == endings_.end() ? nullptr : &found->second;
}

std::string Outcome::program_of(Task const& task) const {
    auto const program = static_cast<std::size_t>(task.user.program);
    return task.user.program >= 0 && program < scenario_->programs.size()
               ? scenario_->programs[program].name
               : std::string{};
}

std::vector<TaskId> Outcome::tasks_of(std::string const& name) const {
    auto const found = names_.find(name);
    return found == names_.end() ? std::vector<TaskId>{} : found->second;
}

bool Outcome::got(TaskId task, int signal) const {
    return delivered_.contains({task, signal});
}

TaskId Outcome::reaper_of(TaskId task) const {
    auto const found = reapers_.find(task);
    return found == reapers_.end() ? kNobody<TaskId> : found->second;
}

namespace {

class Judge {
public:
    Judge(Outcome const& outcome, kernel::Machine const& end) : outcome_(outcome), end_(end) {}

    std::string objection(Expectation const& e) const {
        if (e.kind == ExpectKind::call_fails) {
            return call_objection(e);
        }
        auto const tasks = outcome_.tasks_of(e.who);
        if (tasks.empty()) {
            return fmt::format("no process \"{}\" came to be", e.who);
        }
        for (TaskId const task : tasks) {
            if (auto const why = task_objection(e, task); !why.empty()) {
                return fmt::format("pid {}: {}", state_of(task).pid.value, why);
            }
        }
        return "";
    }

private:
    std::string call_objection(Expectation const& e) const {
        int const error = errno_number(e.what);
        bool const failed = std::ranges::any_of(outcome_.failed_calls(), [&](FailedCall const& f) {
            return f.program == e.who && f.error == error && is_call(e.other, f.call);
        });
        return failed ? "" : fmt::format("no {} failed with {}", e.other, e.what);
    }

    struct State {
        Pid pid;
        bool dead = false;
        int exit_code = 0;
    };

    /// A task that was released may be freed by now; one that was not is still in the machine.
    State state_of(TaskId id) const {
        if (auto const* const ending = outcome_.ending_of(id)) {
            return {ending->pid, true, ending->exit_code};
        }
        Task const& task = end_.tasks[id];
        return {task.pid, task.exit_state != 0, task.exit_code};
    }

    std::string task_objection(Expectation const& e, TaskId id) const {
        State const task = state_of(id);
        switch (e.kind) {
        case ExpectKind::exits:
            return task.dead && task.exit_code == (e.status << 8) ? "" : ending_text(task);
        case ExpectKind::killed: {
            bool const right = task.dead &&
                               (task.exit_code & kSignalBits) == signal_number(e.what) &&
                               (!e.core || (task.exit_code & kCoreDumped) != 0);
            return right ? "" : ending_text(task);
        }
        case ExpectKind::gets:
            return outcome_.got(id, signal_number(e.what)) ? "" : "the signal was not delivered";
        case ExpectKind::reaped_by:
            return reaper_objection(e, id);
        case ExpectKind::not_reaped: {
            TaskId const reaper = outcome_.reaper_of(id);
            return reaper == id                ? ""
                   : reaper == kNobody<TaskId> ? "it is still a zombie"
                                               : "somebody reaped it";
        }
        case ExpectKind::runs:
            return task.dead ? ending_text(task) : "";
        case ExpectKind::call_fails:
            break;
        }
        return "";
    }

    static std::string ending_text(State const& task) {
        if (!task.dead) {
            return "it is alive";
        }
        int const signal = task.exit_code & kSignalBits;
        return signal ? fmt::format("it was killed by {}", signal_name(signal))
                      : fmt::format("it exited with {}", task.exit_code >> 8);
    }

    std::string reaper_objection(Expectation const& e, TaskId id) const {
        TaskId const reaper = outcome_.reaper_of(id);
        if (reaper == kNobody<TaskId>) {
            return "nobody reaped it";
        }
        auto const wanted = outcome_.tasks_of(e.other);
        bool const right = e.other == "init" ? reaper == end_.init
                                             : std::ranges::find(wanted, reaper) != wanted.end();
        return right ? "" : fmt::format("pid {} reaped it", state_of(reaper).pid.value);
    }

    Outcome const& outcome_;
    kernel::Machine const& end_;
};

} // namespace

std::vector<Diagnostic> broken_expectations(Scenario const& scenario, Outcome const& outcome,
                                            kernel::Machine const& end) {
    std::vector<Diagnostic> broken;
    Judge const judge(outcome, end);
    for (auto const& expectation : scenario.expectations) {
        if (!expectation.start.empty() && expectation.start != scenario.start) {
            continue;
        }
        if (auto const why = judge.objection(expectation); !why.empty()) {
            broken.push_back(
                {Severity::error, expectation.place, "the run is not as expected: " + why, "", ""});
        }
    }
    return broken;
}

} // namespace kflow::scenario
