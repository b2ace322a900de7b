#include "sim/check/case_judge.hpp"

#include "sim/trace/call_tree.hpp"
#include "sim/trace/noise.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace kflow::check {

namespace {

trace::Name name_of(trace::Name symbol) {
    return trace::source_name(symbol).name;
}

/// How many of the children a switch that begins with them can have at most: up to where the task
/// before is finished with, else as far as they are a switch's.
std::size_t longest_switch(std::span<trace::Name const> children) {
    std::size_t own = 1;
    for (std::size_t i = 1; i < children.size(); ++i) {
        auto const name = name_of(children[i]);
        if (trace::ends_switch(name)) {
            return i + 1;
        }
        if (trace::begins_switch(name)) {
            break;
        }
        own += own == i && trace::belongs_to_switch(name) ? 1U : 0U;
    }
    return own;
}

} // namespace

CaseJudge::CaseJudge(ChildOrders& orders, bool is_preemptible)
    : orders_(orders), switch_(is_preemptible ? orders.of(trace::Name("__schedule")) : nullptr) {
    pass_over_switching();
}

/// Behind sched_switch the tracer asks whether the next task is traced (set_ftrace_pid;
/// kernel/trace/ftrace.c, ftrace_filter_pid_sched_switch_probe): if it is not, what is left of
/// the switch is not shown.
void CaseJudge::pass_over_switching() {
    trace::Name const warning("__warn_printk"); // Everybody calls that.
    if (auto const* const order = orders_.of(trace::Name("__switch_to"))) {
        for (auto const& node : order->nodes) {
            if (!node.pointer && node.callee != warning) {
                untraced_.insert(node.callee);
            }
        }
    }
}

Judgement CaseJudge::operator()(CallCase const& one) const {
    Judgement judgement;
    auto const* const order = orders_.of(one.symbol);
    if (!order) {
        return judgement;
    }
    judgement.own = one.children;
    for (std::size_t i = 0; i < one.children.size(); ++i) {
        judgement.kept.push_back(i);
    }
    read(*order, one.returned, judgement);
    if (switch_ && !trace::calls_schedule(name_of(one.symbol))) {
        remove_whole_switches(*order, one.returned, judgement);
    }
    judgement.kind = judgement.reading.accepts(one.returned) ? Judgement::Kind::allowed
                                                             : Judgement::Kind::impossible;
    return judgement;
}

/// Reads the children, without switches to another task that the function did not ask for.
void CaseJudge::read(ChildOrder const& order, bool returned, Judgement& judgement) const {
    judgement.reading = order.read(judgement.own, untraced_);
    while (switch_ && judgement.reading.read < judgement.own.size()) {
        auto const length = switch_at(judgement.own, judgement.reading.read);
        if (length == 0) {
            break;
        }
        remove_switch(order, judgement.reading.read, length, judgement);
    }
    if (switch_ && !judgement.reading.accepts(returned)) {
        find_switches(order, returned, judgement);
    }
}

void CaseJudge::remove_switch(ChildOrder const& order, std::size_t at, std::size_t length,
                              Judgement& judgement) const {
    auto const first = static_cast<std::ptrdiff_t>(at);
    auto const last = static_cast<std::ptrdiff_t>(at + length);
    auto& own = judgement.own;
    own.erase(own.begin() + first, own.begin() + last);
    judgement.kept.erase(judgement.kept.begin() + first, judgement.kept.begin() + last);
    ++judgement.preemptions;
    judgement.reading = order.read(own, untraced_);
}

/// A call through a pointer may show anything, so switches may have been read as part of one:
/// the switch without which the rest can be, or the first ones. (What a switch's class calls
/// through a pointer may be anything as well: several are told by where they begin.)
void CaseJudge::find_switches(ChildOrder const& order, bool returned, Judgement& judgement) const {
    auto without_first = judgement;
    std::size_t removed = 0;
    for (std::size_t at = 0, end = 0; at < judgement.own.size(); ++at) {
        auto const length = switch_at(judgement.own, at);
        if (length == 0) {
            continue;
        }
        auto without = judgement;
        remove_switch(order, at, length, without);
        if (at >= end && trace::begins_switch(name_of(judgement.own[at]))) {
            remove_switch(order, at - removed, length, without_first);
            removed += length;
            end = at + length;
        }
        for (auto* const one : {&without, &without_first}) {
            if (one->reading.accepts(returned)) {
                judgement = std::move(*one);
                return;
            }
        }
    }
}

/// Nor does the function ask for a switch that could be read as what its pointers lead to: none
/// leads to where a switch begins.
void CaseJudge::remove_whole_switches(ChildOrder const& order, bool returned,
                                      Judgement& judgement) const {
    auto const begins = [](trace::Name symbol) { return trace::begins_switch(name_of(symbol)); };
    if (std::ranges::none_of(judgement.own, begins)) {
        return;
    }
    auto without = judgement;
    for (std::size_t at = 0; at < without.own.size();) {
        auto const length = begins(without.own[at]) ? switch_at(without.own, at) : 0;
        if (length > 0) {
            remove_switch(order, at, length, without);
        } else {
            ++at;
        }
    }
    if (without.reading.accepts(returned)) {
        judgement = std::move(without);
    }
}

/// How many children from `first` on are a whole switch; 0 if there is none. The longest that it
/// can be: one that shows no lock that it gives back (PREEMPT_RT) could have ended before.
std::size_t CaseJudge::switch_at(ChildList const& children, std::size_t first) const {
    auto const rest = std::span(children).subspan(first);
    auto const shortest = switch_->read(rest, untraced_).shortest;
    for (auto length = shortest > 0 ? longest_switch(rest) : 0; length > shortest; --length) {
        if (switch_->read(rest.first(length), untraced_).accepts(true)) {
            return length;
        }
    }
    return shortest;
}

} // namespace kflow::check
