#include "sim/check/evidence.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {

namespace object {

namespace {
constexpr int kKindShift = 60;
constexpr std::uint64_t kLowHalf = 0xffffffffU;
} // namespace

kernel::ObjectId task(std::int32_t pid, std::uint32_t life) {
    auto const low = static_cast<std::uint64_t>(static_cast<std::uint32_t>(pid));
    auto const high = static_cast<std::uint64_t>(life & 0xffffffU) << 32;
    return {static_cast<std::uint64_t>(Kind::task) << kKindShift | high | low};
}
kernel::ObjectId place(std::uint32_t number) {
    return {static_cast<std::uint64_t>(Kind::place) << kKindShift | number};
}
kernel::ObjectId fresh(std::uint32_t number) {
    return {static_cast<std::uint64_t>(Kind::fresh) << kKindShift | number};
}
Kind kind(kernel::ObjectId id) {
    return static_cast<Kind>(id.value >> kKindShift);
}
std::uint32_t born(kernel::ObjectId id) {
    return kind(id) == Kind::task ? static_cast<std::uint32_t>(id.value >> 32) & 0xffffffU : 0;
}
std::uint32_t number(kernel::ObjectId id) {
    return static_cast<std::uint32_t>(id.value & kLowHalf);
}

} // namespace object

namespace {

constexpr std::uint64_t kCloneThread = 0x00010000; // include/uapi/linux/sched.h
constexpr std::uint64_t kCloneUntraced = 0x00800000;

Life& latest(std::map<std::int32_t, std::vector<Life>>& lives, std::int32_t pid) {
    auto& all = lives[pid];
    if (all.empty()) {
        all.push_back({});
        all.back().pid = pid;
    }
    return all.back();
}

/// de_thread(): a thread that calls exec goes on under the number of its leader, which is dead.
void take_number_of_leader(std::map<std::int32_t, std::vector<Life>>& lives, std::int32_t leader,
                           std::int32_t thread, std::uint32_t index) {
    latest(lives, thread).exited = index;
    latest(lives, leader).execs = true; // its clone flags do not tell any more who leads
    auto life = latest(lives, leader);
    life.born = life.alone_since = index;
    life.exited = life.freed = Life{}.exited;
    lives[leader].push_back(life);
}

void see(std::map<std::int32_t, std::vector<Life>>& lives, trace::Event const& event,
         trace::TraceEvent const& fields, std::uint32_t index) {
    auto const name = fields.name.view();
    auto const pid = fields.number("pid");
    if (name == "task_newtask" && pid) {
        Life life;
        life.pid = static_cast<std::int32_t>(*pid);
        life.seen_born = true;
        life.born = index;
        auto const flags = fields.number("clone_flags");
        if (flags) {
            life.clone_flags = static_cast<std::uint64_t>(*flags);
        }
        if (event.pid) {
            life.parent = event.pid->value;
            auto const& parent = latest(lives, event.pid->value);
            auto const thread = flags && (life.clone_flags.value() & kCloneThread) != 0;
            life.group = !thread ? life.pid : parent.group;
            life.alone_since = !thread ? index : life.alone_since;
        }
        lives[life.pid].push_back(life);
    } else if (name == "sched_process_exit" && pid) {
        latest(lives, static_cast<std::int32_t>(*pid)).exited = index;
    } else if (name == "sched_process_exec" && pid) {
        auto const old = fields.number("old_pid").value_or(*pid);
        if (old != *pid) {
            take_number_of_leader(lives, static_cast<std::int32_t>(*pid),
                                  static_cast<std::int32_t>(old), index);
        }
        auto& life = latest(lives, static_cast<std::int32_t>(*pid));
        life.execs = true;
        life.last_exec = index;
        life.group = life.pid; // fs/exec.c, de_thread(): the others are gone, it leads.
        life.alone_since = std::min(life.alone_since, index);
    } else if (name == "sched_process_free" && pid) {
        latest(lives, static_cast<std::int32_t>(*pid)).freed = index;
    }
}

/// The scheduler's events tell the priority of the tasks that they name.
void see_priority(std::map<std::int32_t, std::vector<Life>>& lives,
                  trace::TraceEvent const& fields) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFields{
        {{"pid", "prio"}, {"prev_pid", "prev_prio"}, {"next_pid", "next_prio"}}};
    for (auto const& [who, what] : kFields) {
        auto const pid = fields.number(who);
        auto const prio = pid ? fields.number(what) : std::nullopt;
        if (prio && *pid != 0) {
            auto& life = latest(lives, static_cast<std::int32_t>(*pid));
            life.least_prio = std::min(life.least_prio, *prio);
            life.most_prio = std::max(life.most_prio, *prio);
        }
    }
}

