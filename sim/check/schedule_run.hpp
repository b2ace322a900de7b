#pragma once
// A machine that is led by the hand: every task has a CPU of its own and goes on only when it is
// told to, so that the order of what tasks do to each other is the leader's choice.

#include "sim/check/schedule_match.hpp"
#include "sim/engine/engine.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kflow::check {

/// A led run: a regular value, a copy is a snapshot.
struct LedState {
    /// A task of the scenario.
    struct Follower {
        Cpu cpu;
        bool compared = false;       ///< what it does is held against the capture
        bool free = false;           ///< stands for nobody in the capture: runs when somebody waits
        std::vector<MadeItem> made;  ///< done, but not yet compared
        std::uint64_t maybes = 0;    ///< how many open choices it came to
        std::int32_t woke = 0;       ///< pid of the last task that it woke
        std::uint64_t last_item = 0; ///< when its last item was compared: a count
        bool sleeps = false;         ///< by the capture's last record of it, and not for a lock
        std::optional<Nanos> last_time; ///< of the capture's last record of it
    };
    kernel::Machine machine;
    std::map<kernel::TaskId, Follower> followers;
    std::map<std::int32_t, kernel::TaskId> tasks; ///< by the capture's pid
    Counterparts counterparts;
    std::int32_t next_cpu = 1;
};

/// While it lives, a signal to anybody who is not compared has the result that the capture says:
/// whether those outside handle, ignore or have not yet taken one is no matter of the scenario.
class Outside {
public:
    /// `result`: TRACE_SIGNAL_* of signal_generate (include/trace/events/signal.h). Signal 0: none.
    Outside(LedState& state, int signal, int result);
    ~Outside();
    Outside(Outside const&) = delete;
    Outside& operator=(Outside const&) = delete;

private:
    void change(kernel::TaskId task, int result);

    LedState& state_;
    int signal_;
    std::vector<std::pair<kernel::TaskId, std::int64_t>> handlers_; ///< as they were
};

/// A `maybe` that is taken: of which task, the how manieth that it comes to.
using TakenMaybe = std::pair<kernel::TaskId, std::uint64_t>;

class Leader {
public:
    /// All must outlive it. `roots`: programs by index of the world, whose tasks are compared from
    /// their exec on.
    Leader(engine::Engine const& engine, Visible const& visible, std::map<int, Root> roots);

    /// Its first program is on CPU 0. init stands for everybody outside of the scenario: who
    /// started it in the capture, and who adopts its orphans.
    LedState begin(engine::RunOptions const& options, int program) const;

    enum class Came {
        item,    ///< the task has something to compare
        asleep,  ///< it waits for somebody, or is dead
        nowhere, ///< it did nothing visible for too long
    };
    /// Lets a task go on until it has something to compare.
    Came advance(LedState& state, kernel::TaskId task) const;
    /// The same, but stays in user space before the system call in which it would have that: what
    /// comes then, comes before the call.
    void advance_in_user(LedState& state, kernel::TaskId task) const;
    /// As advance(), but lets wake it whatever can: others that are inside the kernel, timers,
    /// others, and tasks that stand for nobody.
    Came advance_waking(LedState& state, kernel::TaskId task) const;
    /// Until it sleeps or has something to compare. One that was just made may have to be woken by
    /// its maker yet.
    void advance_to_sleep(LedState& state, kernel::TaskId task) const;
    /// How long the task that sleeps has asked to sleep; nothing if it does not sleep on a timer.
    std::optional<Nanos> asked_sleep(LedState const& state, kernel::TaskId task) const;
    /// Until it has woken the task of a capture's pid. Where it would have something to compare
    /// before that, or sleep, it stays where it is.
    void advance_to_waking(LedState& state, kernel::TaskId task, std::int32_t whom) const;
    /// Somebody who is not compared wakes the task: if it sleeps, those who stand for nobody go on
    /// until it can run.
    void wake_from_outside(LedState& state, kernel::TaskId task) const;
    /// The task's timer is due, if it waits for one.
    void expire(LedState& state, kernel::TaskId task) const;
    /// The machine's task of a capture's pid; lets free tasks run until it exists.
    kernel::TaskId find(LedState& state, std::int32_t pid) const;

    std::set<TakenMaybe> taken; ///< open choices that fall the other way

private:
    class Policy;
    class Watcher;
    bool step(LedState& state, kernel::TaskId task) const;
    bool can_run(LedState const& state, kernel::TaskId task) const;
    bool fire_timer(LedState& state, kernel::TaskId task) const;
    bool fire_timer_of_others(LedState& state, kernel::TaskId task) const;
    bool wake(LedState& state, kernel::TaskId task) const;
    bool run_others(LedState& state, kernel::TaskId task, bool in_kernel) const;
    bool run_free(LedState& state, kernel::TaskId until) const;
    kernel::TaskId next_timer(LedState const& state, bool free) const;
    void deliver_interrupts(LedState& state, Cpu cpu) const;

    engine::Engine const& engine_;
    Visible const& visible_;
    std::map<int, Root> roots_;
};

/// A task's kernel stack in one line, innermost first, by the model's names.
std::string stack_text(engine::Engine const& engine, kernel::Machine const& machine,
                       kernel::TaskId task);

} // namespace kflow::check
