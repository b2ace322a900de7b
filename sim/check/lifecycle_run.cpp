#include "sim/check/lifecycle.hpp"
#include "sim/trace/takeovers.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace kflow::check {
namespace {

using trace::Event;
using trace::TraceEvent;

/// CLONE_THREAD of include/uapi/linux/sched.h.
constexpr std::int64_t kCloneThread = 0x00010000;

/// A field's value as rules compare it: by its text, which for most is that of a number.
class Value {
public:
    Value() = default;
    explicit Value(std::int64_t number) : number_(number) {}
    explicit Value(std::string_view text) {
        auto const* const end = text.data() + text.size();
        auto const read = std::from_chars(text.data(), end, number_);
        if (read.ec != std::errc() || read.ptr != end || std::to_string(number_) != text) {
            number_ = 0;
            text_ = trace::Name(text);
        }
    }
    explicit Value(trace::FieldValue const& value) {
        if (auto const* name = std::get_if<trace::Name>(&value)) {
            *this = Value(name->view());
        } else if (auto const* number = std::get_if<std::int64_t>(&value)) {
            number_ = *number;
        } else if (auto const big = std::get<std::uint64_t>(value);
                   big <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            number_ = static_cast<std::int64_t>(big);
        } else {
            text_ = trace::Name(std::to_string(big));
        }
    }

    bool is(std::int64_t number) const { return text_.empty() && number_ == number; }
    std::string text() const {
        return text_.empty() ? std::to_string(number_) : std::string(text_.view());
    }
    std::size_t hash() const { return static_cast<std::size_t>(number_) * 31 + text_.number(); }
    bool operator==(Value const&) const = default;

private:
    std::int64_t number_ = 0;
    trace::Name text_; ///< empty: it is the number
};

struct ValueHash {
    std::size_t operator()(Value const& value) const { return value.hash(); }
};

/// A field that a rule names: one of an event's own, or one that every event has.
struct FieldName {
    enum class Kind : std::uint8_t { own, task, cpu, leader_cpu, traced } kind = Kind::own;
    trace::Name name;

    explicit FieldName(std::string_view text) : name(text) {
        kind = text == "task"         ? Kind::task
               : text == "cpu"        ? Kind::cpu
               : text == "leader_cpu" ? Kind::leader_cpu
               : text == "traced"     ? Kind::traced
                                      : Kind::own;
    }
};

/// What one event looks like to the rules.
struct Sight {
    Event const* event = nullptr;
    TraceEvent const* fields = nullptr;
    bool traced = false;                ///< the task was seen in a stop for its debugger
    std::optional<Cpu> leader_cpu = {}; ///< exchange_tids: where the dead leader still runs

    /// `task`, `cpu` and `traced` are the event's own. Nothing where it is not known.
    std::optional<Value> field(FieldName const& field) const {
        static Value const yes(std::string_view("yes"));
        static Value const no(std::string_view("no"));
        switch (field.kind) {
        case FieldName::Kind::task:
            return event->pid ? std::optional(Value(event->pid->value)) : std::nullopt;
        case FieldName::Kind::cpu:
            return event->cpu ? std::optional(Value(event->cpu->value)) : std::nullopt;
        case FieldName::Kind::leader_cpu:
            return leader_cpu ? std::optional(Value(leader_cpu->value)) : std::nullopt;
        case FieldName::Kind::traced:
            return traced ? yes : no;
        case FieldName::Kind::own:
            break;
        }
        auto const* value = fields ? fields->find(field.name) : nullptr;
        return value ? std::optional(Value(*value)) : std::nullopt;
    }
};

/// Whose automaton it is: a task's or a CPU's number, or a group's with that of a signal.
struct Object {
    Value number;
    std::optional<Value> signal;
    bool operator==(Object const&) const = default;
};

struct ObjectHash {
    std::size_t operator()(Object const& object) const {
        return object.number.hash() + (object.signal ? object.signal->hash() * 7919 : 0);
    }
};

struct Automat {
    std::size_t state = 0;
    std::uint32_t since = 0;
    std::optional<Value> remembered;
};

/// An edge of a rule, as it is looked up.
struct Edge {
    struct Condition {
        FieldName field;
        bool negate = false;
        bool is_remembered = false;
        std::vector<Value> values; ///< any of them
    };
    LifecycleEdge const* edge = nullptr;
    FieldName key;
    std::vector<Condition> conditions;
    std::optional<FieldName> remember;

