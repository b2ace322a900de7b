#include "sim/engine/syscall_events.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kflow::engine {

using kernel::Arg;

namespace {

constexpr std::size_t kLongest = 63; ///< CONFIG_TRACE_SYSCALL_BUF_SIZE_DEFAULT

/// What the kernel copies of an argument's memory, since 6.19: a field `__filename_val` beside it.
SyscallEvents::Memory memory_of(build::EventFormat const& format, std::string const& argument) {
    auto const copy = "__" + argument + "_val";
    auto const is_copy = [&](auto const& field) { return field.name == copy; };
    if (std::ranges::none_of(format.fields, is_copy)) {
        return SyscallEvents::Memory::none;
    }
    bool const bytes = format.print_fmt.find("__print_dynamic_array(" + copy) != std::string::npos;
    return bytes ? SyscallEvents::Memory::bytes : SyscallEvents::Memory::text;
}

bool is_printable(char c) {
    return c >= ' ' && c <= '~';
}

std::string printable(std::string_view text) {
    std::string shown(text);
    std::ranges::replace_if(shown, [](char c) { return !is_printable(c); }, '.');
    return shown;
}

/// `(68:69:0a) "hi."` (print_syscall_enter); of memory that nobody could read only that it was longer.
std::string show_bytes(std::string_view text, std::size_t count) {
    auto const part = text.substr(0, kLongest);
    std::string shown = "(";
    for (auto const c : part) {
        shown += fmt::format("{}{:02x}", shown.size() > 1 ? ":" : "", static_cast<unsigned char>(c));
    }
    auto const* const more = part.size() < count ? "..." : "";
    shown += part.size() < count ? ", ...)" : ")";
    if (std::ranges::any_of(part, is_printable)) {
        shown += " \"" + printable(part) + "\"" + more;
    }
    return shown;
}

/// What a write hands over, as far as the machine knows it.
std::string written_text(World const& world, kernel::Task const& task) {
    auto const& args = task.args;
    if (args.has(Arg::buffered)) {
        return task.user.offered;
    }
    if (auto const line = args.get(Arg::line, -1); line >= 0) { // typed
        return std::string(world.string(line)) + '\n';
    }
    auto const text = args.get(Arg::text, -1);
    return text < 0 ? std::string() : std::string(world.string(text));
}

/// What stands in the memory that an argument points to, as it is shown.
std::string show_memory(World const& world, kernel::Task const& task, SyscallEvents::Memory kind) {
    if (kind == SyscallEvents::Memory::bytes) {
        auto const count = static_cast<std::size_t>(task.args.get(Arg::bytes));
        return show_bytes(written_text(world, task).substr(0, count), count);
    }
    auto const path = task.args.get(Arg::path, -1);
    return path < 0 ? std::string() : printable(world.string(path).substr(0, kLongest));
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
                    auto const memory = memory_of(*format, std::string(field.name));
                    arguments.push_back({field.name, memory});
                    made->arguments.emplace_back(field.name);
                    made->memory.push_back(memory);
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
        if (shape->memory[n] != Memory::none) {
            event.fields.push_back(
                {trace::Name(std::string(shape->arguments[n].view()) + "_memory"),
                 trace::Name(show_memory(engine_.world(), task, shape->memory[n]))});
        }
    }
    return event;
}

} // namespace kflow::engine
