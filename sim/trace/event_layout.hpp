#pragma once
// How a trace event's fields are printed: the `print fmt` of its format file in tracefs, as data.
//
// A layout is one text, for example
//
//     sched_wakeup: comm={comm:s} pid={pid:d} prio={prio:d} target_cpu={target_cpu:03d}
//
// Braces hold a field: its key and, behind the colon, a conversion:
//
// - `s`: text.
// - `d`: a signed decimal; `03d` with leading zeros to width 3, or any other width.
// - `u`: an unsigned decimal.
// - `x`: hexadecimal; `#x` with 0x before it, `08x` with leading zeros to width 8.
// - `a`: a system call's argument since 6.19, decimal below 10, else `#x` (print_syscall_enter).
//
// What stands outside of braces is printed as it is; `{{` is a brace.

#include "sim/trace/event.hpp"
#include "sim/trace/trace_format.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::trace {

/// A compiled layout.
class EventLayout {
public:
    /// The compiled form of a layout's text, made once in the process. A text that is no layout
    /// prints itself and has no fields.
    static EventLayout const& of(Name text);

    /// The fields, where `text` is what this layout prints; nothing otherwise. A text field ends at
    /// the first place from where on the rest fits: a comm may hold spaces and equal signs.
    std::optional<std::vector<Field>> match(std::string_view text) const;

    /// Appends what the kernel prints. A field is found by its key, whatever the order; a missing
    /// one, or one of another kind, prints as a `?`.
    void print(std::string& out, std::vector<Field> const& fields) const;

    /// The event's name as the layout begins with: `sched_wakeup`.
    std::string_view event_name() const;

    std::vector<Name> const& keys() const { return keys_; }

private:
    struct Part {
        std::string before; ///< printed before the field
        Name key;
        char conversion = 0; ///< 0: no field, the layout's end
        bool prefixed = false;
        unsigned width = 0; ///< with leading zeros
    };
    explicit EventLayout(std::string_view text);
    bool match_from(std::string_view text, std::size_t at, std::size_t part,
                    std::vector<Field>& fields, int& budget) const;
    static bool read_value(std::string_view text, std::size_t& at, Part const& part,
                           FieldValue& value);
    std::vector<Part> parts_;
    std::vector<Name> keys_;
};

/// The layout of an event on a kernel version; empty for events that this project has no layout of.
/// Events: sched, signal, task, raw_syscalls as tracefs' format files have them. `sys_enter` and
/// `sys_exit` are those of raw_syscalls.
Name event_layout(std::string_view event, int major, int minor);

/// The layout of `sys_enter_NAME` of events/syscalls: `sys_clone(clone_flags: {clone_flags:x}, …)`
/// (print_syscall_enter). An argument whose memory the kernel shows as well (since 6.19, `filename:
/// 0xaaaa "/bin/sh"`) has a second key, its own with `_memory` behind it.
struct SyscallArgument {
    std::string_view name;
    /// What of its memory follows it; only where the dialect prefixes arguments.
    enum class Memory : std::uint8_t {
        none,
        text,  ///< the user's string, in quotes
        bytes, ///< `(68:69) "hi"`: its field holds all of that
    };
    Memory memory = Memory::none;
};
Name syscall_enter_layout(std::string_view syscall, std::vector<SyscallArgument> const& arguments,
                          Dialect const& dialect);

/// The layout of `sys_exit_NAME`: `sys_clone -> {ret:#x}`.
Name syscall_exit_layout(std::string_view syscall);

/// All layouts that any known kernel has for an event, newest first.
std::vector<Name> const& known_layouts(std::string_view event);

/// Reads what follows the columns of a trace event's line (`sched_waking: comm=…`, `sys_clone(…)`,
/// `sys_clone -> 0x863`): by a known layout, or by one that is made of the text's own shape: its
/// keys and punctuation; what stands between them are fields. Nothing where the text does not begin
/// with a name and a colon and is no system call.
std::optional<TraceEvent> read_trace_event(std::string_view text);

/// Like read_trace_event, and a message without a name (trace_printk in the graph) becomes one text
/// field of an event `print`.
TraceEvent read_trace_comment(std::string_view text);

} // namespace kflow::trace
