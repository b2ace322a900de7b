#pragma once
// A replay that can be walked: forwards and backwards, into, over and out of calls, to an event or
// a task. Every step has a number, the same however it was reached.

#include "sim/engine/timeline.hpp"
#include "sim/scenario/replay.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::scenario {

/// One step of a run, as the index keeps it.
struct Mark {
    std::uint64_t position = 0; ///< of the timeline: how far the engine must go
    std::uint32_t nth = 0;      ///< which of that position's steps, from 0
    engine::StepKind kind = engine::StepKind::call;
    kernel::TaskId task = kernel::kNobody<kernel::TaskId>;
    model::FunctionId function = model::kNone<model::FunctionId>;
    model::Pc pc = 0;
    std::uint32_t depth = 0;   ///< frames on the task's stack
    std::uint32_t records = 0; ///< how many records the log has up to and with this step
    Nanos time;
    Cpu cpu;
    bool yes = false;
    std::int64_t result = 0;
    trace::Name name; ///< of the function, event, guard or effect
};

class StepThrough {
public:
    /// Runs the scenario once to its end, or for `limit` steps, and keeps an index of its
    /// steps. `replay` must outlive it.
    explicit StepThrough(Replay const& replay, std::uint64_t limit = kMostSteps / 10);

    /// How many steps there are, and where it stands: 0 to size() - 1. A run without steps stands
    /// at 0 of 0.
    std::size_t size() const { return marks_.size(); }
    std::size_t position() const { return at_; }
    Mark const& here() const { return marks_[at_]; }
    Mark const& mark(std::size_t n) const { return marks_[n]; }
    /// The machine right after this step.
    kernel::Machine const& machine() const { return machine_; }
    /// The whole log; Mark::records says how much of it is written by now.
    trace::Capture const& log() const { return log_; }
    Replay const& replay() const { return replay_; }
    /// Where the run was cut off, if it comes to no end: what follows is not walked through.
    std::optional<Diagnostic> const& cut_off() const { return cut_off_; }

    // Each moves and gives true, or stays and gives false where there is no such step.

    bool go_to(std::size_t step);
    bool next();
    bool back();
    bool into();                         ///< the next call that this task makes
    bool over();                         ///< the task's next step that is not below this one
    bool out();                          ///< the task's next step above this function
    bool to_name(std::string_view name); ///< the next event or call of that name, by any task
    bool to_task(Pid pid);               ///< the next step of that task
    bool to_end();

private:
    template <class Found>
    bool seek(Found found);
    void show();

    Replay const& replay_;
    engine::SeededPolicy policy_;
    trace::Capture log_;
    std::optional<Diagnostic> cut_off_;
    std::vector<Mark> marks_;
    engine::Timeline timeline_;
    kernel::Machine machine_;
    std::size_t at_ = 0;
};

} // namespace kflow::scenario
