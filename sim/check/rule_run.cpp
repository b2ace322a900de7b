#include "sim/check/rule_run.hpp"

#include <algorithm>

namespace kflow::check {
namespace {

constexpr auto kMostPids = static_cast<std::uint32_t>(kPidMaxLimit);

} // namespace

RuleRun::Edge::Edge(LifecycleEdge const& of_rule) : edge(&of_rule), key(of_rule.key) {
    for (auto const& condition : of_rule.conditions) {
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
    if (!of_rule.remember.empty()) {
        remember.emplace(of_rule.remember);
    }
}

RuleRun::RuleRun(LifecycleRule const& rule, Births const& births) : rule_(rule), births_(births) {
    for (auto const& edge : rule.edges) {
        edges_[trace::Name(edge.event)].emplace_back(edge);
        if (edge.event == "line") {
            lines_count_ = true;
            are_lines_plain_ = are_lines_plain_ && edge.key == "task" && edge.conditions.empty();
        }
    }
}

void RuleRun::see_line(Sight const& sight, std::vector<Violation>& violations) {
    static trace::Name const line("line");
    auto const pid = static_cast<std::uint32_t>(sight.event->pid ? sight.event->pid->value : -1);
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
    see(sight, line, violations);
}

void RuleRun::see(Sight const& sight, trace::Name name, std::vector<Violation>& violations) {
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

void RuleRun::forget() {
    automats_.clear();
    quiet_.clear();
}

std::optional<RuleRun::Object> RuleRun::key_of(Edge const& edge, Sight const& sight) const {
    auto const key = sight.field(edge.key);
    if (!key || (key->is(0) && !rule_.per_cpu)) {
        return std::nullopt; // Each CPU's idle task is pid 0.
    }
    if (!rule_.per_signal) {
        return Object{*key, std::nullopt};
    }
    static FieldName const sig("sig");
    return Object{births_.group_of(*key), sight.field(sig)};
}

/// A process that was born in the capture has no signals from before, but for those that it was
/// born with.
std::size_t RuleRun::start(Object const& object) const {
    bool const is_new =
        rule_.per_signal && births_.is_seen(object.number) &&
        !(object.signal && births_.may_have_come_with(object.number, *object.signal));
    return is_new ? rule_.born : 0;
}

bool RuleRun::holds(Edge const& edge, Automat const& automat, Sight const& sight) {
    return std::ranges::all_of(edge.conditions, [&](auto const& c) {
        auto const have = sight.field(c.field);
        if (!have) {
            return false;
        }
        auto const equal = c.is_remembered ? have == automat.remembered
                                           : std::ranges::find(c.values, *have) != c.values.end();
        return equal != c.negate;
    });
}

void RuleRun::move(Object const& object, Automat& automat, Edge const& edge, Sight const& sight,
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

std::string RuleRun::name_of(Object const& object) const {
    if (rule_.per_signal) {
        return "signal " + (object.signal ? object.signal->text() : "") + " of group " +
               object.number.text();
    }
    return (rule_.per_cpu ? "cpu " : "task ") + object.number.text();
}

} // namespace kflow::check
