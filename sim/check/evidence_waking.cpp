#include "sim/check/evidence_rules.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {

using kernel::Answer;
using kernel::to_answer;

namespace {

// Children that are waited for: kernel/exit.c.

/// The do_wait() in which a task stands in its group's queue at the event; kNoCall if in none.
CallIndex queued_wait(Evidence const& evidence, std::int32_t pid, std::uint32_t event) {
    auto const& forest = evidence.forest;
    CallIndex wait = kNoCall;
    for (auto const begun : evidence.waits_of(pid)) {
        if (forest[begun].first_event <= event) {
            wait = begun;
        }
    }
    if (wait == kNoCall || forest[wait].last_event < event || forest[wait].lost) {
        return kNoCall;
    }
    bool queued = false;
    for (auto const& child : forest[wait].children) {
        if (Forest::is_event(child) || forest[child.index].first_event > event) {
            continue;
        }
        auto const name = forest[child.index].name.view();
        queued = name == "remove_wait_queue" ? false : queued || name == "add_wait_queue";
    }
    return queued ? wait : kNoCall;
}

/// Whether a wait is for one pid: only then the child is looked up by its number, do_wait_pid().
bool is_for_one_pid(Evidence const& evidence, CallIndex wait) {
    auto const& forest = evidence.forest;
    return std::any_of(forest[wait].children.begin(), forest[wait].children.end(),
                       [&](auto const& child) {
                           if (Forest::is_event(child) || forest.set_aside(child)) {
                               return false;
                           }
                           auto const name = forest[child.index].name.view();
                           return name == "do_wait_pid" || name == "pid_task" ||
                                  (name == "__do_wait" && is_for_one_pid(evidence, child.index));
                       });
}

/// Whether the wake-up around a call asks one waiter only.
bool asks_one_waiter(Question const& q) {
    auto const& forest = q.evidence.forest;
    auto const wake = q.evidence.around(q.call, "__wake_up_common");
    return wake != kNoCall &&
           1 == std::count_if(
                    forest[wake].children.begin(), forest[wake].children.end(),
                    [&](auto const& c) { return !Forest::is_event(c) && !forest.set_aside(c); });
}

/// The child whose end is told, if its parent is who forked it: neither a debugger nor the parent's
/// own parent.
Life const* child_of_its_forker(Question const& q) {
    constexpr std::uint64_t kClonePtrace = 0x00002000; // include/uapi/linux/sched.h
    constexpr std::uint64_t kCloneParent = 0x00008000;
    auto const exit = q.evidence.around(q.call, "do_exit");
    auto const child = q.scope.object(q.evidence.program.find_role("task"));
    auto const* life = q.evidence.life_of(q.call);
    auto const dies = exit != kNoCall && q.evidence.around(q.call, "do_notify_parent") != kNoCall;
    if (!dies || !life || object::kind(child) != object::Kind::task ||
        static_cast<std::int32_t>(object::number(child)) != life->pid) {
        return nullptr;
    }
    auto const told = life->seen_born && life->parent != 0 && life->clone_flags &&
                      (*life->clone_flags & (kClonePtrace | kCloneParent)) == 0;
    return told && !q.evidence.has_call("__arm64_sys_ptrace") ? life : nullptr;
}

/// Whether the capture shows calls that change classes, where no event tells what one was before.
bool shows_changes_of_class(Question const& q) {
    return q.evidence.has_call("__sched_setscheduler") || q.evidence.has_call("rt_mutex_setprio");
}

} // namespace

Answer wants_child(Question const& q) {
    auto const* child = child_of_its_forker(q);
    if (!child || !asks_one_waiter(q)) {
        return Answer::unknown;
    }
    // The only one in the queue is the parent then, if it stands there.
    auto const event = q.evidence.forest[q.call].first_event;
    auto const wait = queued_wait(q.evidence, child->parent, event);
    auto const* parent = q.evidence.history.life(child->parent, event);
    if (wait == kNoCall || !parent || parent->born > child->born) {
        return Answer::unknown;
    }
    auto const* begun = q.evidence.event_inside(wait, "sched_process_wait");
    auto const pid = begun ? begun->number("pid") : std::nullopt;
    if (pid && *pid == 0) {
        return Answer::yes; // Any child.
    }
    // A group's number may look like the child's own.
    return pid && is_for_one_pid(q.evidence, wait) ? to_answer(*pid == child->pid)
                                                   : Answer::unknown;
}

