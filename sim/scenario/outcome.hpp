#pragma once
// What became of a run's processes, and whether that is what the scenario's `expect` says.

#include "sim/engine/engine.hpp"
#include "sim/engine/observer.hpp"
#include "sim/scenario/scenario.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace kflow::scenario {

/// A call of a program that came back with an error.
struct FailedCall {
    std::string program; ///< name of the scenario's program, empty if the task runs none of them
    std::string call;    ///< system call: "clone", "wait4"
    int error = 0;       ///< errno, positive
    auto operator<=>(FailedCall const&) const = default;
};

/// Collected while a run goes on.
class Outcome : public engine::Observer {
public:
    explicit Outcome(Scenario const& scenario, engine::World const& world);
    void on_step(engine::Step const& step, kernel::Machine const& machine) override;

    /// The tasks that a variable or a program's name stands for.
    std::vector<kernel::TaskId> tasks_of(std::string const& name) const;
    /// The first task, which init started.
    void set_first(kernel::TaskId task);

    std::set<FailedCall> const& failed_calls() const { return failed_calls_; }
    bool got(kernel::TaskId task, int signal) const;
    /// The task's pid and its status as wait4 gives it, kept from before it was freed; nothing
    /// while it has not been released.
    struct Ending {
        Pid pid;
        int exit_code = 0;
    };
    Ending const* ending_of(kernel::TaskId task) const;
    /// Who called release_task for it; nobody while it is a zombie or alive.
    kernel::TaskId reaper_of(kernel::TaskId task) const;

private:
    void note_event(engine::Step const& step, kernel::Machine const& machine);
    void note_fork(engine::Step const& step, kernel::Machine const& machine);
    void note_new_leader(kernel::TaskId thread, kernel::Machine const& machine);
    void note_release(engine::Step const& step, kernel::Machine const& machine);
    std::string program_of(kernel::Task const& task) const;

    Scenario const* scenario_;
    engine::World const* world_;
    std::map<std::string, std::vector<kernel::TaskId>> names_;
    std::set<FailedCall> failed_calls_;
    std::set<std::pair<kernel::TaskId, int>> delivered_;
    std::map<kernel::TaskId, kernel::TaskId> reapers_;
    std::map<kernel::TaskId, Ending> endings_;
};

/// One diagnostic for each expectation that does not hold, with its place in the scenario.
std::vector<Diagnostic> broken_expectations(Scenario const& scenario, Outcome const& outcome,
                                            kernel::Machine const& end);

} // namespace kflow::scenario
