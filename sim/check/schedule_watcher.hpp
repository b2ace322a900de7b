#pragma once
// The two ends of a led run: what it asks (a policy without chance) and what it shows.

#include "sim/check/schedule_run.hpp"
#include "sim/engine/observer.hpp"

namespace kflow::check {

/// Every task has a CPU of its own, time costs next to nothing, and open choices fall as they are
/// told.
class Leader::Policy : public engine::Policy {
public:
    Policy(LedState& state, std::set<TakenMaybe> const& taken) : state_(state), taken_(taken) {}
    bool maybe(kernel::Machine&, kernel::TaskId, model::Program const&, model::Pc) override;
    Cpu place(kernel::Machine&, kernel::TaskId, Cpu, bool) override;
    std::size_t pick(kernel::Machine&, Cpu) override { return 0; }
    bool preempts(kernel::Machine&, Cpu, kernel::TaskId) override { return false; }
    Nanos function_cost(kernel::Machine&, std::string_view) override { return Nanos{100}; }
    Nanos interrupt_latency(kernel::Machine&, Cpu) override { return Nanos{100}; }
    Nanos device_latency(kernel::Machine&) override { return Nanos{1000}; }
    Nanos user_cost(kernel::Machine&, kernel::TaskId) override { return Nanos{1000}; }
    Nanos grace_period(kernel::Machine&) override { return Nanos{16'000'000}; }
    Nanos deferral(kernel::Machine&) override { return Nanos{0}; }

private:
    LedState& state_;
    std::set<TakenMaybe> const& taken_;
};

/// Makes items of the steps that are compared, and follows who is born and who becomes whom.
class Leader::Watcher : public engine::Observer {
public:
    Watcher(LedState& state, engine::Engine const& engine, Visible const& visible,
            std::map<int, Root> const& roots)
        : state_(state), engine_(engine), visible_(visible), roots_(roots) {}
    void on_step(engine::Step const& step, kernel::Machine const& machine) override;

private:
    void on_call(engine::Step const& step, kernel::Machine const& machine);
    void on_event(engine::Step const& step, kernel::Machine const& machine);
    void follow_child(engine::Step const& step, std::string_view key,
                      kernel::Machine const& machine);
    void follow_exec(engine::Step const& step);
    void locate(MadeItem& item, engine::Step const& step, kernel::Machine const& machine) const;

    LedState& state_;
    engine::Engine const& engine_;
    Visible const& visible_;
    std::map<int, Root> const& roots_;
};

} // namespace kflow::check
