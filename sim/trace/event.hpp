#pragma once
// What ftrace recorded, as values: one Event for every record that the text of a trace shows. An
// Event keeps no line text; readers make Events of text, the engine makes them of a run, writers
// print them (trace_text.hpp). Everything here is a regular value. Facts:
// kernel/trace/trace_entries.h, trace_output.c, trace_functions_graph.c, trace.c.

#include "sim/base/types.hpp"
#include "sim/trace/name.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace kflow::trace {

/// The context that the tracer keeps with every record (trace_print_lat_fmt): the columns `dNh2.`.
struct ContextFlags {
    bool irqs_off : 1 = false;     ///< column 1: `d`, with bh_off `D`
    bool bh_off : 1 = false;       ///< column 1: `b`
    bool irqs_unknown : 1 = false; ///< column 1: `X`, an architecture without irq flags; up to 6.12
    bool need_resched : 1 = false; ///< column 2: `n`, with preempt_resched `N`
    bool need_resched_lazy : 1 = false; ///< column 2: `l`, with preempt_resched `L`; by 6.13.
                                        ///< In the real-time patches before: a column `L` behind it
    bool preempt_resched : 1 =
        false; ///< column 2: `p`; with both others `B`, need_resched and lazy alone `b`
    bool hardirq : 1 = false;            ///< column 3: `h`, with softirq `H`
    bool softirq : 1 = false;            ///< column 3: `s`
    bool nmi : 1 = false;                ///< column 3: `z`, with hardirq `Z`
    std::uint8_t preempt_depth = 0;      ///< column 4: 0 to 15, `.` where 0
    std::uint8_t migrate_disable = 0;    ///< column 5 (not in 5.10): 0 to 15, `.` where 0
    std::uint8_t preempt_lazy_depth = 0; ///< of the real-time patches up to 6.6, before
                                         ///< migrate_disable: 0 to 15, `.` where 0
    bool operator==(ContextFlags const&) const = default;
};

/// A place in kernel code as the tracer prints it (seq_print_ip_sym). Which of its parts are shown
/// is an option of the trace; parts that a text did not show are unknown here.
struct Location {
    static constexpr std::uint32_t kNoOffset = 0xffffffff;

    Name symbol; ///< empty: no symbol is known there, the address is printed instead
    Name module; ///< empty: the kernel itself
    std::uint32_t offset = kNoOffset; ///< bytes from the symbol's start; kNoOffset: unknown
    std::uint32_t size = 0;           ///< the symbol's size in bytes, where the offset is known
    std::uint64_t address = 0;        ///< 0: unknown (or, without a symbol, a null pointer)

    bool has_offset() const { return offset != kNoOffset; }
    /// No place at all: a function record without its parent.
    bool empty() const { return symbol.empty() && address == 0; }
    bool operator==(Location const&) const = default;
};

/// One argument of a traced function (print_function_args, by 6.15): `node=4294967295`,
/// `p=0xffff…`, `type=3 [PIDTYPE_SID]`.
struct Argument {
    enum class Form : std::uint8_t {
        decimal,   ///< a signed integer, `%ld`
        hex,       ///< a pointer or an unsigned integer, `0x%lx`
        unknown,   ///< a type that BTF does not tell, `?0x%lx`
        labelled,  ///< an enumeration, `%ld [LABEL]`; without the label it reads as decimal
        words,     ///< a struct or union, `(KIND)[0x…:0x…]`
        cut_words, ///< one that exceeded the argument registers, `(KIND)[0x…:...]`; the last
                   ///< argument
        rest,      ///< `...`: more arguments than registers; no name, no value
    };
    Name name;
    Form form = Form::hex;
    Name label;                       ///< the enumerator, or the KIND of `words`
    std::vector<std::uint64_t> words; ///< the value; several only with `words`
    bool operator==(Argument const&) const = default;
};

using Arguments = std::vector<Argument>;

/// The function tracer's record (TRACE_FN): `copy_process <-kernel_clone`.
struct FunctionEntry {
    Location ip;
    Location parent;                    ///< empty: not recorded or not shown (no-print-parent)
    std::optional<Arguments> arguments; ///< only with func-args; empty list: `()`
    bool operator==(FunctionEntry const&) const = default;
};

/// The function tracer's record for calls that repeat (TRACE_FUNC_REPEATS, option func-no-repeats).
struct FunctionRepeats {
    Location ip;
    Location parent;
    std::uint32_t count = 0;
    Nanos last; ///< when the last of them happened
    bool operator==(FunctionRepeats const&) const = default;
};

/// A function as function_graph names it (`%ps`): `name` or `name [module]`.
struct GraphFunction {
    Name name;   ///< with compiler suffixes, as the symbol table has it
    Name module; ///< empty: the kernel itself
    bool operator==(GraphFunction const&) const = default;
};

/// A call whose return is not the next record of its cpu: `copy_process() {`.
struct GraphEntry {
    GraphFunction function;
    std::optional<Arguments> arguments; ///< only with funcgraph-args
    Location return_address;            ///< only with funcgraph-retaddr
    bool operator==(GraphEntry const&) const = default;
};

