// Locks between CPUs: who wants one that another CPU holds waits, unless a capture says who had it.
#include "sim/kernel/registry.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace kflow;
using namespace kflow::kernel;

namespace {

/// Counts the turns of a spinning CPU; nothing else is asked of it here.
class Turns final : public Actions {
public:
    explicit Turns(bool waits) : waits_(waits) {}
    int count = 0;

    bool spin() override {
        count += waits_ ? 1 : 0;
        return waits_;
    }
    bool wake(TaskId, unsigned) override { return false; }
    void complete(TaskId) override {}
    void resched(Cpu, bool) override {}
    void kick(Cpu) override {}
    void start_timer(TaskId, Nanos) override {}
    int program_at(std::int64_t) const override { return -1; }
    void load_program(TaskId, int) override {}
    std::string_view text(std::int64_t) const override { return {}; }
    void free_later(TaskId) override {}
    void switch_after(TaskId) override {}
    void block_current() override {}
    TaskId pick() override { return kNobody<TaskId>; }
    Cpu choose_cpu(TaskId) override { return Cpu{0}; }
    void check_preemption(TaskId) override {}
    void queue_remote(TaskId) override {}
    void again() override {}
    void enter_handler(TaskId) override {}
    void leave_handler(TaskId) override {}
    void call_program(std::uint32_t) override {}
    void unwind_thread() override {}
    void emit_event(std::string_view, std::string_view, Object) override {}

private:
    bool waits_;
};

/// Two CPUs; a task that stands on the second one's run queue.
struct TwoCpus {
    Machine machine;
    RoleNames names{{"task"}};
    TaskId task;
    std::array<RoleBinding, 1> roles;

    TwoCpus() {
        MachineOptions options;
        options.cpus = 2;
        machine = make_machine(options);
        task = add_process(machine, "bash", 0, 15, 3, true);
        machine.tasks.edit(task).cpu = Cpu{1};
        auto& idle = machine.tasks.edit(machine.cpu(Cpu{0}).idle);
        idle.stack.places.push_back(object_of(task));
        roles = {RoleBinding{names.find("task"), 0}};
    }
    Scope scope() { return {machine, names, machine.cpu(Cpu{0}).idle, Cpu{0}, roles}; }
    Cpu& holder() { return machine.cpu(Cpu{1}).rq_locked_by; }
};

} // namespace

TEST_CASE("a run queue's lock is taken where it is free, and let go") {
    TwoCpus two;
    Turns turns(true);
    find_effect("lock_rq")(two.scope(), turns);
    CHECK(two.holder() == Cpu{0});
    CHECK(turns.count == 0);
    find_effect("unlock_rq")(two.scope(), turns);
    CHECK(two.holder() == kNoCpu);
}

TEST_CASE("a run queue's lock that another CPU holds is waited for, unless a capture leads") {
    TwoCpus two;
    two.holder() = Cpu{1};
    Turns waiting(true);
    find_effect("lock_rq")(two.scope(), waiting);
    CHECK(waiting.count == 1);
    CHECK(two.holder() == Cpu{1});
    Turns led(false);
    find_effect("lock_rq")(two.scope(), led);
    CHECK(two.holder() == Cpu{0});
}

TEST_CASE("a waker waits until the task is off its CPU") {
    TwoCpus two;
    Turns turns(true);
    two.machine.tasks.edit(two.task).on_cpu = true;
    find_effect("await_switch")(two.scope(), turns);
    CHECK(turns.count == 1);
    two.machine.tasks.edit(two.task).on_cpu = false;
    find_effect("await_switch")(two.scope(), turns);
    CHECK(turns.count == 1);
}

TEST_CASE("who was picked counts as running, who goes to sleep does not") {
    TwoCpus two;
    auto const asks = find_guard("wakes_by_remote_cpu");
    two.machine.shares_cache = true;
    CHECK(asks(two.scope()) == Answer::yes);
    auto const picked = add_process(two.machine, "script", 0, 15, 3, true);
    two.machine.tasks.edit(picked).cpu = Cpu{1};
    two.machine.tasks.edit(picked).on_rq = true;
    CHECK(asks(two.scope()) == Answer::no);
    two.machine.shares_cache = false;
    CHECK(asks(two.scope()) == Answer::yes);
}
