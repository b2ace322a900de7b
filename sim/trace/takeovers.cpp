#include "sim/trace/takeovers.hpp"

#include <algorithm>

namespace kflow::trace {

namespace {

bool leaves_dead(TraceEvent const& fields, std::int64_t task) {
    return fields.name.view() == "sched_switch" && fields.number("prev_pid") == task &&
           (fields.text("prev_state") == "Z" || fields.text("prev_state") == "X");
}

/// Whether the record shows that the exchange is still to come: the thread runs, or is about to,
/// under its own number, or the leader is not dead yet.
bool is_before(Event const& event, std::int64_t leader, std::int64_t thread) {
    if (event.pid && event.pid->value == thread) {
        return true;
    }
    auto const* fields = event.as<TraceEvent>();
    if (!fields) {
        return false;
    }
    if (fields->name.view() == "sched_switch") {
        return fields->number("next_pid") == thread || leaves_dead(*fields, leader);
    }
    return fields->name.view() == "sched_process_exit" && fields->number("pid") == leader;
}

/// Whether it is the dead leader's last switch, under the thread's number.
bool is_last_switch(Event const& event, std::int64_t thread) {
    auto const* fields = event.as<TraceEvent>();
    return fields && leaves_dead(*fields, thread);
}

Takeover find_takeover(EventList events, std::size_t exec, std::int64_t leader,
                       std::int64_t thread) {
    Takeover found{exec, exec, {}};
    for (std::size_t i = exec; i-- > 0;) {
        Event const& event = *events[i];
        if (!found.leader_cpu && is_last_switch(event, thread)) {
            found.first_record = i;
            found.leader_cpu = event.cpu;
        }
        if (found.leader_cpu && event.cpu == found.leader_cpu) {
            continue; // the leader's, under the one number or the other
        }
        if (is_before(event, leader, thread)) {
            break;
        }
        if (event.pid && event.pid->value == leader) {
            found.first_record = i;
        }
    }
    return found;
}

} // namespace

std::vector<Takeover> find_takeovers(EventList events) {
    static Name const sched_process_exec("sched_process_exec");
    std::vector<Takeover> found;
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto const* fields = events[i]->as<TraceEvent>();
        if (!fields || fields->name != sched_process_exec) {
            continue;
        }
        auto const leader = fields->number("pid");
        auto const thread = fields->number("old_pid");
        if (leader && thread && *leader != *thread) {
            found.push_back(find_takeover(events, i, *leader, *thread));
        }
    }
    std::ranges::sort(found, {}, &Takeover::first_record);
    return found;
}

} // namespace kflow::trace
