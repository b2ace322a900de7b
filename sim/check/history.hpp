#pragma once
// Which tasks a capture shows, and when each was born, changed its program, exited and was freed.

#include "sim/trace/event_window.hpp"
#include "sim/trace/name_table.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace kflow::check {

/// A task's life as far as the capture's events tell. A pid may be given twice.
struct Life {
    std::int32_t pid = 0;
    std::int32_t group = 0;                   ///< its thread group's pid; 0: unknown
    std::int32_t parent = 0;                  ///< who forked it; 0: unknown
    std::optional<std::uint64_t> clone_flags; ///< as task_newtask shows them
    std::uint32_t born = 0; ///< event index; 0 and not `seen_born`: before the capture
    bool seen_born = false;
    std::uint32_t exited = ~std::uint32_t{0}; ///< event index of sched_process_exit
    std::uint32_t freed = ~std::uint32_t{0};
    bool execs = false;          ///< it changed its program
    std::uint32_t last_exec = 0; ///< event index of its last sched_process_exec
    bool calls_system = false;   ///< it was seen in a system call: no kernel thread
    bool many_cpus = false;      ///< it was seen on more than one CPU
    std::optional<Cpu> cpu;      ///< where it was seen last
    std::uint32_t last_seen = 0; ///< its last record or event
    /// It called do_task_dead(), or was switched out or freed for good: a thread that has exited is
    /// in no list of its group behind it.
    std::uint32_t left = ~std::uint32_t{0};
    /// Its priorities as the scheduler's events show them: from 100 on the fair class, below 0
    /// deadline, else real time.
    std::int64_t least_prio = kNoPrio;
    std::int64_t most_prio = -kNoPrio;
    static constexpr std::int64_t kNoPrio = 1 << 20;
    /// Since this event all threads of the group that it leads are known: its birth, or an exec.
    std::uint32_t alone_since = ~std::uint32_t{0};
    std::uint32_t began_exit = ~std::uint32_t{0}; ///< it called do_exit()
    std::uint32_t signalled = ~std::uint32_t{0};  ///< the first signal_generate for it
};

/// Who lived when, as far as the capture was seen.
class History {
public:
    void see(trace::EventWindow const& events);
    /// Forgets tasks that were dead and gone before the event.
    void forget_dead(std::uint32_t before);

    /// The life of `pid` that the event falls into; null if the capture does not know the pid.
    Life const* life(std::int32_t pid, std::uint32_t event) const;
    /// Threads of the group that were born and have not exited before the event; nothing if the
    /// group is older than the capture.
    std::optional<std::size_t> threads_alive(std::int32_t group, std::uint32_t event) const;
    /// Threads that are in the group's list at the event, the leader included; nothing if the group
    /// is older than the capture, or while a thread is dying.
    std::optional<std::size_t> threads_listed(std::int32_t group, std::uint32_t event) const;
    /// Whether the group has no thread whose end may pass unseen. The kernel's own helpers of a
    /// process (io_uring's workers) are announced, but no fork of theirs is reported, by which the
    /// tracer's list of pids would follow them (kernel/fork.c, create_io_thread).
    bool follows_all(Life const& leader, std::uint32_t event) const;
    /// The leader and those that the group made before the event: an exec leaves none of those from
    /// before it.
    std::vector<Life const*> threads_of(Life const& leader, std::uint32_t event) const;
    /// All that the task forked, and others with its number.
    std::vector<Life const*> forked_by(std::int32_t pid) const;
    /// Events that the capture shows anywhere.
    std::set<std::string, std::less<>> const& event_names() const { return names_; }

private:
    using Lives = std::vector<Life>; ///< of one number, by birth
    using Pids = std::set<std::int32_t>;

    Life& latest(std::int32_t pid);
    Life const* known_leader(std::int32_t group, std::uint32_t event) const;
    void see(trace::Event const& event, trace::TraceEvent const& fields, std::uint32_t number);
    void see_birth(trace::Event const& event, trace::TraceEvent const& fields, std::int32_t pid,
                   std::uint32_t number);
    void see_exec(trace::TraceEvent const& fields, std::int32_t pid, std::uint32_t number);
    void see_priority(trace::TraceEvent const& fields);
    void see_running(Life& life, trace::Event const& event, std::uint32_t number);
    std::vector<Life const*> all_of(std::map<std::int32_t, Pids> const& index,
                                    std::int32_t key) const;

    std::unordered_map<std::int32_t, Lives> lives_; ///< by number; looked up, never iterated
    Pids pids_;                                     ///< the numbers
    std::map<std::int32_t, Pids> groups_;           ///< numbers that were threads of a group
    std::map<std::int32_t, Pids> children_;         ///< likewise of those forked
    std::set<std::string, std::less<>> names_;
    enum class Function : char {
        unknown,
        system_call,
        do_exit,
        do_task_dead,
        schedule_tail,
        other
    };
    trace::NameTable<Function> functions_;
    std::uint32_t unseen_birth_ = 0; ///< the last first step of a task whose birth was not seen
};

} // namespace kflow::check