namespace {

// CPUs: kernel/sched/core.c. A task that was seen on two may run on more than one, unless somebody
// binds tasks meanwhile. Kernel threads are left out: many are bound after their first steps.

bool binds_tasks(Evidence const& evidence) {
    static constexpr std::array kBinding{"sched_setaffinity", "__sched_setaffinity",
                                         "do_set_cpus_allowed", "cpuset_attach",
                                         "force_compatible_cpus_allowed_ptr"};
    return std::any_of(kBinding.begin(), kBinding.end(),
                       [&](auto const* name) { return evidence.has_call(name); });
}

bool roams(Life const* life) {
    return life && life->calls_system && life->many_cpus;
}

} // namespace

Answer runs_on_many_cpus(Question const& q) {
    auto const* life = life_behind(q);
    if (!life || binds_tasks(q.evidence)) {
        return Answer::unknown;
    }
    // A child inherits the set of its CPUs.
    auto const* parent =
        life->seen_born ? q.evidence.history.life(life->parent, life->born) : nullptr;
    auto const inherits = roams(parent) && life->calls_system;
    return roams(life) || inherits ? Answer::yes : Answer::unknown;
}

Answer is_bound_to_cpu(Question const& q) {
    // Who sleeps in wait4 or is only born has disabled nothing.
    auto const free = q.evidence.around(q.call, "child_wait_callback") != kNoCall ||
                      q.evidence.around(q.call, "wake_up_new_task") != kNoCall;
    return free ? Answer::no : Answer::unknown;
}

// Enqueueing: kernel/sched/core.c passes ENQUEUE_RESTORE nowhere on the way of a wake-up, and who
// is woken is on no CPU.

Answer is_requeued(Question const& q) {
    for (auto c = q.call; c != kNoCall; c = q.evidence.forest[c].parent) {
        auto const name = q.evidence.forest[c].name.view();
        if (name == "ttwu_runnable") {
            return Answer::unknown; // It may still be on its CPU.
        }
        if (name == "sched_change_end" || name == "__do_set_cpus_allowed") {
            return Answer::unknown; // The task that is changed, whoever was waking meanwhile.
        }
        if (name == "ttwu_do_activate" || name == "try_to_wake_up" || name == "wake_up_new_task") {
            return Answer::no;
        }
    }
    return Answer::unknown;
}

// Scheduling classes: include/linux/sched/prio.h. A task whose priority changes (a mutex lends it
// one) is of no class for sure, and 0 may be the stopper's.

Answer class_was_changed(Question const& q) {
    return shows_changes_of_class(q) ? Answer::unknown : Answer::no;
}

Answer is_of_class(Question const& q) {
    constexpr std::int64_t kFairPrio = 100; // MAX_RT_PRIO
    auto const* life = life_behind(q);
    if (!life || life->least_prio > life->most_prio) {
        return Answer::unknown;
    }
    if (shows_changes_of_class(q)) {
        return Answer::unknown;
    }
    if (life->least_prio >= kFairPrio) {
        return Answer::no;
    }
    if (life->most_prio < 0) {
        return to_answer(q.parameter == kDeadline);
    }
    if (life->least_prio > 0 && life->most_prio < kFairPrio) {
        return to_answer(q.parameter == kRealTime);
    }
    return Answer::unknown;
}

// Switching: kernel/sched/core.c, __schedule(). sched_switch shows the state that the task leaves
// in. A sleep of another kind may have been called off by a signal behind that.

Answer sleeps(Question const& q) {
    auto const switches = q.evidence.events_inside(q.call, "sched_switch");
    auto const* event = switches.size() == 1 ? switches.front() : nullptr;
    if (!event ||
        event->number("prev_pid") != std::optional<std::int64_t>(q.evidence.pid_of(q.call))) {
        return Answer::unknown;
    }
    auto const state = event->text("prev_state");
    if (state.starts_with("R")) {
        return Answer::no;
    }
    return state == "Z" || state == "X" ? Answer::yes : Answer::unknown;
}

/// Who switches or wakes has brought the queue's clock up to date (ENQUEUE_NOCLOCK,
/// DEQUEUE_NOCLOCK).
Answer clock_is_stale(Question const& q) {
    static constexpr std::array kInside{"enqueue_task",    "dequeue_task", "activate_task",
                                        "deactivate_task", "block_task",   "try_to_block_task"};
    static constexpr std::array kFresh{"__schedule",       "schedule",      "do_task_dead",
                                       "ttwu_do_activate", "ttwu_runnable", "wake_up_new_task",
                                       "try_to_wake_up"};
    auto const& forest = q.evidence.forest;
    auto c = q.call;
    auto const is = [&](auto const& names) {
        return std::find(names.begin(), names.end(), forest[c].name.view()) != names.end();
    };
    while (c != kNoCall && is(kInside)) {
        c = forest[c].parent;
    }
    return c != kNoCall && is(kFresh) ? Answer::no : Answer::unknown;
}

} // namespace kflow::check
