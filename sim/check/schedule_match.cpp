#include "sim/check/schedule_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kflow::check {
namespace {

/// How a field's two values are held against each other.
enum class FieldClass {
    exact,
    role,       ///< a pid: through the counterparts
    new_role,   ///< the pid of a child that is new: bound
    comm,       ///< a task's name: only where the task has a counterpart
    outcome,    ///< what became of a signal: only where its target has a counterpart
    file,       ///< a path: its last part
    address,    ///< user space lies elsewhere in each run: null, 1 or something
    left_alone, ///< depends on the schedule
};

struct FieldRule {
    std::string_view event; ///< empty: any
    std::string_view key;
    FieldClass how;
};

constexpr std::array kRules{
    FieldRule{"task_newtask", "pid", FieldClass::new_role},
    FieldRule{"sched_process_fork", "child_pid", FieldClass::new_role},
    FieldRule{"sched_process_exec", "interp", FieldClass::left_alone},
    FieldRule{"sched_prepare_exec", "interp", FieldClass::left_alone},
    FieldRule{"signal_generate", "result", FieldClass::outcome},
    FieldRule{"signal_generate", "res", FieldClass::outcome},
    FieldRule{"", "pid", FieldClass::role},
    FieldRule{"", "old_pid", FieldClass::role},
    FieldRule{"", "parent_pid", FieldClass::role},
    FieldRule{"", "comm", FieldClass::comm},
    FieldRule{"", "parent_comm", FieldClass::comm},
    FieldRule{"", "child_comm", FieldClass::comm},
    FieldRule{"", "oldcomm", FieldClass::comm},
    FieldRule{"", "newcomm", FieldClass::comm},
    FieldRule{"", "filename", FieldClass::file},
    FieldRule{"", "sa_handler", FieldClass::address},
};

FieldClass class_of(std::string_view event, std::string_view key) {
    auto const* const found =
        std::find_if(kRules.begin(), kRules.end(), [&](FieldRule const& rule) {
            return rule.key == key && (rule.event.empty() || rule.event == event);
        });
    return found == kRules.end() ? FieldClass::exact : found->how;
}

std::int32_t pid_in(trace::TraceEvent const& event, std::string_view key) {
    return static_cast<std::int32_t>(event.number(key).value_or(0));
}

std::string shown(trace::TraceEvent const& event, std::string_view key) {
    if (auto const number = event.number(key)) {
        return fmt::format("{}", *number);
    }
    return std::string(event.text(key));
}

/// A comm is cut to 15 letters, and so is a file's `.bin` behind it.
bool same_comm(std::string_view captured, std::string_view made) {
    constexpr std::string_view suffix = ".bin";
    return captured.starts_with(made) && suffix.starts_with(captured.substr(made.size()));
}

/// Whether the event is about a task that both sides know.
bool is_about_known(trace::TraceEvent const& event, Counterparts const& tasks) {
    auto const key = event.find("parent_pid") ? "parent_pid" : "pid";
    return tasks.knows_captured(pid_in(event, key));
}

bool same_field(trace::TraceEvent const& captured, trace::TraceEvent const& made,
                std::string_view key, Counterparts& tasks) {
    auto const left = pid_in(captured, key);
    auto const right = pid_in(made, key);
    switch (class_of(captured.name.view(), key)) {
    case FieldClass::left_alone:
        return true;
    case FieldClass::role:
        return tasks.agree(left, right);
    case FieldClass::new_role:
        if (!tasks.knows_captured(left) && !tasks.knows_machine(right)) {
            tasks.bind(left, right);
        }
        return tasks.agree(left, right);
    case FieldClass::comm:
        return !is_about_known(captured, tasks) || same_comm(captured.text(key), made.text(key));
    case FieldClass::outcome:
        return !is_about_known(captured, tasks) || left == right;
    case FieldClass::file:
        return program_name(captured.text(key)) == program_name(made.text(key));
    case FieldClass::address:
        return captured.number(key) == made.number(key) ||
               (captured.number(key).value_or(0) > 1 && made.number(key).value_or(0) > 1);
    case FieldClass::exact:
        break;
    }
    auto const number = captured.number(key);
    return number ? number == made.number(key) : captured.text(key) == made.text(key);
}

} // namespace

bool Counterparts::agree(std::int32_t captured, std::int32_t machine) const {
    auto const found = machine_.find(captured);
    if (found == machine_.end()) {
        return !knows_machine(machine);
    }
    return found->second == machine;
}

std::optional<std::string> difference(CaptureItem const& captured, MadeItem const& made,
                                      Counterparts& tasks) {
    if (captured.name != made.name || made.is_event != (captured.event != nullptr)) {
        return fmt::format("the capture has {} where the run has {}", captured.name.view(),
                           made.name.view());
    }
    if (!captured.event) {
        return std::nullopt;
    }
    for (auto const& field : captured.event->fields) {
        auto const key = field.key.view();
        if (made.event.find(key) && !same_field(*captured.event, made.event, key, tasks)) {
            return fmt::format("{}: {} is {} in the capture, {} in the run", captured.name.view(),
                               key, shown(*captured.event, key), shown(made.event, key));
        }
    }
    return std::nullopt;
}

} // namespace kflow::check
