#include "sim/check/lifecycle.hpp"
#include "sim/trace/name_table.hpp"
#include "sim/trace/takeovers.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace kflow::check {
namespace {

using trace::Event;
using Events = LifecycleRun::Events;
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
            if (edge.event == "line") {
                lines_count_ = true;
                are_lines_plain_ =
                    are_lines_plain_ && edge.key == "task" && edge.conditions.empty();
            }
        }
    }

    bool looks_at_lines() const { return lines_count_; }

    /// Any line of a task. Most say nothing new of it.
    void see_line(Sight const& sight, std::vector<Violation>& violations) {
        auto const pid =
            static_cast<std::uint32_t>(sight.event->pid ? sight.event->pid->value : -1);
        if (!lines_count_) {
            return;
        }
        if (are_lines_plain_ && pid < kMostPids) {
            if (pid < quiet_.size() && quiet_[pid] != 0) {
                return;
            }
            quiet_.resize(std::max<std::size_t>(quiet_.size(), pid + 1));
            quiet_[pid] = 1;
        }
        see(sight, any_line(), violations);
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

    void forget() {
        automats_.clear();
        quiet_.clear();
    }
    std::size_t objects() const { return automats_.size(); }

private:
    /// PID_MAX_LIMIT of include/linux/threads.h.
    static constexpr std::uint32_t kMostPids = 4u << 20;

    static trace::Name any_line() {
        static trace::Name const line("line");
        return line;
    }

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
        quiet_.clear();
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
    bool lines_count_ = false;    ///< some edge is of any line
    bool are_lines_plain_ = true; ///< and nothing but the task decides whether it fits
    std::vector<char> quiet_;     ///< by pid: since any automaton moved last, it had a line
};

/// Whether the switches follow from each other, as they do unless the events were filtered by task
/// (set_event_pid): a few breaks are breaches, many are a filter.
class WholeSystem {
public:
    void see(Event const& event) {
        if (event.as<trace::GraphEntry>() || event.as<trace::GraphLeaf>()) {
            is_graph_ = true; // Its pid filter may let some of a CPU's switches pass by chance.
        }
        auto const* fields = event.as<TraceEvent>();
        if (is_graph_ || !fields || !event.cpu || fields->name.view() != "sched_switch") {
            return;
        }
        ++switches_;
        auto const out = fields->number("prev_pid").value_or(-1);
        auto const [running, is_first] = running_.try_emplace(*event.cpu, out);
        breaks_ += !is_first && running->second != out ? 1 : 0;
        running->second = fields->number("next_pid").value_or(-1);
    }

    bool is_shown() const { return !is_graph_ && breaks_ * 50 <= switches_; }

private:
    bool is_graph_ = false;
    std::map<Cpu, std::int64_t> running_;
    std::size_t switches_ = 0;
    std::size_t breaks_ = 0;
};

/// Whether it is something that a task does (and not a remark of the tracer).
bool is_activity(Event const& event) {
    return !event.as<trace::LostEvents>() && !event.as<trace::BufferStarted>() &&
           !event.as<trace::TaskSwitchMark>() && !event.as<trace::StackTrace>() &&
           !event.as<trace::InterruptMark>();
}

/// Events wait until so many came behind them: a takeover is only told by the exec at its end,
/// and meanwhile every CPU goes on (24,313 were seen between the two).
constexpr std::size_t kHeldBack = std::size_t{1} << 15;

} // namespace

class LifecycleRun::Impl {
public:
    explicit Impl(std::vector<LifecycleRule> const& rules)
        : rules_(rules), runners_(rules.size()) {}

    void see(Events events, bool is_last) {
        static trace::Name const sched_process_exec("sched_process_exec");
        bool has_exec = false;
        for (auto const& event : *events) {
            auto const* const fields = event.as<TraceEvent>();
            if (fields && std::exchange(known_.at(fields->name), 1) == 0) {
                seen_.emplace(fields->name.view());
            }
            has_exec = has_exec || (fields && fields->name == sched_process_exec);
            whole_.see(event);
        }
        begin_and_end_rules();
        held_.push_back({std::move(events), has_exec});
        run(is_last ? 0 : kHeldBack);
    }

    LifecycleResult finish() {
        LifecycleResult result;
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            (runners_[i] ? result.judged : result.not_judged).push_back(rules_[i].name);
            result.objects += runners_[i] ? runners_[i]->objects() : 0;
        }
        result.violations = std::move(violations_);
        std::ranges::stable_sort(result.violations, {}, &Violation::line);
        return result;
    }