/// Where a task's record was made, and whether it tells of a system call.
void see_running(Life& life, trace::Event const& event) {
    life.many_cpus = life.many_cpus || (life.cpu && event.cpu && !(*life.cpu == *event.cpu));
    life.cpu = event.cpu ? event.cpu : life.cpu;
    auto const* entry = event.as<trace::GraphEntry>();
    auto const* leaf = event.as<trace::GraphLeaf>();
    auto const* function = entry ? &entry->function : leaf ? &leaf->function : nullptr;
    life.calls_system =
        life.calls_system || (function && function->name.view().starts_with("__arm64_sys_"));
}

} // namespace

History::History(trace::Capture const& capture) {
    std::map<std::int32_t, std::vector<Life>> lives;
    for (std::uint32_t i = 0; i < capture.events.size(); ++i) {
        auto const& event = capture.events[i];
        if (event.pid) {
            latest(lives, event.pid->value);
        }
        if (auto const* fields = event.as<trace::TraceEvent>()) {
            if (!names_.contains(fields->name.view())) {
                names_.emplace(fields->name.view());
            }
            auto const target = fields->name.view() == "signal_generate" ? fields->number("pid")
                                                                         : std::nullopt;
            if (target) {
                signals_[static_cast<std::int32_t>(*target)].push_back(i);
            }
            see(lives, event, *fields, i);
            if (fields->name.view().starts_with("sched_")) {
                see_priority(lives, *fields);
            }
        }
        if (event.pid) {
            auto& life = latest(lives, event.pid->value);
            see_running(life, event);
            life.last_seen = i;
        }
    }
    for (auto const& [pid, all] : lives) {
        lives_.insert(lives_.end(), all.begin(), all.end());
    }
}

Life const* History::life(std::int32_t pid, std::uint32_t event) const {
    auto const after = std::upper_bound(
        lives_.begin(), lives_.end(), std::pair(pid, event),
        [](auto const& key, Life const& l) { return key < std::pair(l.pid, l.born); });
    if (after == lives_.begin()) {
        return nullptr;
    }
    auto const& found = *std::prev(after);
    return found.pid == pid ? &found : nullptr;
}

bool History::follows_all(Life const& leader, std::uint32_t event) const {
    return std::ranges::none_of(lives_, [&](auto const& l) {
        return is_thread_of(leader, l, event) &&
               (l.clone_flags.value_or(0) & kCloneUntraced) != 0 && l.exited > event;
    });
}

bool History::is_thread_of(Life const& leader, Life const& other, std::uint32_t event) {
    auto const is_leader = other.pid == leader.pid && other.born == leader.born;
    auto const alone = leader.execs && leader.last_exec <= event ? leader.last_exec : leader.born;
    return other.group == leader.group && other.born <= event && (is_leader || other.born >= alone);
}

bool History::is_signalled(std::int32_t pid, std::uint32_t from, std::uint32_t to) const {
    auto const signals = signals_.find(pid);
    if (signals == signals_.end()) {
        return false;
    }
    auto const first = std::ranges::lower_bound(signals->second, from);
    return first != signals->second.end() && *first < to;
}

std::optional<std::size_t> History::threads_alive(std::int32_t group, std::uint32_t event) const {
    auto const* leader = life(group, event);
    if (!leader || leader->alone_since > event || group == 0 || !follows_all(*leader, event)) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(std::count_if(lives_.begin(), lives_.end(), [&](auto const& l) {
        return is_thread_of(*leader, l, event) && l.exited > event;
    }));
}

std::optional<std::size_t> History::threads_listed(std::int32_t group, std::uint32_t event) const {
    auto const* leader = life(group, event);
    if (!leader || leader->alone_since > event || group == 0 || !follows_all(*leader, event)) {
        return std::nullopt;
    }
    std::size_t listed = 1;
    for (auto const& l : lives_) {
        auto const member = l.pid != group && is_thread_of(*leader, l, event);
        if (!member || (l.exited < event && l.last_seen < event)) {
            continue;
        }
        if (l.exited < event) {
            return std::nullopt; // Somewhere between its exit and its release.
        }
        ++listed;
    }
    return listed;
}

Evidence::Evidence(model::Program const& program_, build::BuildFacts const& facts,
                   trace::Capture const& capture_, Forest const& forest_)
    : program(program_), capture(capture_), forest(forest_), history(capture_), facts_(facts) {
    rules_.resize(program.guards.size());
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        rules_[i].rule = rule_for(program.guards[i].name, rules_[i].parameter);
    }
    for (auto const name : forest.names) {
        functions_.insert(name.view());
    }
    trace::Name const do_exit("do_exit");
    trace::Name const do_wait("do_wait");
    for (CallIndex c = 0; c < forest.calls().size(); ++c) {
        if (forest[c].name == do_exit) {
            exits_[pid_of(c)].push_back(c);
        } else if (forest[c].name == do_wait) {
            waits_[pid_of(c)].push_back(c);
        }
    }
}

