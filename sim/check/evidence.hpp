#pragma once
// What a capture tells about the guards of the model: the second implementation of kernel::Facts.
//
// Nothing here is a guess. A rule (evidence_rules.cpp) answers yes or no where the capture's own
// events or calls say so, and unknown otherwise.

#include "sim/build/build_facts.hpp"
#include "sim/check/forest.hpp"
#include "sim/kernel/facts.hpp"
#include "sim/model/ir.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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
    /// Its last record or event: a thread that has exited is in no list of its group behind it.
    std::uint32_t last_seen = 0;
    /// Its priorities as the scheduler's events show them: from 100 on the fair class, below 0
    /// deadline, else real time.
    std::int64_t least_prio = kNoPrio;
    std::int64_t most_prio = -kNoPrio;
    static constexpr std::int64_t kNoPrio = 1 << 20;
    /// Since this event all threads of the group that it leads are known: its birth, or an exec.
    std::uint32_t alone_since = ~std::uint32_t{0};
};

/// Who lived when.
class History {
public:
    explicit History(trace::Capture const& capture);

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
    /// Whether it is the leader or was made by the group before the event: an exec leaves none of
    /// those from before it.
    static bool is_thread_of(Life const& leader, Life const& other, std::uint32_t event);
    /// Whether a signal was generated for the task between two events, the second not included.
    bool is_signalled(std::int32_t pid, std::uint32_t from, std::uint32_t to) const;
    std::vector<Life> const& lives() const { return lives_; }
    /// Events that the capture shows anywhere.
    std::set<std::string, std::less<>> const& event_names() const { return names_; }

private:
    std::vector<Life> lives_; ///< by pid, then by birth
    std::map<std::int32_t, std::vector<std::uint32_t>> signals_; ///< for whom: signal_generate
    std::set<std::string, std::less<>> names_;
};

/// The roles of a call that asks.
class CallScope : public kernel::RoleScope {
public:
    /// The call whose body asks: an index of the forest.
    virtual CallIndex call() const = 0;
    /// The call that `role` is a place of; kNoCall if it is a task or unknown.
    virtual CallIndex place(model::RoleId role) const = 0;
};

/// Handles of the objects that roles stand for.
namespace object {
enum class Kind : std::uint8_t { none, task, place, fresh };
kernel::ObjectId task(std::int32_t pid, std::uint32_t life);
kernel::ObjectId place(std::uint32_t number);
kernel::ObjectId fresh(std::uint32_t number);
Kind kind(kernel::ObjectId id);
std::uint32_t born(kernel::ObjectId id);   ///< of a task: where its life begins, to 24 bits
std::uint32_t number(kernel::ObjectId id); ///< of a place or a fresh thing; a task's pid
} // namespace object

class Evidence;

/// A question as a rule sees it.
struct Question {
    Evidence const& evidence;
    CallIndex call = kNoCall;
    CallScope const& scope;
    model::GuardId guard = model::kNone<model::GuardId>;
    std::uint64_t parameter = 0; ///< of the rule: a clone flag …
};

using Rule = kernel::Answer (*)(Question const&);

class Evidence final : public kernel::Facts {
public:
    /// All must outlive it.
    Evidence(model::Program const& program, build::BuildFacts const& facts,
             trace::Capture const& capture, Forest const& forest);

    /// `roles` must be a CallScope.
    kernel::Answer answer(model::GuardId guard, kernel::RoleScope const& roles) const override;
    std::optional<std::uint64_t> count(model::CollectionId collection,
                                       kernel::RoleScope const& roles) const override;
    /// Whether any rule knows this guard.
    bool has_rule(model::GuardId guard) const;

    model::Program const& program;
    trace::Capture const& capture;
    Forest const& forest;
    History const history;

    // What rules ask.

    /// The nearest call of `function` around (and including) the call; kNoCall if there is none.
    CallIndex around(CallIndex call, std::string_view function) const;
    /// The outermost call around it.
    CallIndex root(CallIndex call) const;
    /// The first event of that name by the call's task inside the call; null if there is none.
    trace::TraceEvent const* event_inside(CallIndex call, std::string_view name) const;
    /// All of them.
    std::vector<trace::TraceEvent const*> events_inside(CallIndex call,
                                                        std::string_view name) const;
    /// Whether a call of `function` (without suffix) lies inside the call, at any depth.
    bool calls_inside(CallIndex call, std::string_view function) const;
    /// All calls of `do_exit` and of `do_wait` by the tasks with that number, in order.
    std::vector<CallIndex> const& exits_of(std::int32_t pid) const { return calls_of(exits_, pid); }
    std::vector<CallIndex> const& waits_of(std::int32_t pid) const { return calls_of(waits_, pid); }
    /// Whether the capture shows a call of that function (without suffix) anywhere.
    bool has_call(std::string_view function) const { return functions_.contains(function); }
    /// Whether the capture shows events of that name.
    bool shows(std::string_view event) const { return history.event_names().contains(event); }
    /// The running task of a call at its entry, and how it stands.
    std::int32_t pid_of(CallIndex call) const;
    Life const* life_of(CallIndex call) const;

private:
    struct Known {
        Rule rule = nullptr;
        std::uint64_t parameter = 0;
    };
    using CallsByTask = std::map<std::int32_t, std::vector<CallIndex>>;
    static std::vector<CallIndex> const& calls_of(CallsByTask const& calls, std::int32_t pid);

    build::BuildFacts const& facts_;
    CallsByTask exits_;
    CallsByTask waits_;
    std::vector<Known> rules_;             ///< for each guard
    std::set<std::string_view> functions_; ///< that the forest has calls of
};

/// The rule for a guard's name; null if nobody wrote one. `parameter` is set for it.
Rule rule_for(std::string_view guard, std::uint64_t& parameter);

} // namespace kflow::check
