#include "sim/check/history.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {
namespace {

constexpr std::uint64_t kCloneThread = 0x00010000; // include/uapi/linux/sched.h
constexpr std::uint64_t kCloneUntraced = 0x00800000;
constexpr std::uint32_t kNever = ~std::uint32_t{0};

bool is_thread_of(Life const& leader, Life const& other, std::uint32_t event) {
    auto const is_leader = other.pid == leader.pid && other.born == leader.born;
    auto const alone = leader.execs && leader.last_exec <= event ? leader.last_exec : leader.born;
    return other.group == leader.group && other.born <= event && (is_leader || other.born >= alone);
}

/// include/linux/sched.h: EXIT_ZOMBIE and EXIT_DEAD, or TASK_DEAD, as sched_switch prints them.
bool is_dead_state(std::string_view state) {
    return state.starts_with('Z') || state.starts_with('X');
}

/// Whether nobody will ask for the task any more: it has left, or where the capture does not show
/// that, it exited and has shown nothing for long.
bool is_gone(Life const& life, std::uint32_t before) {
    constexpr std::uint32_t kLong = 1u << 20; // records: seconds
    auto const is_silent = before > kLong && life.last_seen < before - kLong;
    return life.exited < before && life.last_seen < before && (life.left < before || is_silent);
}

void note_left(Life& life, std::uint32_t number) {
    life.left = std::min(life.left, number);
}

} // namespace

Life& History::latest(std::int32_t pid) {
    auto& all = lives_[pid];
    if (all.empty()) {
        pids_.insert(pid);
        all.push_back({});
        all.back().pid = pid;
    }
    return all.back();
}

void History::see(trace::EventWindow const& events) {
    auto number = events.first();
    Life* running = nullptr; // of the last record
    for (auto const& event : events.events()) {
        if (event.pid && (!running || running->pid != event.pid->value)) {
            running = &latest(event.pid->value);
        }
        if (auto const* fields = event.as<trace::TraceEvent>()) {
            see(event, *fields, number);
            running = event.pid ? &latest(event.pid->value) : nullptr;
        }
        if (event.pid) {
            see_running(*running, event, number);
        }
        ++number;
    }
}

void History::see(trace::Event const& event, trace::TraceEvent const& fields,
                  std::uint32_t number) {
    auto const name = fields.name.view();
    if (!names_.contains(name)) {
        names_.emplace(name);
    }
    auto const field = fields.number("pid");
    auto const pid = static_cast<std::int32_t>(field.value_or(0));
    if (name == "task_newtask" && field) {
        see_birth(event, fields, pid, number);
    } else if (name == "sched_process_exit" && field) {
        latest(pid).exited = number;
    } else if (name == "sched_process_exec" && field) {
        see_exec(fields, pid, number);
    } else if (name == "sched_process_free" && field) {
        latest(pid).freed = number;
        note_left(latest(pid), number);
    } else if (name == "signal_generate" && field) {
        auto& life = latest(pid);
        life.signalled = std::min(life.signalled, number);
    }
    if (name.starts_with("sched_")) {
        see_priority(fields);
    }
    if (name == "sched_switch" && is_dead_state(fields.text("prev_state"))) {
        note_left(latest(static_cast<std::int32_t>(fields.number("prev_pid").value_or(0))), number);
    }
}

void History::see_birth(trace::Event const& event, trace::TraceEvent const& fields,
                        std::int32_t pid, std::uint32_t number) {
    Life life;
    life.pid = pid;
    life.seen_born = true;
    life.born = number;
    auto const flags = fields.number("clone_flags");
    if (flags) {
        life.clone_flags = static_cast<std::uint64_t>(*flags);
    }
    if (event.pid) {
        life.parent = event.pid->value;
        auto const& parent = latest(event.pid->value);
        auto const thread = flags && (*life.clone_flags & kCloneThread) != 0;
        life.group = !thread ? pid : parent.group;
        life.alone_since = !thread ? number : life.alone_since;
        groups_[life.group].insert(pid);
        children_[life.parent].insert(pid);
    }
    pids_.insert(pid);
    lives_[pid].push_back(life);
}

/// de_thread(): a thread that calls exec goes on under the number of its leader, which is dead. The
/// others are gone, and it leads.
void History::see_exec(trace::TraceEvent const& fields, std::int32_t pid, std::uint32_t number) {
    auto const thread = static_cast<std::int32_t>(fields.number("old_pid").value_or(pid));
    if (thread != pid) {
        latest(thread).exited = number;
        note_left(latest(thread), number);
        latest(pid).execs = true; // its clone flags do not tell any more who leads
        auto life = latest(pid);
        life.born = life.alone_since = number;
        life.exited = life.left = life.freed = life.signalled = life.began_exit = kNever;
        lives_[pid].push_back(life);
    }
    auto& life = latest(pid);
    life.execs = true;
    life.last_exec = number;
    life.group = life.pid;
    life.alone_since = std::min(life.alone_since, number);
    groups_[pid].insert(pid);
}

