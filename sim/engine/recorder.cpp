#include "sim/engine/recorder.hpp"

#include "sim/trace/graph_marks.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace kflow::engine {

using kernel::Machine;
using kernel::Show;
using trace::Event;

namespace {

/// A pattern of set_ftrace_filter: a name, or with one `*` at either end or both.
bool matches(std::string_view pattern, std::string_view name) {
    bool const open_start = pattern.starts_with('*');
    bool const open_end = pattern.size() > 1 && pattern.ends_with('*');
    pattern.remove_prefix(open_start ? 1 : 0);
    pattern.remove_suffix(open_end ? 1 : 0);
    if (open_start && open_end) {
        return name.find(pattern) != std::string_view::npos;
    }
    if (open_start) {
        return name.ends_with(pattern);
    }
    return open_end ? name.starts_with(pattern) : name == pattern;
}

bool is_pattern(std::string_view name) {
    return name.find('*') != std::string_view::npos;
}

} // namespace

struct Recorder::Impl {
    Impl(Engine const& engine_, TraceOptions options_)
        : engine(engine_), options(std::move(options_)) {
        check_filter();
        for (auto const pid : options.pids) {
            followed.insert(pid.value);
        }
        for (auto const& option : options.options) {
            bool const off = option.starts_with("no") && !option.starts_with("node");
            (off ? cleared : set).insert(off ? option.substr(2) : option);
        }
    }

    Engine const& engine;
    TraceOptions options;
    std::set<std::string> set;
    std::set<std::string> cleared;
    std::set<std::int32_t> followed;
    std::unordered_map<std::uint64_t, bool> filtered; ///< answers of the filter, by address
    std::map<std::string_view, bool> enabled;  ///< answers of the events, by name
    std::map<std::int32_t, trace::Name> comms;
    std::map<std::int32_t, std::int32_t> tgids;
    std::vector<Event> events;
    std::vector<Diagnostic> trouble;

    bool has(std::string const& option) const { return set.contains(option); }
    bool is_graph() const { return options.tracer == "function_graph"; }

    /// Writing several names to set_ftrace_filter at once stops at the first unknown one.
    void check_filter() {
        for (auto const& name : options.filter) {
            if (!is_pattern(name) && !engine.build().is_traced(name)) {
                Diagnostic diagnostic;
                diagnostic.severity = Severity::warning;
                diagnostic.message = "the tracer of " + std::string(engine.build().name()) +
                                     " cannot show `" + name + "`";
                trouble.push_back(std::move(diagnostic));
            }
        }
    }

    bool passes_filter(kernel::Frame const& frame) {
        auto const [found, is_new] = filtered.try_emplace(frame.symbol, true);
        if (is_new && !options.filter.empty()) {
            auto const name = engine.symbol_of(frame).name;
            found->second = std::any_of(
                options.filter.begin(), options.filter.end(),
                [name](std::string const& pattern) { return matches(pattern, name); });
        }
        return found->second;
    }

    bool is_enabled(std::string_view event, std::string_view system) {
        auto const found = enabled.find(event);
        if (found != enabled.end()) {
            return found->second;
        }
        bool const on =
            std::any_of(options.events.begin(), options.events.end(), [&](std::string const& name) {
                auto const split = name.find_first_of("/:");
                if (split == std::string::npos) {
                    return name == event || name == system;
                }
                auto const wanted = std::string_view(name).substr(split + 1);
                return std::string_view(name).substr(0, split) == system &&
                       (wanted == "*" || wanted == "enable" || wanted == event);
            });
        enabled.emplace(event, on);
        return on;
    }