private:
    /// A rule runs from the window on that shows the last event that it needs.
    void begin_and_end_rules() {
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            auto const& needs = rules_[i].needs;
            auto const is_judged = std::ranges::all_of(needs, [&](auto const& need) {
                return need == "whole_system" ? whole_.is_shown() : seen_.contains(need);
            });
            if (is_judged && !runners_[i]) {
                runners_[i].emplace(rules_[i], groups_);
            } else if (!is_judged && runners_[i]) {
                runners_[i].reset();
                std::erase_if(violations_,
                              [&](auto const& found) { return found.rule == rules_[i].name; });
            }
        }
        of_lines_.clear();
        for (auto& runner : runners_) {
            if (runner && runner->looks_at_lines()) {
                of_lines_.push_back(&*runner);
            }
        }
    }

    /// Lets the rules see the windows that have `behind` events behind them.
    void run(std::size_t behind) {
        std::size_t windows = held_.size();
        for (std::size_t later = 0; windows > 0 && later < behind; --windows) {
            later += held_[windows - 1].events->size();
        }
        auto const events =
            std::ranges::any_of(held_, &Held::has_exec) ? all_held() : std::vector<Event const*>();
        auto const takeovers = trace::find_takeovers(events);
        auto takeover = takeovers.begin();
        std::size_t count = 0;
        for (; windows > 0; --windows) {
            for (auto const& event : *held_.front().events) {
                for (; takeover != takeovers.end() && takeover->first_record <= count; ++takeover) {
                    if (exchanged_.insert(held_from_ + takeover->exec).second) {
                        exchange(*events[takeover->exec], takeover->leader_cpu);
                    }
                }
                take(event);
                ++count;
            }
            held_.pop_front();
        }
        held_from_ += count;
        exchanged_.erase(exchanged_.begin(), exchanged_.lower_bound(held_from_));
    }

    std::vector<Event const*> all_held() const {
        std::vector<Event const*> events;
        for (auto const& window : held_) {
            std::ranges::transform(*window.events, std::back_inserter(events),
                                   [](Event const& event) { return &event; });
        }
        return events;
    }

    void see(Sight const& sight, trace::Name name) {
        for (auto& runner : runners_) {
            if (runner) {
                runner->see(sight, name, violations_);
            }
        }
    }

    void exchange(Event const& exec, std::optional<Cpu> leader_cpu) {
        static trace::Name const exchange_tids("exchange_tids");
        Sight sight{&exec, exec.as<TraceEvent>()};
        sight.leader_cpu = leader_cpu;
        see(sight, exchange_tids);
    }

    void take(Event const& event) {
        static trace::Name const any_event("event");
        if (event.as<trace::LostEvents>() || event.as<trace::BufferStarted>()) {
            for (auto& runner : runners_) {
                if (runner) {
                    runner->forget();
                }
            }
            return;
        }
        if (!is_activity(event)) {
            return;
        }
        auto const* fields = event.as<TraceEvent>();
        Sight const sight{&event, fields, event.pid && traced_.contains(event.pid->value)};
        if (!fields) {
            for (auto* const runner : of_lines_) {
                runner->see_line(sight, violations_);
            }
            return;
        }
        for (auto& runner : runners_) {
            if (runner) {
                runner->see_line(sight, violations_);
                runner->see(sight, any_event, violations_);
                runner->see(sight, fields->name, violations_);
            }
        }
        note_tracing(*fields);
        note_birth(sight);
    }

    void note_tracing(TraceEvent const& fields) {
        if (fields.text("prev_state") == "t") { // kernel/signal.c, ptrace_stop()
            traced_.insert(fields.number("prev_pid").value_or(0));
        }
    }

    void note_birth(Sight const& sight) {
        static trace::Name const task_newtask("task_newtask");
        static FieldName const child_field("pid");
        static FieldName const parent_field("task");
        if (sight.fields->name != task_newtask) {
            return;
        }
        auto const child = sight.field(child_field);
        auto const parent = sight.field(parent_field);
        auto const flags = sight.fields->number("clone_flags").value_or(0);
        if (child && parent && (flags & kCloneThread) != 0) {
            auto const known = groups_.find(*parent);
            groups_[*child] = known == groups_.end() ? *parent : known->second;
        } else if (child) {
            groups_[*child] = *child;
        }
    }

    std::vector<LifecycleRule> const& rules_;
    std::vector<std::optional<Runner>> runners_; ///< of each rule, if it is judged
    std::vector<Runner*> of_lines_;              ///< those that any line may move
    std::vector<Violation> violations_;
    std::set<std::string, std::less<>> seen_; ///< events
    trace::NameTable<char> known_;            ///< whether they are among those
    WholeSystem whole_;
    Groups groups_;                 ///< thread → its group, where a clone showed it
    std::set<std::int64_t> traced_; ///< tasks that were seen to stop for a debugger
    /// A window that the rules have not seen yet.
    struct Held {
        Events events;
        bool has_exec = false;
    };
    std::deque<Held> held_;
    std::uint64_t held_from_ = 0;       ///< the number of the first of them
    std::set<std::uint64_t> exchanged_; ///< numbers of execs whose takeover the rules know
};

LifecycleRun::LifecycleRun(std::vector<LifecycleRule> const& rules)
    : impl_(std::make_unique<Impl>(rules)) {}
LifecycleRun::~LifecycleRun() = default;

void LifecycleRun::see(Events events, bool is_last) {
    impl_->see(std::move(events), is_last);
}

LifecycleResult LifecycleRun::finish() {
    return impl_->finish();
}

} // namespace kflow::check