/// The scheduler's events tell the priority of the tasks that they name.
void History::see_priority(trace::TraceEvent const& fields) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFields{
        {{"pid", "prio"}, {"prev_pid", "prev_prio"}, {"next_pid", "next_prio"}}};
    for (auto const& [who, what] : kFields) {
        auto const pid = fields.number(who);
        auto const prio = pid ? fields.number(what) : std::nullopt;
        if (prio && *pid != 0) {
            auto& life = latest(static_cast<std::int32_t>(*pid));
            life.least_prio = std::min(life.least_prio, *prio);
            life.most_prio = std::max(life.most_prio, *prio);
        }
    }
}

/// Where a task's record was made, and what it tells of what the task does.
void History::see_running(Life& life, trace::Event const& event, std::uint32_t number) {
    life.many_cpus = life.many_cpus || (life.cpu && event.cpu && !(*life.cpu == *event.cpu));
    life.cpu = event.cpu ? event.cpu : life.cpu;
    life.last_seen = number;
    auto const* entry = event.as<trace::GraphEntry>();
    auto const* leaf = event.as<trace::GraphLeaf>();
    if (!entry && !leaf) {
        return;
    }
    auto const name = entry ? entry->function.name : leaf->function.name;
    auto& function = functions_.at(name);
    if (function == Function::unknown) {
        function = name.view() == "do_exit"                  ? Function::do_exit
                   : name.view() == "do_task_dead"           ? Function::do_task_dead
                   : name.view() == "schedule_tail"          ? Function::schedule_tail
                   : name.view().starts_with("__arm64_sys_") ? Function::system_call
                                                             : Function::other;
    }
    life.calls_system = life.calls_system || function == Function::system_call;
    if (function == Function::do_exit) {
        life.began_exit = std::min(life.began_exit, number);
    }
    if (function == Function::schedule_tail && !life.seen_born) {
        unseen_birth_ = number;
    }
    if (function == Function::do_task_dead) {
        note_left(life, number);
    }
}

void History::forget_dead(std::uint32_t before) {
    std::vector<std::int32_t> gone;
    for (auto const pid : pids_) {
        auto& all = lives_[pid];
        std::erase_if(all, [&](Life const& life) { return is_gone(life, before); });
        if (all.empty()) {
            gone.push_back(pid);
        }
    }
    for (auto const pid : gone) {
        pids_.erase(pid);
        lives_.erase(pid);
        groups_.erase(pid);
        children_.erase(pid);
    }
    for (auto* const index : {&groups_, &children_}) {
        for (auto& [key, pids] : *index) {
            std::erase_if(pids, [&](auto pid) { return !lives_.contains(pid); });
        }
        std::erase_if(*index, [](auto const& entry) { return entry.second.empty(); });
    }
}

Life const* History::life(std::int32_t pid, std::uint32_t event) const {
    auto const found = lives_.find(pid);
    if (found == lives_.end()) {
        return nullptr;
    }
    auto const& all = found->second;
    auto const after = std::ranges::upper_bound(all, event, {}, &Life::born);
    return after == all.begin() ? nullptr : &*std::prev(after);
}

std::vector<Life const*> History::all_of(std::map<std::int32_t, Pids> const& index,
                                         std::int32_t key) const {
    std::vector<Life const*> all;
    auto const found = index.find(key);
    if (found != index.end()) {
        for (auto const pid : found->second) {
            for (auto const& life : lives_.at(pid)) {
                all.push_back(&life);
            }
        }
    }
    return all;
}

std::vector<Life const*> History::forked_by(std::int32_t pid) const {
    return all_of(children_, pid);
}

std::vector<Life const*> History::threads_of(Life const& leader, std::uint32_t event) const {
    auto threads = all_of(groups_, leader.group);
    std::erase_if(threads, [&](auto const* life) { return !is_thread_of(leader, *life, event); });
    return threads;
}

bool History::follows_all(Life const& leader, std::uint32_t event) const {
    return std::ranges::none_of(threads_of(leader, event), [&](auto const* life) {
        return (life->clone_flags.value_or(0) & kCloneUntraced) != 0 && life->exited > event;
    });
}

/// The leader of a group of which all threads are known; null of others.
Life const* History::known_leader(std::int32_t group, std::uint32_t event) const {
    auto const* leader = life(group, event);
    if (!leader || leader->alone_since > event || group == 0 || !follows_all(*leader, event)) {
        return nullptr;
    }
    // Of a thread whose birth was not seen nobody knows whose it is.
    return unseen_birth_ > leader->alone_since ? nullptr : leader;
}

std::optional<std::size_t> History::threads_alive(std::int32_t group, std::uint32_t event) const {
    auto const* leader = known_leader(group, event);
    if (!leader) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(std::ranges::count_if(
        threads_of(*leader, event), [&](auto const* thread) { return thread->exited > event; }));
}

std::optional<std::size_t> History::threads_listed(std::int32_t group, std::uint32_t event) const {
    auto const* leader = known_leader(group, event);
    if (!leader) {
        return std::nullopt;
    }
    std::size_t listed = 1;
    for (auto const* thread : threads_of(*leader, event)) {
        if (thread->pid == group || (thread->exited < event && thread->left < event)) {
            continue;
        }
        if (thread->exited < event) {
            return std::nullopt; // Somewhere between its exit and its release.
        }
        ++listed;
    }
    return listed;
}

} // namespace kflow::check