    explicit Edge(LifecycleEdge const& e) : edge(&e), key(e.key) {
        for (auto const& condition : e.conditions) {
            auto& made = conditions.emplace_back(
                Condition{FieldName(condition.field), condition.negate, false, {}});
            made.is_remembered = condition.value == "$remembered";
            for (std::string_view rest = condition.value; !made.is_remembered;) {
                auto const bar = rest.find('|');
                made.values.emplace_back(rest.substr(0, bar));
                if (bar == std::string_view::npos) {
                    break;
                }
                rest.remove_prefix(bar + 1);
            }
        }
        if (!e.remember.empty()) {
            remember.emplace(e.remember);
        }
    }
};

using Groups = std::unordered_map<Value, Value, ValueHash>;

class Runner {
public:
    Runner(LifecycleRule const& rule, Groups const& groups) : rule_(rule), groups_(groups) {
        for (auto const& edge : rule.edges) {
            edges_[trace::Name(edge.event)].emplace_back(edge);
        }
    }

    void see(Sight const& sight, trace::Name name, std::vector<Violation>& violations) {
        auto const edges = edges_.find(name);
        if (edges == edges_.end()) {
            return;
        }
        // Each object moves once an event, by its first edge that fits.
        std::vector<Object> moved;
        for (auto const& edge : edges->second) {
            auto const key = key_of(edge, sight);
            if (!key || std::ranges::find(moved, *key) != moved.end()) {
                continue;
            }
            auto const [found, is_new] = automats_.try_emplace(*key);
            auto& automat = found->second;
            if (is_new) {
                automat.state = start(*key);
            }
            if (automat.state != edge.edge->from || !holds(edge, automat, sight)) {
                continue;
            }
            moved.push_back(*key);
            move(*key, automat, edge, sight, violations);
        }
    }

    void forget() { automats_.clear(); }
    std::size_t objects() const { return automats_.size(); }

private:
    std::optional<Object> key_of(Edge const& edge, Sight const& sight) const {
        auto const key = sight.field(edge.key);
        if (!key || (key->is(0) && !rule_.per_cpu)) {
            return std::nullopt; // Each CPU's idle task is pid 0.
        }
        if (!rule_.per_signal) {
            return Object{*key, std::nullopt};
        }
        static FieldName const sig("sig");
        auto const group = groups_.find(*key);
        return Object{group != groups_.end() ? group->second : *key, sight.field(sig)};
    }

    /// A process that was born in the capture has no signals from before.
    std::size_t start(Object const& object) const {
        return rule_.per_signal && groups_.contains(object.number) ? rule_.born : 0;
    }

    static bool holds(Edge const& edge, Automat const& automat, Sight const& sight) {
        return std::ranges::all_of(edge.conditions, [&](auto const& c) {
            auto const have = sight.field(c.field);
            if (!have) {
                return false;
            }
            auto const equal = c.is_remembered
                                   ? have == automat.remembered
                                   : std::ranges::find(c.values, *have) != c.values.end();
            return equal != c.negate;
        });
    }

    void move(Object const& object, Automat& automat, Edge const& edge, Sight const& sight,
              std::vector<Violation>& violations) {
        auto const line = sight.event->line;
        auto const& reason = rule_.reasons[edge.edge->to];
        if (!reason.empty()) {
            violations.push_back(
                {rule_.name, name_of(object), line, automat.since, reason, rule_.file});
            automat = {}; // One violation is reported once: from here on nothing is known.
            return;
        }
        if (edge.edge->from != edge.edge->to) {
            automat.since = line;
        }
        automat.state = edge.edge->to;
        if (edge.remember) {
            automat.remembered = sight.field(*edge.remember);
            automat.since = line;
        }
    }

    std::string name_of(Object const& object) const {
        if (rule_.per_signal) {
            return "signal " + (object.signal ? object.signal->text() : "") + " of group " +
                   object.number.text();
        }
        return (rule_.per_cpu ? "cpu " : "task ") + object.number.text();
    }

    LifecycleRule const& rule_;
    Groups const& groups_;
    std::unordered_map<trace::Name, std::vector<Edge>, trace::NameHash> edges_; ///< by event
    std::unordered_map<Object, Automat, ObjectHash> automats_;
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
        auto const* fields = event.as<TraceEvent>();
        if (fields && !seen.contains(fields->name.view())) {
            seen.emplace(fields->name.view());
        }
    }
    if (shows_whole_system(events)) {
        seen.emplace("whole_system");
    }
    static trace::Name const any_line("line");
    static trace::Name const any_event("event");
    static trace::Name const exchange_tids("exchange_tids");
    static trace::Name const task_newtask("task_newtask");
    static FieldName const child_field("pid");
    static FieldName const parent_field("task");
    Groups groups; // thread → its group, where a clone showed it
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
                runner.see(exchange, exchange_tids, result.violations);
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
            runner.see(sight, any_line, result.violations);
            if (fields) {
                runner.see(sight, any_event, result.violations);
                runner.see(sight, fields->name, result.violations);
            }
        }
        if (fields && fields->text("prev_state") == "t") { // kernel/signal.c, ptrace_stop()
            traced.insert(fields->number("prev_pid").value_or(0));
        }
        if (fields && fields->name == task_newtask) {
            auto const child = sight.field(child_field);
            auto const parent = sight.field(parent_field);
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
