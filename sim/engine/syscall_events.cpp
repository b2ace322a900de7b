#include "sim/engine/syscall_events.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Arg;

namespace {

/// A user string that the kernel copies beside the pointer, since 6.19: `__filename_val`.
bool copies_filename(build::EventFormat const& format) {
    return std::any_of(format.fields.begin(), format.fields.end(),
                       [](auto const& field) { return field.name == "__filename_val"; });
}

} // namespace

SyscallEvents::Shape const* SyscallEvents::shape_of(std::string const& syscall) const {
    auto found = shapes_.find(syscall);
    if (found == shapes_.end()) {
        std::optional<Shape> made;
        if (auto const format = engine_.build().event("syscalls", "sys_enter_" + syscall)) {
            made.emplace();
            std::vector<trace::SyscallArgument> arguments;
            for (auto const& field : format->fields) {
                if (!field.is_common && !field.name.starts_with("__")) {
                    bool const text = field.name == "filename" && copies_filename(*format);
                    arguments.push_back({field.name, text});
                    made->arguments.emplace_back(field.name);
                    made->shows_text.push_back(text);
                }
            }
            auto const version = engine_.build().version();
            made->layout = trace::syscall_enter_layout(
                syscall, arguments, trace::dialect_of(version.major, version.minor));
        }
        found = shapes_.emplace(syscall, std::move(made)).first;
    }
    return found->second ? &*found->second : nullptr;
}

std::optional<trace::TraceEvent> SyscallEvents::named(trace::TraceEvent const& raw,
                                                      kernel::Machine const& machine,
                                                      kernel::TaskId id) const {
    bool const enter = raw.name.view() == "sys_enter";
    auto const number = raw.number("id");
    if ((!enter && raw.name.view() != "sys_exit") || !number || *number < 0) {
        return {};
    }
    auto const& task = machine.tasks[id];
    auto const* const shape = shape_of(task.syscall);
    if (!shape) {
        return {};
    }
    if (!enter) {
        auto const ret = static_cast<std::uint64_t>(raw.number("ret").value_or(0));
        return trace::TraceEvent{trace::Name("sys_exit_" + task.syscall),
                                 trace::syscall_exit_layout(task.syscall),
                                 {{trace::Name("ret"), ret}}};
    }
    trace::TraceEvent event{trace::Name("sys_enter_" + task.syscall), shape->layout, {}};
    for (std::size_t n = 0; n < shape->arguments.size(); ++n) {
        auto const value = raw.number("args" + std::to_string(n)).value_or(0);
        event.fields.push_back({shape->arguments[n], static_cast<std::uint64_t>(value)});
        auto const path = task.args.get(Arg::path, -1);
        auto const& strings = engine_.world().strings;
        if (shape->shows_text[n] && path >= 0 && static_cast<std::size_t>(path) < strings.size()) {
            event.fields.push_back(
                {trace::Name(std::string(shape->arguments[n].view()) + "_memory"),
                 trace::Name(strings[static_cast<std::size_t>(path)])});
        }
    }
    return event;
}

} // namespace kflow::engine
