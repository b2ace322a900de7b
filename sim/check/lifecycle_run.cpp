#include "sim/check/births.hpp"
#include "sim/check/lifecycle.hpp"
#include "sim/check/rule_run.hpp"
#include "sim/trace/name_table.hpp"
#include "sim/trace/takeovers.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace kflow::check {
namespace {

using trace::Event;
using Events = LifecycleRun::Events;
using trace::TraceEvent;

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

/// What the ring buffer had of a CPU is overwritten by what comes later. Other tracers mark where a
/// CPU's buffer begins; a graph only begins there, in the middle of what a task does.
class Beginnings {
public:
    /// Whether a CPU's first record is the end of a call of a task that nothing was seen of before.
    bool is_cut(Event const& event) {
        if (!event.cpu || !event.pid || event.cpu->value < 0 || event.pid->value < 0) {
            return false;
        }
        bool const is_first = note(cpus_, event.cpu->value);
        bool const is_new = note(tasks_, event.pid->value);
        return is_first && is_new && event.as<trace::GraphExit>();
    }

private:
    /// Whether the number comes for the first time.
    static bool note(std::vector<char>& seen, std::int32_t number) {
        auto const place = static_cast<std::size_t>(std::min(number, kPidMaxLimit));
        if (place >= seen.size()) {
            seen.resize(place + 1);
        }
        return std::exchange(seen[place], 1) == 0;
    }

    std::vector<char> cpus_;
    std::vector<char> tasks_;
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
                runners_[i].emplace(rules_[i], births_);
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

    void forget() {
        births_.forget();
        for (auto& runner : runners_) {
            if (runner) {
                runner->forget();
            }
        }
    }

    void take(Event const& event) {
        static trace::Name const any_event("event");
        if (event.as<trace::LostEvents>() || event.as<trace::BufferStarted>()) {
            return forget();
        }
        if (!is_activity(event)) {
            return;
        }
        if (beginnings_.is_cut(event)) {
            forget();
            violations_.clear(); // What was missing may have stood in that CPU's buffer.
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
        births_.see(sight);
    }

    void note_tracing(TraceEvent const& fields) {
        if (fields.text("prev_state") == "t") { // kernel/signal.c, ptrace_stop()
            traced_.insert(fields.number("prev_pid").value_or(0));
        }
    }

    std::vector<LifecycleRule> const& rules_;
    std::vector<std::optional<RuleRun>> runners_; ///< of each rule, if it is judged
    std::vector<RuleRun*> of_lines_;              ///< those that any line may move
    std::vector<Violation> violations_;
    std::set<std::string, std::less<>> seen_; ///< events
    trace::NameTable<char> known_;            ///< whether they are among those
    WholeSystem whole_;
    Beginnings beginnings_;
    Births births_;
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