/// A call that the next record of its cpu returns from: `get_pid();`.
struct GraphLeaf {
    GraphFunction function;
    std::optional<Nanos> duration; ///< unknown without funcgraph-duration; text has it to 1 ns
                                   ///< below 10 ms, then to 10, 100, 1000
    std::optional<Arguments> arguments;
    Location return_address;
    std::optional<std::uint64_t> retval; ///< only with funcgraph-retval
    bool operator==(GraphLeaf const&) const = default;
};

/// A return: `}`, or `} /* copy_process */`.
struct GraphExit {
    GraphFunction function; ///< empty where a text does not name it
    std::optional<Nanos> duration;
    bool unmatched = false; ///< its entry is not in the buffer, so that the kernel names it
    std::optional<std::uint32_t> overruns; ///< only with funcgraph-overrun
    std::optional<std::uint64_t> retval;
    bool operator==(GraphExit const&) const = default;
};

/// The arrow lines `==========> |` before and `<========== |` after a function of the interrupt
/// entry section. They follow from the function: insert_graph_marks() makes them.
struct InterruptMark {
    bool enter = false;
    bool operator==(InterruptMark const&) const = default;
};

/// The four-line separator where another task goes on on a cpu. The event's own pid, comm and cpu
/// are those of the task that goes on. It follows from the events: insert_graph_marks() makes it.
struct TaskSwitchMark {
    std::optional<Pid> from_pid;
    Name from_comm;
    bool operator==(TaskSwitchMark const&) const = default;
};

/// A field's value. Hexadecimal or not, and how wide, is the layout's matter.
using FieldValue = std::variant<std::int64_t, std::uint64_t, Name>;

struct Field {
    Name key; ///< as the format file names it: `prev_pid`; for events that no layout is known of,
              ///< as the text has it
    FieldValue value;
    bool operator==(Field const&) const = default;
};

/// A trace event (sched_switch, signal_generate, sys_enter …).
struct TraceEvent {
    Name name;   ///< `sched_switch`; for events of syscalls/ `sys_enter_clone`, `sys_exit_clone`
    Name layout; ///< how its fields are printed (event_layout.hpp)
    std::vector<Field> fields;
    bool operator==(TraceEvent const&) const = default;

    /// The field's value, or nothing.
    FieldValue const* find(std::string_view key) const;
    FieldValue const* find(Name key) const;
    /// The field as a number; nothing where there is no such field or it is text.
    std::optional<std::int64_t> number(std::string_view key) const;
    /// The field as text; empty where there is no such field or it is a number.
    std::string_view text(std::string_view key) const;
};

/// A kernel or user stack, innermost frame first (TRACE_STACK, TRACE_USER_STACK). A user frame's
/// symbol is its file.
struct StackTrace {
    bool user = false;
    std::vector<Location> frames;
    bool cut = false; ///< the text ends within a line of it: outer frames are missing
    bool operator==(StackTrace const&) const = default;
};

/// `CPU:1 [LOST 36926 EVENTS]`: the reader was too slow for this cpu.
struct LostEvents {
    std::optional<std::uint64_t> count; ///< nothing: the kernel does not know how many
    bool operator==(LostEvents const&) const = default;
};

/// `##### CPU 2 buffer started ####`: older records of this cpu were overwritten.
struct BufferStarted {
    bool operator==(BufferStarted const&) const = default;
};

using Payload =
    std::variant<FunctionEntry, FunctionRepeats, GraphEntry, GraphLeaf, GraphExit, InterruptMark,
                 TaskSwitchMark, TraceEvent, StackTrace, LostEvents, BufferStarted>;

/// The mark that the latency format puts behind a time: how long until the next record
/// (trace_find_mark).
enum class DelayMark : std::uint8_t {
    derived,
    none,
    over_10us,
    over_100us,
    over_1ms,
    over_10ms,
    over_100ms,
    over_1s
};

/// One record. What a text does not show is unknown: nothing, or an empty name.
struct Event {
    std::optional<Nanos> time; ///< trace clock; in the latency format from the buffer's start; with
                               ///< a counting clock a count
    std::optional<Cpu> cpu;
    std::optional<Pid> pid;
    std::optional<Pid> tgid; ///< only with record-tgid, and where the tracer knew it
    Name comm; ///< from the tracer's cache: `<idle>` for pid 0; empty: `<...>`; cut to 7 bytes in
               ///< the graph, to 8 in the latency format
    std::optional<ContextFlags> flags;
    std::int32_t depth = 0; ///< function_graph: the indentation, in levels; for a TraceEvent too.
                            ///< Not the nesting: see call_tree.hpp
    DelayMark delay = DelayMark::derived; ///< other than `derived` only where rounding keeps it
                                          ///< from following from the times
    std::uint32_t line =
        0; ///< its first line in the text it was read from, from 1; 0: it was not read
    Payload payload;

    template <class Kind>
    Kind const* as() const {
        return std::get_if<Kind>(&payload);
    }
    /// All but the line number.
    bool same_record(Event const& other) const;
    bool operator==(Event const&) const = default;
};

} // namespace kflow::trace
