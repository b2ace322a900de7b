#pragma once
// Whose a record is: the lives of tasks while a trace is read. A number names a life until its task
// is dead; a thread that calls exec takes its leader's number and its calls stay its own.

#include "sim/trace/call_tree.hpp"
#include "sim/trace/event.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kflow::trace {

struct TaskLife {
    std::uint32_t task = 0;                ///< of the forest
    std::vector<std::uint32_t> open;       ///< its calls without return, outermost first
    std::int32_t cpu = -1;                 ///< of its last record; -1: not known
    std::optional<std::int32_t> switching; ///< since it began to give its cpu up, at that depth
    bool uncertain = false;                ///< records were lost since the last one
    bool entered = false;                  ///< it showed a call
    bool took_over = false;   ///< nothing was called yet since its number became another
    bool lost_number = false; ///< a leader that is not off its CPU yet: a thread has its number
    bool died = false; ///< it gave its CPU up for good, or called do_task_dead() in another window
};

class TaskLives {
public:
    /// `forest`: the one that the lives' tasks and calls are in; it outlives this.
    explicit TaskLives(CallForest& forest) : forest_(forest) {}

    /// To be told of each record before it is asked whose it is.
    void note_running(Event const& event);
    /// The life that the record is of; a new one if there is none. It stays where it is until
    /// go_on().
    TaskLife& of(Event const& event) {
        Key const key = key_of(event);
        forest_.told_apart = forest_.told_apart && (event.pid || event.cpu);
        return last_ && key == last_key_ ? *last_ : look_up(key, event);
    }
    /// To be told of each record when it was taken in: where the task asked for last is.
    void note_place(Event const& event, std::uint32_t index);
    /// To be told of each call: when a task gives its CPU up.
    void note_switch(TaskLife& life, Name function, std::int32_t depth);
    /// Another life of the same number.
    void begin(TaskLife& life, Event const& event);

    /// Behind the CPU's last record; 0 for no CPU.
    std::uint32_t end_of(std::optional<Cpu> cpu) { return is_known(cpu) ? state_of(*cpu).end : 0; }

    template <typename Do>
    void each(Do const& act) {
        std::ranges::for_each(lives_, act);
    }

    /// Each that was not on another CPU since its last record.
    template <typename Do>
    void each_that_may_run_on(std::optional<Cpu> cpu, Do const& act) {
        for (auto const& [key, number] : numbers_) {
            if (!is_known(cpu) || !stays_elsewhere(key, lives_[number], *cpu)) {
                act(lives_[number]);
            }
        }
    }

    /// At a window's end, before record number `end`: those that are not dead and that `keeps`
    /// says true of go on in the next one. They are asked in the order in which they began.
    template <typename Keeps>
    void go_on(std::uint32_t end, Keeps const& keeps) {
        std::vector<std::pair<Key, std::uint32_t>> order(numbers_.begin(), numbers_.end());
        std::ranges::sort(order, {}, &std::pair<Key, std::uint32_t>::second);
        std::deque<TaskLife> kept;
        numbers_.clear();
        for (auto const& [key, number] : order) {
            TaskLife& life = lives_[number];
            if (is_dead_for_good(life, end)) {
                remember_dead(key);
            } else if (keeps(life)) {
                numbers_.emplace(key, static_cast<std::uint32_t>(kept.size()));
                kept.push_back(std::move(life));
            }
        }
        lives_ = std::move(kept);
        last_ = nullptr;
    }

private:
    /// A task's number, or for an idle task that of its cpu.
    struct Key {
        bool named = false; ///< by a pid that is not 0
        std::int32_t number = -1;
        bool operator==(Key const&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(Key key) const {
            return static_cast<std::size_t>(static_cast<std::uint32_t>(key.number)) * 2 +
                   (key.named ? 1 : 0);
        }
    };
    /// What is known of a cpu while records are read.
    struct CpuState {
        std::int32_t running = 0; ///< the task of its last record that is no idle one; 0: none
        std::uint32_t end = 0;    ///< behind its last record
        Key last;                 ///< whose that was
    };

    static bool is_named(Event const& event) { return event.pid && event.pid->value != 0; }
    static Key key_of(Event const& event) {
        bool const named = is_named(event);
        return {named, named ? event.pid->value : event.cpu ? event.cpu->value : -1};
    }
    static bool is_known(std::optional<Cpu> cpu);
    TaskLife& look_up(Key key, Event const& event);
    CpuState& state_of(Cpu cpu);
    bool is_inside(TaskLife const& life, std::string_view function) const;
    bool stays_elsewhere(Key key, TaskLife const& life, Cpu cpu) const;
    bool is_dead_for_good(TaskLife const& life, std::uint32_t end) const;
    void remember_dead(Key key);
    void take_number_over(TaskLife& leader, TaskLife& thread, Key thread_key, Event const& event);

    CallForest& forest_;
    std::deque<TaskLife> lives_; ///< stay where they are
    std::unordered_map<Key, std::uint32_t, KeyHash> numbers_;
    Key last_key_;                ///< whose record was the last one
    TaskLife* last_ = nullptr;    ///< that one, or null
    std::deque<Key> dead_;        ///< in windows before this one, the last ones
    std::vector<CpuState> cpus_;  ///< by their numbers
    bool shows_switches_ = false; ///< some task's switch was seen to begin
};

} // namespace kflow::trace
