#include "sim/check/births.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {

namespace {

using trace::TraceEvent;

/// CLONE_THREAD of include/uapi/linux/sched.h.
constexpr std::int64_t kCloneThread = 0x00010000;

} // namespace

void Births::see(Sight const& sight) {
    ++count_;
    note_signal(*sight.fields);
    note_birth(sight);
    note_deed(sight);
}

Value Births::group_of(Value const& task) const {
    auto const known = groups_.find(task);
    return known == groups_.end() ? task : known->second;
}

/// A signal that a whole process gets, and did not refuse.
void Births::note_signal(TraceEvent const& fields) {
    static trace::Name const signal_generate("signal_generate");
    constexpr std::int64_t delivered = 0; // include/trace/events/signal.h
    constexpr std::int64_t lost_info = 4;
    auto const pid = fields.number("pid");
    auto const sig = fields.number("sig");
    auto const result = fields.number("result").value_or(delivered);
    if (fields.name == signal_generate && pid && sig && fields.number("group") != 0 &&
        (result == delivered || result == lost_info)) {
        generated_[group_of(Value(*pid))][*sig] = count_;
    }
}

/// What a task does when it makes no process.
void Births::note_deed(Sight const& sight) {
    static std::array const deeds{
        trace::Name("task_newtask"),       trace::Name("signal_deliver"),
        trace::Name("sys_enter"),          trace::Name("sys_exit"),
        trace::Name("sched_process_exec"), trace::Name("sched_process_wait")};
    if (sight.event->pid && std::ranges::find(deeds, sight.fields->name) != deeds.end()) {
        last_deed_[sight.event->pid->value] = count_;
    }
}

/// The signals that came to the parent's process since the parent began to make the child.
std::vector<Value> Births::came_meanwhile(Value const& parent, std::int32_t parent_pid) const {
    std::vector<Value> signals;
    auto const deed = last_deed_.find(parent_pid);
    auto const generated = generated_.find(group_of(parent));
    if (generated != generated_.end()) {
        for (auto const& [sig, when] : generated->second) {
            if (deed == last_deed_.end() || when > deed->second) {
                signals.emplace_back(sig);
            }
        }
    }
    return signals;
}

void Births::note_birth(Sight const& sight) {
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
        groups_[*child] = group_of(*parent);
    } else if (child) {
        groups_[*child] = *child;
        generated_.erase(*child);
        born_with_[*child] = parent && sight.event->pid
                                 ? came_meanwhile(*parent, sight.event->pid->value)
                                 : std::vector<Value>{};
    }
}

bool Births::is_seen(Value const& process) const {
    return born_with_.contains(process);
}

bool Births::may_have_come_with(Value const& process, Value const& signal) const {
    auto const born = born_with_.find(process);
    return born != born_with_.end() &&
           std::ranges::find(born->second, signal) != born->second.end();
}

} // namespace kflow::check
