#include "sim/trace/graph_marks.hpp"

#include <array>
#include <map>

namespace kflow::trace {

namespace {

/// FTRACE_RETFUNC_DEPTH: deeper calls are not remembered.
constexpr std::int32_t kRememberedDepth = 50;

/// struct fgraph_cpu_data.
struct CpuState {
    std::optional<Pid> pid;
    Name comm;
    std::int32_t depth = 0;
    std::array<Name, kRememberedDepth> entered{};
};

Event marked(Event const& event, Payload payload) {
    Event mark;
    mark.time = event.time;
    mark.cpu = event.cpu;
    mark.pid = event.pid;
    mark.comm = event.comm;
    mark.flags = event.flags;
    mark.payload = std::move(payload);
    return mark;
}

} // namespace

class GraphMarker::Impl {
public:
    explicit Impl(std::function<void(Event)> see) : see_(std::move(see)) {}

    void take(Event const& event) {
        if (!event.cpu) {
            see_(event);
        } else if (auto const* entry = event.as<GraphEntry>()) {
            take_entry(event, entry->function.name);
        } else if (auto const* leaf = event.as<GraphLeaf>()) {
            take_leaf(event, leaf->function.name);
        } else if (event.as<GraphExit>()) {
            take_exit(event);
        } else if (event.as<TraceEvent>()) {
            CpuState& cpu = switch_to(event);
            Event comment = event;
            comment.depth = cpu.depth > 0 ? cpu.depth + 1 : 0;
            see_(std::move(comment));
        } else {
            see_(event);
        }
    }

private:
    /// verif_pid().
    CpuState& switch_to(Event const& event) {
        CpuState& cpu = cpus_[*event.cpu];
        if (cpu.pid != event.pid) {
            if (cpu.pid) {
                Event mark = marked(event, TaskSwitchMark{cpu.pid, cpu.comm});
                mark.time.reset();
                mark.flags.reset();
                see_(std::move(mark));
            }
            cpu.pid = event.pid;
        }
        cpu.comm = event.comm;
        return cpu;
    }

    void remember(CpuState& cpu, std::int32_t depth, Name function) {
        if (depth >= 0 && depth < kRememberedDepth) {
            cpu.entered[static_cast<std::size_t>(depth)] = function;
        }
    }

    void take_entry(Event const& event, Name function) {
        CpuState& cpu = switch_to(event);
        if (is_interrupt_entry(function)) {
            see_(marked(event, InterruptMark{true}));
        }
        cpu.depth = event.depth;
        remember(cpu, event.depth, function);
        see_(event);
    }

    void take_leaf(Event const& event, Name function) {
        CpuState& cpu = switch_to(event);
        bool const arrows = is_interrupt_entry(function);
        if (arrows) {
            see_(marked(event, InterruptMark{true}));
        }
        cpu.depth = event.depth - 1;
        remember(cpu, event.depth, Name());
        see_(event);
        if (arrows) {
            see_(marked(event, InterruptMark{false}));
        }
    }

    void take_exit(Event const& event) {
        CpuState& cpu = switch_to(event);
        Event shown = event;
        GraphExit& exit = std::get<GraphExit>(shown.payload);
        Name function = exit.function.name;
        if (event.depth >= 0 && event.depth < kRememberedDepth) {
            Name const entered = cpu.entered[static_cast<std::size_t>(event.depth)];
            exit.unmatched = !function.empty() && function != entered && !exit.retval;
            function = function.empty() ? entered : function;
        }
        cpu.depth = event.depth - 1;
        remember(cpu, event.depth, Name());
        see_(shown);
        if (is_interrupt_entry(function)) {
            see_(marked(event, InterruptMark{false}));
        }
    }

    std::function<void(Event)> see_;
    std::map<Cpu, CpuState> cpus_;
};

bool is_interrupt_entry(Name function) {
    static std::array const the{Name("gic_handle_irq"), Name("gicv5_handle_irq"),
                                Name("bcm2835_handle_irq"), Name("bcm2836_arm_irqchip_handle_irq")};
    for (Name const known : the) {
        if (known == function) {
            return true;
        }
    }
    return false;
}

std::vector<Event> without_graph_marks(std::vector<Event> const& events) {
    std::vector<Event> out;
    out.reserve(events.size());
    for (Event const& event : events) {
        if (!event.as<InterruptMark>() && !event.as<TaskSwitchMark>()) {
            out.push_back(event);
        }
    }
    return out;
}

GraphMarker::GraphMarker(std::function<void(Event)> see)
    : impl_(std::make_unique<Impl>(std::move(see))) {}
GraphMarker::~GraphMarker() = default;

void GraphMarker::take(Event const& event) {
    impl_->take(event);
}

std::vector<Event> insert_graph_marks(std::vector<Event> const& events) {
    std::vector<Event> out;
    out.reserve(events.size());
    GraphMarker marker([&out](Event event) { out.push_back(std::move(event)); });
    for (Event const& event : events) {
        marker.take(event);
    }
    return out;
}

} // namespace kflow::trace
