#include "sim/check/lifecycle.hpp"
#include "sim/trace/takeovers.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace kflow::check {
namespace {

using trace::Event;
using trace::TraceEvent;

/// CLONE_THREAD of include/uapi/linux/sched.h.
constexpr std::int64_t kCloneThread = 0x00010000;

std::string text_of(trace::FieldValue const& value) {
    if (auto const* name = std::get_if<trace::Name>(&value)) {
        return std::string(name->view());
    }
    if (auto const* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    return std::to_string(std::get<std::uint64_t>(value));
}

/// What one event looks like to the rules.
struct Sight {
    Event const* event = nullptr;
    TraceEvent const* fields = nullptr;
    bool traced = false;                ///< the task was seen in a stop for its debugger
    std::optional<Cpu> leader_cpu = {}; ///< exchange_tids: where the dead leader still runs

    /// A field's text; `task`, `cpu` and `traced` are the event's own. Nothing where it is not
    /// known.
    std::optional<std::string> field(std::string const& name) const {
        if (name == "task") {
            return event->pid ? std::optional(std::to_string(event->pid->value)) : std::nullopt;
        }
        if (name == "cpu") {
            return event->cpu ? std::optional(std::to_string(event->cpu->value)) : std::nullopt;
        }
        if (name == "leader_cpu") {
            return leader_cpu ? std::optional(std::to_string(leader_cpu->value)) : std::nullopt;
        }
        if (name == "traced") {
            return traced ? "yes" : "no";
        }
        auto const* value = fields ? fields->find(name) : nullptr;
        return value ? std::optional(text_of(*value)) : std::nullopt;
    }
};

struct Automat {
    std::size_t state = 0;
    std::uint32_t since = 0;
    std::string remembered;
};

class Runner {
public:
    Runner(LifecycleRule const& rule, std::map<std::string, std::string> const& groups)
        : rule_(rule), groups_(groups) {}

    void see(Sight const& sight, std::string_view name, std::vector<Violation>& violations) {
        // Each object moves once an event, by its first edge that fits.
        std::set<std::string> moved;
        for (auto const& edge : rule_.edges) {
            if (edge.event != name) {
                continue;
            }
            auto const key = key_of(edge, sight);
            if (!key || moved.contains(*key)) {
                continue;
            }
            auto& automat = automats_.try_emplace(*key, start(*key)).first->second;
            if (automat.state != edge.from || !holds(edge, automat, sight)) {
                continue;
            }
            moved.insert(*key);
            move(*key, automat, edge, sight, violations);
        }
    }

    void forget() { automats_.clear(); }
    std::size_t objects() const { return automats_.size(); }

private:
    std::optional<std::string> key_of(LifecycleEdge const& edge, Sight const& sight) const {
        auto key = sight.field(edge.key);
        if (!key || (*key == "0" && !rule_.per_cpu)) {
            return std::nullopt; // Each CPU's idle task is pid 0.
        }
        if (!rule_.per_signal) {
            return key;
        }
        auto const group = groups_.find(*key);
        auto const signal = sight.field("sig");
        if (group != groups_.end()) {
            key = group->second;
        }
        return *key + (signal ? " " + *signal : "");
    }

    /// A process that was born in the capture has no signals from before.
    Automat start(std::string const& key) const {
        auto const is_born = rule_.per_signal && groups_.contains(key.substr(0, key.find(' ')));
        return {is_born ? rule_.born : 0, 0, {}};
    }

    static bool holds(LifecycleEdge const& edge, Automat const& automat, Sight const& sight) {
        return std::all_of(edge.conditions.begin(), edge.conditions.end(), [&](auto const& c) {
            auto const have = sight.field(c.field);
            if (!have) {
                return false;
            }
            bool equal = false;
            if (c.value == "$remembered") {
                equal = *have == automat.remembered;
            } else {
                auto rest = "|" + c.value + "|";
                equal = rest.find("|" + *have + "|") != std::string::npos;
            }
            return equal != c.negate;
        });
    }

    void move(std::string const& key, Automat& automat, LifecycleEdge const& edge,
              Sight const& sight, std::vector<Violation>& violations) {
        auto const line = sight.event->line;
        auto const& reason = rule_.reasons[edge.to];
        if (!reason.empty()) {
            violations.push_back(
                {rule_.name, object(key), line, automat.since, reason, rule_.file});
            automat = {}; // One violation is reported once: from here on nothing is known.
            return;
        }
        if (edge.from != edge.to) {
            automat.since = line;
        }
        automat.state = edge.to;
        if (!edge.remember.empty()) {
            automat.remembered = sight.field(edge.remember).value_or("");
            automat.since = line;
        }
    }

    std::string object(std::string const& key) const {
        if (rule_.per_signal) {
            auto const space = key.find(' ');
            return "signal " + key.substr(space + 1) + " of group " + key.substr(0, space);
        }
        return (rule_.per_cpu ? "cpu " : "task ") + key;
    }

    LifecycleRule const& rule_;
    std::map<std::string, std::string> const& groups_;
    std::map<std::string, Automat> automats_;
};

bool is_judged(LifecycleRule const& rule, std::set<std::string, std::less<>> const& seen) {
    return std::all_of(rule.needs.begin(), rule.needs.end(),
                       [&](auto const& need) { return seen.contains(need); });
}

/// Whether the switches follow from each other, as they do unless the events were filtered by task
/// (set_event_pid): a few breaks are breaches, many are a filter.
bool shows_whole_system(std::vector<Event> const& events) {
    auto const is_graph = [](Event const& e) {
        return e.as<trace::GraphEntry>() || e.as<trace::GraphLeaf>();
    };
    if (std::any_of(events.begin(), events.end(), is_graph)) {
        return false; // Its pid filter may let some of a CPU's switches pass by chance.
    }
    std::map<Cpu, std::int64_t> running;
    std::size_t switches = 0;
    std::size_t breaks = 0;
    for (auto const& event : events) {
        auto const* fields = event.as<TraceEvent>();
        if (!fields || !event.cpu || fields->name.view() != "sched_switch") {
            continue;
        }
        ++switches;
        auto const before = running.find(*event.cpu);
        auto const out = fields->number("prev_pid").value_or(-1);
        breaks += before != running.end() && before->second != out ? 1 : 0;
        running[*event.cpu] = fields->number("next_pid").value_or(-1);
    }
    return breaks * 50 <= switches;
}

/// Whether it is something that a task does (and not a remark of the tracer).
bool is_activity(Event const& event) {
    return !event.as<trace::LostEvents>() && !event.as<trace::BufferStarted>() &&
           !event.as<trace::TaskSwitchMark>() && !event.as<trace::StackTrace>() &&
           !event.as<trace::InterruptMark>();
}

} // namespace

LifecycleResult run_rules(std::vector<LifecycleRule> const& rules,
                          std::vector<Event> const& events) {
    LifecycleResult result;
    std::set<std::string, std::less<>> seen;
    for (auto const& event : events) {
        if (auto const* fields = event.as<TraceEvent>()) {
            seen.emplace(fields->name.view());
        }
    }
    if (shows_whole_system(events)) {
        seen.emplace("whole_system");
    }
    std::map<std::string, std::string> groups; // thread → its group, where a clone showed it
    std::vector<Runner> runners;
    for (auto const& rule : rules) {
        (is_judged(rule, seen) ? result.judged : result.not_judged).push_back(rule.name);
        if (is_judged(rule, seen)) {
            runners.emplace_back(rule, groups);
        }
    }
    std::set<std::int64_t> traced; ///< tasks that were seen to stop for a debugger
    auto const takeovers = trace::find_takeovers(events);
    auto takeover = takeovers.begin();
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto const& event = events[i];
        for (; takeover != takeovers.end() && takeover->first_record == i; ++takeover) {
            Sight exchange{&events[takeover->exec], events[takeover->exec].as<TraceEvent>()};
            exchange.leader_cpu = takeover->leader_cpu;
            for (auto& runner : runners) {
                runner.see(exchange, "exchange_tids", result.violations);
            }
        }
        if (event.as<trace::LostEvents>() || event.as<trace::BufferStarted>()) {
            std::for_each(runners.begin(), runners.end(), [](auto& r) { r.forget(); });
            continue;
        }
        if (!is_activity(event)) {
            continue;
        }
        auto const* fields = event.as<TraceEvent>();
        Sight const sight{&event, fields, event.pid && traced.contains(event.pid->value)};
        for (auto& runner : runners) {
            runner.see(sight, "line", result.violations);
            if (fields) {
                runner.see(sight, "event", result.violations);
                runner.see(sight, fields->name.view(), result.violations);
            }
        }
        if (sight.field("prev_state") == "t") { // kernel/signal.c, ptrace_stop()
            traced.insert(fields->number("prev_pid").value_or(0));
        }
        if (fields && fields->name.view() == "task_newtask") {
            auto const child = sight.field("pid");
            auto const parent = sight.field("task");
            auto const flags = fields->number("clone_flags").value_or(0);
            if (child && parent && (flags & kCloneThread) != 0) {
                auto const known = groups.find(*parent);
                groups[*child] = known == groups.end() ? *parent : known->second;
            } else if (child) {
                groups[*child] = *child;
            }
        }
    }
    for (auto const& runner : runners) {
        result.objects += runner.objects();
    }
    std::stable_sort(result.violations.begin(), result.violations.end(),
                     [](auto const& a, auto const& b) { return a.line < b.line; });
    return result;
}

} // namespace kflow::check
