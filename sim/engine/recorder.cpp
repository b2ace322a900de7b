#include "sim/engine/recorder.hpp"

#include "sim/engine/record_buffer.hpp"
#include "sim/engine/syscall_events.hpp"
#include "sim/engine/trace_filter.hpp"
#include "sim/trace/graph_marks.hpp"
#include "sim/trace/shown_comm.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace kflow::engine {

using kernel::Machine;
using kernel::Show;
using trace::Event;

namespace {

/// How long a tracepoint's iterator works before and behind its record.
constexpr Nanos kIteratorHalf{200};
/// The comm columns of function_graph and of the latency format.
constexpr unsigned kPassedBits = 10;
constexpr std::uint64_t kSpread =
    0x9e3779b97f4a7c15;                ///< Fibonacci hashing: 2^64 over the golden ratio
constexpr unsigned kDeepestShown = 15; ///< ContextFlags::preempt_depth

/// What stands behind `M:` (print_trace_header; since 6.13 preempt_model_str).
std::string preemption_model(build::BuildFacts const& build) {
    auto const version = build.version();
    bool const words = std::pair(version.major, version.minor) < std::pair(6, 13);
    switch (build.preemption()) {
    case build::Preemption::none:
        return words ? "server" : "NONE";
    case build::Preemption::voluntary:
        return words ? "desktop" : "VOLUNTARY";
    case build::Preemption::full:
        return words ? "preempt" : "PREEMPT";
    case build::Preemption::lazy:
        return words ? "lazy" : "PREEMPTLAZY";
    case build::Preemption::rt:
        return words ? "preempt_rt" : "PREEMPT_RT";
    }
    return {};
}

trace::LatencyHeader latency_header(build::BuildFacts const& build, std::uint64_t entries) {
    trace::LatencyHeader header;
    header.release = build.release();
    header.entries = header.total = entries;
    header.preemption = preemption_model(build);
    header.cpus = build.cpus();
    return header;
}

/// function_graph writes its records behind ftrace_test_recursion_trylock(), which turns preemption
/// off, and counts that (kernel/trace/fgraph.c of 7.2; 6.12 has not got it).
bool graph_counts_itself(build::BuildFacts const& build) {
    auto const version = build.version();
    return build.config_enabled("PREEMPT_COUNT") &&
           std::pair(version.major, version.minor) >= std::pair(6, 13);
}

} // namespace

struct Recorder::Impl {
    Impl(Engine const& engine_, TraceOptions options)
        : engine(engine_), filter(std::move(options)), syscalls(engine_),
          trouble(filter.trouble(engine_.build())),
          graph_preempt(graph_counts_itself(engine_.build())),
          function_stacks(filter.has("func_stack_trace")), event_stacks(filter.has("stacktrace")),
          tgids_shown(filter.has("record-tgid")) {}

    Engine const& engine;
    TraceFilter filter;
    SyscallEvents syscalls;
    struct Passed {
        std::uint64_t symbol = 0;
        bool passes = false;
    };
    std::array<Passed, std::size_t{1} << kPassedBits>
        passed{}; ///< what the filter said last of the symbols of one slot
    std::map<std::tuple<std::string_view, model::Pc, std::uint64_t>, trace::Location> iterators;
    std::map<std::int32_t, trace::Name> comms;
    std::map<std::int32_t, std::int32_t> tgids;
    RecordBuffer records;
    std::vector<Diagnostic> trouble;
    bool graph_preempt; ///< a graph record's preemption depth is one more
    bool function_stacks, event_stacks, tgids_shown; ///< options that are asked at every record
    std::optional<Nanos> began;                      ///< the buffer's start
    /// What was recorded ahead of a CPU's time, by CPU: helpers, all at once.
    struct Ahead {
        kernel::TaskId task = kernel::kNobody<kernel::TaskId>;
        Pid pid;
        Nanos until;
    };
    std::vector<Ahead> ahead;

