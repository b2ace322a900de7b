// Rules about the signal that is sent or taken: its number is what signal_generate and
// signal_deliver show inside the calls around (kernel/signal.c).

#include "sim/check/evidence_rules.hpp"

#include <algorithm>
#include <optional>

namespace kflow::check {

using kernel::Answer;
using kernel::to_answer;

namespace {

bool stops_for_tracer(trace::Name name) {
    static trace::Name const ptrace_stop("ptrace_stop");
    static trace::Name const ptrace_signal("ptrace_signal");
    return name == ptrace_stop || name == ptrace_signal;
}

/// The signal_deliver of what dequeue_signal() took for `taker`: it comes before anything else is
/// taken. Null if nothing was served, or a tracer was asked: it may take the signal away or put
/// another in its place, and a SIGKILL that comes meanwhile is delivered out of no queue.
trace::TraceEvent const* served_by(Question const& q, CallIndex taker, CallIndex dequeue) {
    bool behind = false;
    for (auto const& child : q.evidence.forest[taker].children) {
        if (Forest::is_event(child)) {
            auto const* event = q.evidence.events[child.index].as<trace::TraceEvent>();
            if (behind && event && event->name.view() == "signal_deliver") {
                return event;
            }
        } else if (child.index == dequeue) {
            behind = true;
        } else if (auto const name = q.evidence.forest[child.index].name;
                   behind && (name.view().starts_with("dequeue_") || stops_for_tracer(name))) {
            return nullptr;
        }
    }
    return nullptr;
}

/// The child of `taker` in which something is asked.
CallIndex child_around(Question const& q, CallIndex taker) {
    auto child = q.call;
    while (child != kNoCall && child != taker && q.evidence.forest[child].parent != taker) {
        child = q.evidence.forest[child].parent;
    }
    return child == taker ? kNoCall : child;
}

bool asked_tracer(Question const& q, CallIndex taker) {
    return std::ranges::any_of(q.evidence.forest[taker].children, [&](auto const& child) {
        return !Forest::is_event(child) && stops_for_tracer(q.evidence.forest[child.index].name);
    });
}

/// The only signal number that the nearest call around with such an event shows.
std::optional<std::int64_t> signal_field(Question const& q, std::string_view field) {
    for (auto c = q.call; c != kNoCall; c = q.evidence.forest[c].parent) {
        auto const taken = q.evidence.forest[c].name.view() == "get_signal";
        if (taken && asked_tracer(q, c)) {
            auto const* event = served_by(q, c, child_around(q, c));
            return event ? event->number(field) : std::nullopt;
        }
        auto const events =
            q.evidence.events_inside(c, taken ? "signal_deliver" : "signal_generate");
        if (events.empty() && !taken) {
            continue;
        }
        std::optional<std::int64_t> found;
        for (auto const* event : events) {
            auto const value = event->number(field);
            if (!value || (found && *found != *value)) {
                return std::nullopt;
            }
            found = value;
        }
        return found;
    }
    return std::nullopt;
}

} // namespace

Answer signal_is_one_of(Question const& q) {
    auto const signal = signal_field(q, "sig");
    if (!signal || *signal < 0 || *signal > 63) {
        return Answer::unknown;
    }
    return to_answer((q.parameter >> *signal & 1) != 0);
}

Answer signal_result(Question const& q) {
    auto const result = signal_field(q, "result");
    return result ? to_answer(static_cast<std::uint64_t>(*result) == q.parameter) : Answer::unknown;
}

Answer signal_for_thread(Question const& q) {
    auto const group = signal_field(q, "group");
    return group ? to_answer(*group == 0) : Answer::unknown;
}

Answer signal_has_no_entry(Question const& q) {
    constexpr std::int64_t kOverflow = 3; // TRACE_SIGNAL_OVERFLOW_FAIL
    constexpr std::int64_t kLoseInfo = 4; // TRACE_SIGNAL_LOSE_INFO
    auto const result = signal_field(q, "result");
    return result ? to_answer(*result == kOverflow || *result == kLoseInfo) : Answer::unknown;
}

Answer queue_is_empty(Question const& q) {
    constexpr std::int64_t kAlarm = 14;
    auto const& evidence = q.evidence;
    auto const dequeue = evidence.around(q.call, "dequeue_signal");
    if (dequeue == kNoCall || evidence.forest[dequeue].lost ||
        evidence.forest[dequeue].parent == kNoCall ||
        evidence.calls_inside(dequeue, "collect_signal") ||
        (!evidence.has_call("collect_signal") &&
         evidence.calls_inside(dequeue, "__dequeue_signal"))) {
        return Answer::unknown;
    }
    auto const* event = served_by(q, evidence.forest[dequeue].parent, dequeue);
    auto const signal = event ? event->number("sig") : std::nullopt;
    return signal && *signal != kAlarm ? Answer::no : Answer::unknown;
}

Answer stop_is_void(Question const& q) {
    return !q.evidence.has_call("exit_ptrace") && q.evidence.enters_again(q.call) ? Answer::no
                                                                                  : Answer::unknown;
}

} // namespace kflow::check