kernel::Answer Evidence::answer(model::GuardId guard, kernel::RoleScope const& roles) const {
    auto const& known = rules_[model::index_of(guard)];
    if (!known.rule) {
        return kernel::Answer::unknown;
    }
    auto const& scope = static_cast<CallScope const&>(roles);
    return known.rule({*this, scope.call(), scope, guard, known.parameter});
}

namespace {

/// Pages of a kernel stack: arch/arm64/include/asm/memory.h, THREAD_SIZE / PAGE_SIZE.
std::optional<std::uint64_t> stack_pages(build::BuildFacts const& facts) {
    constexpr int kMinThreadShift = 14;
    auto const small = facts.config_enabled("ARM64_4K_PAGES");
    auto const medium = facts.config_enabled("ARM64_16K_PAGES");
    auto const large = facts.config_enabled("ARM64_64K_PAGES");
    if (!facts.config_enabled("VMAP_STACK") || !(small || medium || large)) {
        return std::nullopt;
    }
    auto const checked =
        facts.config_enabled("KASAN_GENERIC") || facts.config_enabled("KASAN_SW_TAGS");
    auto const page_shift = small ? 12 : medium ? 14 : 16;
    auto const thread_shift = std::max(kMinThreadShift + (checked ? 1 : 0), page_shift);
    return std::uint64_t{1} << (thread_shift - page_shift);
}

} // namespace

std::optional<std::uint64_t> Evidence::count(model::CollectionId collection,
                                             kernel::RoleScope const& roles) const {
    auto const& asked = program.collections[model::index_of(collection)];
    if (asked.name == "stack_page") {
        return stack_pages(facts_);
    }
    auto const all = asked.name == "thread" || asked.name == "target_thread";
    if (!all && asked.name != "other_thread") {
        return std::nullopt;
    }
    auto const& scope = static_cast<CallScope const&>(roles);
    auto const object = scope.object(asked.owner);
    if (object::kind(object) != object::Kind::task) {
        return std::nullopt;
    }
    auto const event = forest[scope.call()].first_event;
    auto const* life = history.life(static_cast<std::int32_t>(object::number(object)), event);
    auto const listed = life ? history.threads_listed(life->group, event) : std::nullopt;
    // A thread that dies while the list is walked may be in it or not.
    auto const later =
        life ? history.threads_listed(life->group, forest[scope.call()].last_event) : std::nullopt;
    if (!listed || listed != later) {
        return std::nullopt;
    }
    return *listed - (all ? 0 : 1);
}

std::vector<CallIndex> const& Evidence::calls_of(CallsByTask const& calls, std::int32_t pid) {
    static std::vector<CallIndex> const none;
    auto const found = calls.find(pid);
    return found == calls.end() ? none : found->second;
}

bool Evidence::has_rule(model::GuardId guard) const {
    return rules_[model::index_of(guard)].rule != nullptr;
}

CallIndex Evidence::around(CallIndex call, std::string_view function) const {
    for (; call != kNoCall; call = forest[call].parent) {
        if (forest[call].name.view() == function) {
            return call;
        }
    }
    return kNoCall;
}

CallIndex Evidence::root(CallIndex call) const {
    while (call != kNoCall && forest[call].parent != kNoCall) {
        call = forest[call].parent;
    }
    return call;
}

std::vector<trace::TraceEvent const*> Evidence::events_inside(CallIndex call,
                                                              std::string_view name) const {
    std::vector<trace::TraceEvent const*> found;
    if (call == kNoCall || !shows(name)) {
        return found;
    }
    auto const& c = forest[call];
    auto const& events = forest.events[c.task];
    auto const first = std::lower_bound(events.begin(), events.end(), c.first_event);
    for (auto i = first; i != events.end() && *i <= c.last_event; ++i) {
        auto const* fields = capture.events[*i].as<trace::TraceEvent>();
        if (fields && fields->name.view() == name) {
            found.push_back(fields);
        }
    }
    return found;
}

trace::TraceEvent const* Evidence::event_inside(CallIndex call, std::string_view name) const {
    auto const all = events_inside(call, name);
    return all.empty() ? nullptr : all.front();
}

bool Evidence::calls_inside(CallIndex call, std::string_view function) const {
    if (call == kNoCall) {
        return false;
    }
    auto const last = forest[call].last_event;
    auto const task = forest[call].task;
    for (auto i = call; i < forest.calls().size() && forest[i].first_event <= last; ++i) {
        if (forest[i].task == task && forest[i].name.view() == function) {
            return true;
        }
    }
    return false;
}

std::int32_t Evidence::pid_of(CallIndex call) const {
    if (call == kNoCall) {
        return 0;
    }
    auto const& task = forest.trees.tasks[forest[call].task];
    return task.pid ? task.pid->value : -1;
}

Life const* Evidence::life_of(CallIndex call) const {
    return call == kNoCall ? nullptr : history.life(pid_of(call), forest[call].first_event);
}

} // namespace kflow::check