    void remember(kernel::Task const& task) {
        comms[task.pid.value] = trace::Name(task.pid.value == 0 ? "<idle>" : task.comm);
        tgids[task.pid.value] = task.tgid.value;
    }

    Event begin(Step const& step, Machine const& machine) {
        auto const& task = machine.tasks[step.task];
        if (!comms.contains(task.pid.value)) {
            remember(task);
        }
        Event event;
        event.time = step.time;
        event.cpu = step.cpu;
        event.pid = task.pid;
        event.flags = engine.flags_of(machine, step.cpu);
        if (tgids_shown) {
            event.tgid = task.tgid;
        }
        return event;
    }

    void add_stack(Event const& like, Step const& step, Machine const& machine) {
        Event event = like;
        trace::StackTrace stack;
        stack.frames = engine.stack_of(machine, step.task);
        event.payload = std::move(stack);
        records.add(std::move(event));
    }

    /// Asked at every call.
    bool passes_filter(kernel::Frame const& frame) {
        auto& known = passed[frame.symbol * kSpread >> (64 - kPassedBits)];
        if (known.symbol != frame.symbol) {
            known = {frame.symbol, filter.passes(engine.symbol_of(frame).name)};
        }
        return known.passes;
    }

    /// How many calls of a task the tracer remembers: what set_ftrace_filter keeps away was never
    /// pushed (current->curr_ret_depth).
    int depth(Machine const& machine, kernel::TaskId task) {
        auto const& stack = machine.tasks[task].stack;
        int depth = 0;
        for (std::size_t n = stack.user_depth; n < stack.frames.size(); ++n) {
            bool const visible = stack.frames[n].show == Show::visible;
            depth += visible && passes_filter(stack.frames[n]) ? 1 : 0;
        }
        for (auto const& open : machine.tasks[task].open_shapes) {
            depth +=
                stack.has(open)
                    ? static_cast<int>(std::ranges::count_if(
                          open.calls, [&](auto const& call) { return filter.passes(call.symbol); }))
                    : 0;
        }
        return depth;
    }

    void on_call(Step const& step, Machine const& machine, bool enter) {
        auto const& frames = machine.tasks[step.task].stack.frames;
        if (!filter.follows(machine.tasks[step.task].pid) || !passes_filter(frames.back())) {
            return;
        }
        auto const place = engine.place_of(machine, step.task);
        auto event = begin(step, machine);
        if (filter.is_graph()) {
            event.depth = depth(machine, step.task) - 1;
            if (graph_preempt && event.flags->preempt_depth < kDeepestShown) {
                event.flags->preempt_depth++;
            }
            trace::GraphFunction const function{place.symbol, place.module};
            enter ? records.enter(event, function)
                  : records.leave(event, function, step.time - frames.back().entered);
        } else if (enter) {
            add_function(std::move(event), place, engine.caller_of(machine, step.task), step,
                         machine);
        }
    }

    void add_function(Event event, trace::Location const& place, trace::Location const& caller,
                      Step const& step, Machine const& machine) {
        event.payload = trace::FunctionEntry{place, caller, {}};
        records.add(event);
        if (function_stacks) {
            add_stack(event, step, machine);
        }
    }

    /// A thread's exec takes its leader's number (kernel/pid.c, exchange_tids), whatever the leader
    /// is in.
    void renumber_ahead(Step const& step, Machine const& machine) {
        for (std::size_t cpu = 0; cpu < ahead.size(); ++cpu) {
            auto& [task, pid, until] = ahead[cpu];
            if (until > step.time && machine.tasks.has(task) && machine.tasks[task].pid != pid) {
                auto const was = std::exchange(pid, machine.tasks[task].pid);
                records.renumber(Cpu{static_cast<std::int32_t>(cpu)}, was, pid, step.time);
            }
        }
    }

