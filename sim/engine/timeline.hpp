#pragma once
// A run that can be looked at forwards and backwards: keyframes and replay. Going back never undoes
// anything: the nearest snapshot before is taken and the run goes on from there, so the same step
// is the same bytes however it was reached.

#include "sim/engine/engine.hpp"

#include <map>

namespace kflow::engine {

class Timeline {
public:
    /// `policy` must hold no state of its own (its state is the machine's).
    Timeline(Engine const& engine, kernel::Machine start, Policy& policy,
             std::uint64_t keyframe_every = 4096);

    /// How many steps lie behind: 0 at the start.
    std::uint64_t position() const { return position_; }
    kernel::Machine const& machine() const { return machine_; }
    /// Goes to step `n`, or to the end if the run is shorter; true if it is at `n`. The observer
    /// sees the steps that are executed for it after `position` `from` only.
    bool go_to(std::uint64_t n, Observer* observer = nullptr, std::uint64_t observe_from = 0);
    /// One step on; false at the end.
    bool forward(Observer* observer = nullptr);
    bool back();

private:
    Engine const* engine_;
    Policy* policy_;
    std::uint64_t keyframe_every_;
    std::map<std::uint64_t, kernel::Machine> keyframes_;
    kernel::Machine machine_;
    std::uint64_t position_ = 0;
};

} // namespace kflow::engine
