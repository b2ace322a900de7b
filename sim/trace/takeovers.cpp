#include "sim/trace/takeovers.hpp"

#include <algorithm>

namespace kflow::trace {

namespace {

bool leaves_dead(TraceEvent const& fields, std::int64_t task) {
    return fields.name.view() == "sched_switch" && fields.number("prev_pid") == task &&
           (fields.text("prev_state") == "Z" || fields.text("prev_state") == "X");
}

/// Whether the event tells that the exchange is still to come: the thread is about to run under its
/// own number, or the leader is not dead yet.
bool is_before(TraceEvent const& fields, std::int64_t leader, std::int64_t thread) {
    if (fields.name.view() == "sched_switch") {
        return fields.number("next_pid") == thread || leaves_dead(fields, leader);
    }
    return fields.name.view() == "sched_process_exit" && fields.number("pid") == leader;
}

/// Before the exec, where the dead leader left its CPU under the thread's number, if it did.
std::optional<std::size_t> find_last_switch(EventList events, std::size_t exec, std::int64_t leader,
                                            std::int64_t thread) {
    for (std::size_t i = exec; i-- > 0;) {
        auto const* fields = events[i]->as<TraceEvent>();
        if (fields && leaves_dead(*fields, thread)) {
            return i;
        }
        if (fields && is_before(*fields, leader, thread)) {
            break;
        }
    }
    return {};
}

Takeover find_takeover(EventList events, std::size_t exec, std::int64_t leader,
                       std::int64_t thread) {
    Takeover found{exec, exec, {}};
    if (auto const last = find_last_switch(events, exec, leader, thread)) {
        found.first_record = *last;
        found.leader_cpu = events[*last]->cpu;
    }
    bool leader_has_own_number = false; // as far back as this, seen from the end
    for (std::size_t i = exec; i-- > 0;) {
        Event const& event = *events[i];
        if (found.leader_cpu && event.cpu == found.leader_cpu) {
            // The leader's, under the thread's number, and before that under its own.
            if (event.pid && event.pid->value == leader) {
                leader_has_own_number = true;
            } else if (event.pid && event.pid->value == thread && !leader_has_own_number) {
                found.first_record = std::min(found.first_record, i);
            }
            continue;
        }
        auto const* fields = event.as<TraceEvent>();
        if ((event.pid && event.pid->value == thread) ||
            (fields && is_before(*fields, leader, thread))) {
            break;
        }
        if (event.pid && event.pid->value == leader) {
            found.first_record = std::min(found.first_record, i);
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