    /// Calls that stand in no frame of the machine.
    void on_helpers(Step const& step, Machine const& machine) {
        if (!filter.follows(machine.tasks[step.task].pid)) {
            return;
        }
        auto event = begin(step, machine);
        auto inner = depth(machine, step.task);
        for (auto const& mark : step.helpers) {
            if (!filter.passes(mark.symbol.view())) {
                continue;
            }
            event.time = mark.at;
            event.depth = mark.enters ? inner++ : --inner;
            trace::GraphFunction const function{mark.symbol, {}};
            mark.enters ? records.enter(event, function)
                        : records.leave(event, function, mark.at - mark.entered);
        }
        auto const cpu = static_cast<std::size_t>(step.cpu.value);
        ahead.resize(std::max(ahead.size(), cpu + 1));
        ahead[cpu] = {step.task, machine.tasks[step.task].pid, *event.time};
    }

    void on_event(Step const& step, Machine const& machine) {
        auto const pid = machine.tasks[step.task].pid;
        filter.see_fork(*step.event, pid);
        if (!filter.follows(pid, *step.event)) {
            return;
        }
        auto const name = step.event->name.view();
        if (filter.is_enabled(system_of(name), name)) {
            add_event(step, machine, *step.event);
        }
        if (auto const named = syscalls.named(*step.event, machine, step.task);
            named && filter.is_enabled("syscalls", named->name.view())) {
            add_event(step, machine, *named);
        }
    }

    /// Asked at every event: a tracepoint in one symbol has one answer.
    trace::Location iterator_of(Step const& step, Machine const& machine, trace::Name event) {
        auto const& frames = machine.tasks[step.task].stack.frames;
        auto const symbol = frames.empty() ? 0 : frames.back().symbol;
        auto const [found, is_new] = iterators.try_emplace({event.view(), step.pc, symbol});
        if (is_new) {
            found->second = engine.iterator_of(machine, step, event.view());
        }
        return found->second;
    }

    /// The record, and around it the call of the tracepoint's iterator where this build has one.
    void add_event(Step const& step, Machine const& machine, trace::TraceEvent const& made) {
        auto event = begin(step, machine);
        event.payload = made;
        event.depth = filter.is_graph() ? depth(machine, step.task) : 0;
        auto const iterator =
            filter.records_functions() ? iterator_of(step, machine, made.name) : trace::Location();
        bool const called = !iterator.empty() && filter.passes(iterator.symbol.view());
        if (!called) {
            records.add(event);
        } else if (filter.is_graph()) {
            auto around = event;
            around.time = step.time - kIteratorHalf;
            trace::GraphFunction const function{iterator.symbol, {}};
            records.enter(around, function);
            records.add(event);
            around.time = step.time + kIteratorHalf;
            records.leave(around, function, kIteratorHalf + kIteratorHalf);
        } else {
            add_function(event, iterator, engine.innermost(machine, step.task), step, machine);
            records.add(event);
        }
        if (event_stacks) {
            add_stack(event, step, machine);
        }
    }

    static std::string_view system_of(std::string_view event) {
        if (event == "sys_enter" || event == "sys_exit") {
            return "raw_syscalls";
        }
        return event.substr(0, event.find('_'));
    }

    /// All of them as they are printed. Comms are looked up when the buffer is read.
    void show(std::function<void(Event)> const& see) const {
        bool const latency = filter.has("latency-format");
        bool const overrun = filter.has("funcgraph-overrun");
        trace::GraphMarker marker(see);
        records.for_each([&](Event event) {
            auto const found = event.pid ? comms.find(event.pid->value) : comms.end();
            event.comm = found == comms.end() ? trace::Name() : found->second;
            if (filter.is_graph()) {
                event.comm = trace::Name(event.comm.view().substr(0, trace::kGraphCommLength));
                if (auto* const exit = std::get_if<trace::GraphExit>(&event.payload);
                    exit && overrun) {
                    exit->overruns = 0;
                }
                marker.take(event);
                return;
            }
            if (latency) {
                event.comm = trace::Name(event.comm.view().substr(0, trace::kLatencyCommLength));
                event.time = *event.time - *began;
            }
            see(std::move(event));
        });
    }