    bool follows(Pid pid) const { return followed.empty() || followed.contains(pid.value); }

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
        event.comm = comms[task.pid.value];
        if (has("record-tgid")) {
            event.tgid = task.tgid;
        }
        return event;
    }

    void add_stack(Event const& like, Step const& step, Machine const& machine) {
        Event event = like;
        trace::StackTrace stack;
        stack.frames = engine.stack_of(machine, step.task);
        event.payload = std::move(stack);
        events.push_back(std::move(event));
    }

    int depth(Machine const& machine, kernel::TaskId task) {
        int depth = 0;
        for (auto const& frame : machine.tasks[task].stack.frames) {
            depth += frame.show == Show::visible ? 1 : 0;
        }
        return depth;
    }

    void on_call(Step const& step, Machine const& machine, bool enter) {
        auto const& task = machine.tasks[step.task];
        auto const& frames = task.stack.frames;
        if (frames.empty() || frames.back().show != Show::visible || !follows(task.pid) ||
            !passes_filter(frames.back())) {
            return;
        }
        auto const place = engine.place_of(machine, step.task);
        auto event = begin(step, machine);
        if (is_graph()) {
            event.depth = depth(machine, step.task) - 1;
            if (enter) {
                event.payload = trace::GraphEntry{{place.symbol, {}}, {}, {}};
            } else {
                trace::GraphExit exit;
                exit.function = {place.symbol, {}};
                exit.duration = step.time - frames.back().entered;
                event.payload = exit;
            }
            events.push_back(std::move(event));
            return;
        }
        if (!enter) {
            return;
        }
        event.payload = trace::FunctionEntry{place, engine.caller_of(machine, step.task), {}};
        events.push_back(event);
        if (has("func_stack_trace")) {
            add_stack(event, step, machine);
        }
    }

    void on_event(Step const& step, Machine const& machine) {
        auto const name = step.event->name.view();
        if (name == "sched_process_fork" && options.follow_forks && !followed.empty()) {
            follow_child(*step.event, machine.tasks[step.task].pid);
        }
        if (!follows(machine.tasks[step.task].pid) && !switches_to_followed(*step.event)) {
            return;
        }
        if (!is_enabled(name, system_of(name))) {
            return;
        }
        auto event = begin(step, machine);
        event.payload = *step.event;
        if (is_graph()) {
            event.depth = depth(machine, step.task);
        }
        events.push_back(event);
        if (has("stacktrace")) {
            add_stack(event, step, machine);
        }
    }

    void follow_child(trace::TraceEvent const& event, Pid parent) {
        if (auto const child = event.number("child_pid");
            child && followed.contains(parent.value)) {
            followed.insert(static_cast<std::int32_t>(*child));
        }
    }

    /// set_event_pid shows a switch or a wake-up where either side is followed.
    bool switches_to_followed(trace::TraceEvent const& event) const {
        for (auto const key : {"next_pid", "prev_pid", "pid"}) {
            if (auto const pid = event.number(key);
                pid && followed.contains(static_cast<std::int32_t>(*pid)) &&
                event.name.view().starts_with("sched_")) {
                return true;
            }
        }
        return false;
    }

    static std::string_view system_of(std::string_view event) {
        if (event == "sys_enter" || event == "sys_exit") {
            return "raw_syscalls";
        }
        return event.substr(0, event.find('_'));
    }

    std::vector<Event> shown() const {
        auto result = is_graph() ? trace::insert_graph_marks(trace::fold_leaves(events)) : events;
        for (auto& event : result) {
            if (event.pid) {
                auto const found = comms.find(event.pid->value);
                event.comm = found == comms.end() ? trace::Name() : found->second;
                if (is_graph()) {
                    event.comm = trace::Name(event.comm.view().substr(0, 7));
                }
            }
        }
        return result;
    }
};

Recorder::Recorder(Engine const& engine, TraceOptions options)
    : impl_(std::make_unique<Impl>(engine, std::move(options))) {}

Recorder::~Recorder() = default;

void Recorder::on_step(Step const& step, Machine const& machine) {
    switch (step.kind) {
    case StepKind::call:
    case StepKind::leave:
        if (impl_->options.tracer != "nop") {
            impl_->on_call(step, machine, step.kind == StepKind::call);
        }
        return;
    case StepKind::event:
        impl_->on_event(step, machine);
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

trace::Capture Recorder::capture() const {
    trace::Capture capture;
    auto const& build = impl_->engine.build();
    auto const version = build.version();
    capture.events = impl_->shown();
    auto& format = capture.format;
    format.tracer = trace::Name(impl_->options.tracer);
    format.dialect = trace::dialect_of(version.major, version.minor);
    format.record_tgid = impl_->has("record-tgid");
    format.latency_format = impl_->has("latency-format");
    format.sym_offset = impl_->has("sym-offset");
    format.sym_addr = impl_->has("sym-addr");
    format.context_info = !impl_->cleared.contains("context-info");
    format.irq_info = !impl_->cleared.contains("irq-info");
    format.cpus = build.cpus();
    auto& graph = format.graph;
    graph.abstime = impl_->has("funcgraph-abstime");
    graph.proc = impl_->has("funcgraph-proc");
    graph.tail = impl_->has("funcgraph-tail");
    graph.overrun = impl_->has("funcgraph-overrun");
    graph.cpu = !impl_->cleared.contains("funcgraph-cpu");
    graph.duration = !impl_->cleared.contains("funcgraph-duration");
    graph.overhead = !impl_->cleared.contains("funcgraph-overhead");
    graph.irqs = !impl_->cleared.contains("funcgraph-irqs");
    format.entries_in_buffer = format.entries_written = impl_->events.size();
    return capture;
}

std::vector<Diagnostic> const& Recorder::trouble() const {
    return impl_->trouble;
}

std::size_t Recorder::size() const {
    return impl_->events.size();
}

} // namespace kflow::engine
