#include "sim/engine/timeline.hpp"

namespace kflow::engine {

namespace {

/// Counts steps and passes those behind a point on to another observer.
class Tail : public Observer {
public:
    Tail(Observer* to, bool open) : to_(open ? to : nullptr) {}
    void on_step(Step const& step, kernel::Machine const& machine) override {
        if (to_) {
            to_->on_step(step, machine);
        }
    }

private:
    Observer* to_;
};

} // namespace

Timeline::Timeline(Engine const& engine, kernel::Machine start, Policy& policy,
                   std::uint64_t keyframe_every)
    : engine_(&engine), policy_(&policy), keyframe_every_(keyframe_every), machine_(start) {
    keyframes_.emplace(0, std::move(start));
}

bool Timeline::forward(Observer* observer) {
    // A run is the same with and without somebody who looks on: observed steps take time.
    Tail tail(observer, observer != nullptr);
    if (engine_->step(machine_, *policy_, &tail) == RunState::finished) {
        return false;
    }
    ++position_;
    if (position_ % keyframe_every_ == 0) {
        keyframes_.emplace(position_, machine_);
    }
    return true;
}

bool Timeline::go_to(std::uint64_t n, Observer* observer, std::uint64_t observe_from) {
    if (n < position_) {
        auto const before = std::prev(keyframes_.upper_bound(n));
        position_ = before->first;
        machine_ = before->second;
    }
    while (position_ < n) {
        if (!forward(position_ >= observe_from ? observer : nullptr)) {
            return false;
        }
    }
    return true;
}

bool Timeline::back() {
    return position_ > 0 && go_to(position_ - 1);
}

} // namespace kflow::engine