    trace::TraceFormat format() const;
};

namespace {

/// Only function_graph looks at returns.
StepSet steps_of(TraceOptions const& options) {
    auto steps = StepSet::of({StepKind::call, StepKind::event, StepKind::switch_task,
                              StepKind::user, StepKind::enter_kernel},
                             false);
    if (options.tracer == "function_graph") {
        steps.kinds |= StepSet::bit(StepKind::leave) | StepSet::bit(StepKind::helpers);
    }
    return steps;
}

} // namespace

Recorder::Recorder(Engine const& engine, TraceOptions options)
    : Observer(steps_of(options)), impl_(std::make_unique<Impl>(engine, std::move(options))) {}

Recorder::~Recorder() = default;

void Recorder::on_step(Step const& step, Machine const& machine) {
    if (!impl_->began) {
        impl_->began = step.time;
    }
    impl_->renumber_ahead(step, machine);
    switch (step.kind) {
    case StepKind::call:
    case StepKind::leave:
        if (step.visible && impl_->filter.records_functions()) {
            impl_->on_call(step, machine, step.kind == StepKind::call);
        }
        return;
    case StepKind::event:
        impl_->on_event(step, machine);
        return;
    case StepKind::helpers:
        impl_->on_helpers(step, machine);
        return;
    case StepKind::switch_task:
        impl_->remember(machine.tasks[step.task]);
        if (auto const prev = machine.cpu(step.cpu).last_prev; machine.tasks.has(prev)) {
            impl_->remember(machine.tasks[prev]);
        }
        return;
    default:
        return;
    }
}

trace::TraceFormat Recorder::Impl::format() const {
    auto const& build = engine.build();
    auto const version = build.version();
    trace::TraceFormat format;
    format.tracer = trace::Name(filter.words().tracer);
    format.dialect = trace::dialect_of(version.major, version.minor);
    format.dialect.flag_columns = build.flag_columns();
    format.record_tgid = filter.has("record-tgid");
    format.latency_format = filter.has("latency-format");
    format.sym_offset = filter.has("sym-offset");
    format.sym_addr = filter.has("sym-addr");
    format.context_info = filter.has("context-info", true);
    format.irq_info = filter.has("irq-info", true);
    format.cpus = build.cpus();
    auto& graph = format.graph;
    graph.abstime = filter.has("funcgraph-abstime");
    graph.proc = filter.has("funcgraph-proc");
    graph.tail = filter.has("funcgraph-tail");
    graph.overrun = filter.has("funcgraph-overrun");
    graph.cpu = filter.has("funcgraph-cpu", true);
    graph.duration = filter.has("funcgraph-duration", true);
    graph.overhead = filter.has("funcgraph-overhead", true);
    graph.irqs = filter.has("funcgraph-irqs", true);
    format.entries_in_buffer = format.entries_written = records.size();
    if (format.latency_format) {
        format.latency = latency_header(build, format.entries_in_buffer);
    }
    return format;
}

trace::Capture Recorder::capture() const {
    trace::Capture capture;
    capture.format = impl_->format();
    impl_->show([&](Event event) { capture.events.push_back(std::move(event)); });
    return capture;
}

std::string Recorder::text(std::string const& note) const {
    auto format = impl_->format();
    format.notes.push_back(note);
    if (format.latency_format) { // Its marks tell how long it is until the next record.
        return trace::write_trace(format, capture().events);
    }
    auto text = trace::write_header(format);
    impl_->show([&](Event const& event) { trace::append_event(text, format, event, nullptr); });
    return text;
}

std::vector<Diagnostic> const& Recorder::trouble() const {
    return impl_->trouble;
}

std::size_t Recorder::size() const {
    return impl_->records.size();
}

} // namespace kflow::engine
