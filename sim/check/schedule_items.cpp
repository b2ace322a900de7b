#include "sim/check/schedule_items.hpp"

#include "sim/kernel/signals.hpp"
#include "sim/kernel/task.hpp"
#include "sim/trace/call_tree.hpp"
#include "sim/trace/shown_comm.hpp"
#include "sim/trace/takeovers.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace kflow::check {
namespace {

constexpr std::array<std::string_view, 9> kCompared{
    "sched_process_exec", "sched_process_exit", "sched_process_fork",
    "sched_process_wait", "sched_prepare_exec", "signal_deliver",
    "signal_generate",    "task_newtask",       "task_rename"};

/// `copy_process.isra.0` is the source's copy_process.
std::string_view source_name(std::string_view symbol) {
    return symbol.substr(0, symbol.find('.'));
}

/// The kernel's functions that somebody wrote a body for.
std::set<std::string_view> curated_functions(model::Program const& program) {
    std::set<std::string_view> curated;
    for (auto const& function : program.functions) {
        if (function.has_body && program[function.file].starts_with("linux/")) {
            curated.insert(function.name);
        }
    }
    return curated;
}

/// Which events stand below an interrupt's entry. Only a graph shows that; it has no flag columns.
std::vector<bool> events_below_interrupts(trace::Capture const& capture) {
    std::vector<bool> below(capture.events.size(), false);
    auto const is_graph = [](trace::Event const& event) {
        return event.as<trace::GraphEntry>() != nullptr;
    };
    if (std::ranges::none_of(capture.events, is_graph)) {
        return below;
    }
    for (auto const& call : trace::build_call_forest(capture.events).calls) {
        for (auto const& child : call.children) {
            if (child.kind == trace::CallChild::Kind::event) {
                below[child.index] = call.noise == trace::NoiseKind::interrupt ||
                                     child.noise == trace::NoiseKind::interrupt;
            }
        }
    }
    return below;
}

/// Where a capture has no flag columns, the idle task tells it as well: it wakes nobody itself.
bool in_interrupt(trace::Event const& event, bool below_interrupt) {
    if (event.flags) {
        return event.flags->hardirq || event.flags->softirq || event.flags->nmi;
    }
    return below_interrupt || event.pid == Pid{0};
}

/// Whether a task whose name the capture's columns show so may have this one: some cut it.
bool may_be_named(std::string_view shown, std::string_view name, trace::TraceFormat const& format) {
    constexpr std::size_t whole = 15; // TASK_COMM_LEN, without its end
    auto const letters = format.is_graph()       ? trace::kGraphCommLength
                         : format.latency_format ? trace::kLatencyCommLength
                                                 : whole;
    return shown == name || shown == name.substr(0, letters);
}

std::vector<trace::Takeover> takeovers_in(trace::Capture const& capture) {
    std::vector<trace::Event const*> events;
    std::ranges::transform(capture.events, std::back_inserter(events),
                           [](trace::Event const& event) { return &event; });
    return trace::find_takeovers(events);
}

/// A task that goes to sleep or ends; one that was preempted stays runnable (`R`, `R+`). An
/// uninterruptible sleep (`D`) waits for a lock or a disk, which a scenario does not have.
bool is_own_sleep(trace::TraceEvent const& event) {
    auto const state = event.text("prev_state");
    return !state.empty() &&
           std::string_view("SZXTt").find(state.front()) != std::string_view::npos;
}

class Lister {
public:
    explicit Lister(std::set<std::string_view> curated) : curated_(std::move(curated)) {}

    /// The numbers change here. Where the dead leader is on its way off its CPU yet, its records
    /// have the old one or the new one.
    void exchange(trace::TraceEvent const& exec, std::optional<Cpu> leader_cpu) {
        exchanged_ = {result_.items.size(), number_in(exec, "pid"), number_in(exec, "old_pid")};
        leader_cpu_ = leader_cpu;
        result_.exchanges.push_back(exchanged_);
    }

    void see(trace::Event const& event, bool below_interrupt) {
        if (!event.pid) {
            return;
        }
        item_ = {};
        item_.pid = owner(event);
        item_.line = event.line;
        item_.time = event.time;
        item_.comm = event.comm;
        if (in_interrupt(event, below_interrupt)) {
            return see_interrupt(event);
        }
        if (auto const* call = event.as<trace::FunctionEntry>()) {
            see_call(*call);
        } else if (auto const* entry = event.as<trace::GraphEntry>()) {
            if (entry->function.name.view().starts_with("__arm64_sys_")) {
                system_calls_[item_.pid] = event.time;
            }
        } else if (auto const* found = event.as<trace::TraceEvent>()) {
            see_event(*found);
        }
    }

    CaptureItems take() { return std::move(result_); }

private:
    static std::int32_t number_in(trace::TraceEvent const& event, std::string_view key) {
        return static_cast<std::int32_t>(event.number(key).value_or(0));
    }

    /// The number of the record's task, as it is from the exchange on.
    std::int32_t owner(trace::Event const& event) {
        if (!leader_cpu_ || event.cpu != leader_cpu_) {
            return event.pid->value;
        }
        auto const* const fields = event.as<trace::TraceEvent>();
        if (fields && fields->name.view() == "sched_switch" &&
            event.pid->value == exchanged_.thread) {
            leader_cpu_.reset(); // its last one
        }
        return event.pid->value == exchanged_.leader ? exchanged_.thread : event.pid->value;
    }

    void see_interrupt(trace::Event const& event) {
        auto const* const found = event.as<trace::TraceEvent>();
        if (found && found->name.view() == "sched_waking") {
            item_.kind = CaptureItem::Kind::expires;
            result_.visible.wakings = true;
            item_.name = found->name;
            item_.event = found;
            item_.pid = number_in(*found, "pid");
            item_.comm = trace::Name(found->text("comm"));
            result_.items.push_back(item_);
        }
    }

    void see_call(trace::FunctionEntry const& call) {
        if (!call.ip.module.empty() || !curated_.contains(source_name(call.ip.symbol.view()))) {
            return;
        }
        item_.kind = CaptureItem::Kind::function;
        item_.name = call.ip.symbol;
        item_.caller = call.parent.symbol;
        result_.visible.functions.insert(item_.name);
        result_.items.push_back(item_);
    }

    void see_event(trace::TraceEvent const& event) {
        auto const name = event.name.view();
        item_.name = event.name;
        item_.event = &event;
        if (is_compared_event(name)) {
            item_.kind = CaptureItem::Kind::event;
            result_.visible.events.insert(event.name);
            result_.forks += name == "sched_process_fork" || name == "task_newtask" ? 1U : 0U;
        } else if (name == "sched_switch" && is_own_sleep(event)) {
            bool const dead = std::string_view("ZX").find(event.text("prev_state").front()) !=
                              std::string_view::npos;
            item_.kind = dead ? CaptureItem::Kind::dies : CaptureItem::Kind::sleeps;
            // A graph of everything takes its time: a timer runs long before the task is off its
            // CPU.
            if (auto const found = system_calls_.find(item_.pid); found != system_calls_.end()) {
                item_.time = found->second;
            }
        } else if (name == "sched_waking") {
            item_.kind = CaptureItem::Kind::wakes;
            result_.visible.wakings = true;
            item_.other = number_in(event, "pid");
        } else {
            return;
        }
        result_.items.push_back(item_);
    }

    std::set<std::string_view> curated_;
    std::map<std::int32_t, std::optional<Nanos>> system_calls_; ///< when each task's last one began
    CaptureItem item_;
    CaptureItems result_;
    ExchangedNumbers exchanged_;    ///< the last ones
    std::optional<Cpu> leader_cpu_; ///< where the leader of that is until its last switch
};

/// What a program does to others.
struct Deeds {
    std::set<int> starts; ///< programs that it, or a child of its own, becomes
    bool types = false;
};

Deeds deeds_of(engine::World const& world, engine::Program const& program) {
    Deeds deeds;
    for (auto const& op : program.ops) {
        for (auto const& argument : op.arguments) {
            if (argument.value.kind == engine::Value::Kind::line_program) {
                for (int n = 0; n < static_cast<int>(world.programs.size()); ++n) {
                    if (&world.programs[static_cast<std::size_t>(n)] != &program) {
                        deeds.starts.insert(n); // whatever is typed
                    }
                }
                continue;
            }
            auto const number = argument.value.number;
            if (argument.name == engine::Arg::fd && number == kernel::kTerminalMaster) {
                deeds.types = true;
            }
            if (argument.name == engine::Arg::path && number >= 0 &&
                static_cast<std::size_t>(number) < world.strings.size()) {
                if (int const started =
                        world.find_program(world.strings[static_cast<std::size_t>(number)]);
                    started >= 0) {
                    deeds.starts.insert(started);
                }
            }
        }
    }
    return deeds;
}

/// Who has the terminal's other side: the program that is started, or one that it comes to start.
int typist_of(std::vector<Deeds> const& deeds, int start) {
    std::set<int> seen;
    std::vector<int> next{start};
    for (std::size_t n = 0; n < next.size(); ++n) {
        auto const& done = deeds[static_cast<std::size_t>(next[n])];
        if (done.types) {
            return next[n];
        }
        for (int const started : done.starts) {
            if (seen.insert(started).second) {
                next.push_back(started);
            }
        }
    }
    return start;
}

std::vector<Deeds> all_deeds(engine::World const& world) {
    std::vector<Deeds> deeds;
    for (auto const& program : world.programs) {
        deeds.push_back(deeds_of(world, program));
    }
    return deeds;
}

/// Who ran what, and whose child it is.
struct Executions {
    struct Execution {
        std::string_view program;
        Root root;
    };
    std::vector<Execution> all;
    std::map<std::int32_t, std::int32_t> parents;

    explicit Executions(CaptureItems const& capture) {
        for (std::size_t n = 0; n < capture.items.size(); ++n) {
            auto const& item = capture.items[n];
            if (item.kind != CaptureItem::Kind::event) {
                continue;
            }
            if (item.name.view() == "sched_process_exec") {
                all.push_back({program_name(item.event->text("filename")), {item.pid, n + 1}});
            } else if (item.name.view() == "sched_process_fork") {
                auto const child = item.event->number("child_pid").value_or(0);
                parents[static_cast<std::int32_t>(child)] = item.pid;
            }
        }
    }

    Root const* find(std::string_view name, std::int32_t parent) const {
        for (auto const& [program, root] : all) {
            auto const found = parents.find(root.pid);
            bool const is_child = found != parents.end() && found->second == parent;
            if (program == name && (parent == 0 || is_child)) {
                return &root;
            }
        }
        return nullptr;
    }

    /// One that nobody in the capture forked: it is traced from its exec on.
    Root const* find_first(std::string_view name) const {
        for (auto const& [program, root] : all) {
            if (program == name && !parents.contains(root.pid)) {
                return &root;
            }
        }
        return nullptr;
    }
};

} // namespace

bool is_compared_event(std::string_view name) {
    return std::find(kCompared.begin(), kCompared.end(), name) != kCompared.end();
}

std::string_view program_name(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1);
    if (path.ends_with(".bin")) {
        path.remove_suffix(4);
    }
    return path;
}

CaptureItems list_items(trace::Capture const& capture, model::Program const& program) {
    Lister lister(curated_functions(program));
    auto const below_interrupt = events_below_interrupts(capture);
    auto const takeovers = takeovers_in(capture);
    auto takeover = takeovers.begin();
    for (std::size_t n = 0; n < capture.events.size(); ++n) {
        for (; takeover != takeovers.end() && takeover->first_record == n; ++takeover) {
            lister.exchange(*capture.events[takeover->exec].as<trace::TraceEvent>(),
                            takeover->leader_cpu);
        }
        lister.see(capture.events[n], below_interrupt[n]);
    }
    auto items = lister.take();
    items.format = capture.format;
    return items;
}

bool begins(CaptureItems const& capture, engine::World const& world, int program) {
    auto const typist = static_cast<std::size_t>(typist_of(all_deeds(world), program));
    auto const& path = world.programs[typist].path;
    return Executions(capture).find(program_name(path), 0) != nullptr;
}

std::map<int, Root> find_roots(CaptureItems const& capture, engine::World const& world, int start) {
    Executions const executions(capture);
    auto const count = static_cast<int>(world.programs.size());
    auto const deeds = all_deeds(world);
    auto const typist = typist_of(deeds, start);
    auto const name_of = [&](int n) {
        return program_name(world.programs[static_cast<std::size_t>(n)].path);
    };
    std::map<int, Root> roots;
    if (!deeds[static_cast<std::size_t>(typist)].types) {
        if (auto const* root = executions.find(name_of(start), 0)) {
            roots.emplace(start, *root);
        }
    } else {
        auto const* const person = executions.find(name_of(typist), 0);
        for (int const child : deeds[static_cast<std::size_t>(typist)].starts) {
            auto const* const root = person ? executions.find(name_of(child), person->pid)
                                            : executions.find_first(name_of(child));
            if (root) {
                roots.emplace(child, *root);
            }
        }
    }
    for (int n = 0; roots.empty() && n < count; ++n) {
        auto const& done = deeds[static_cast<std::size_t>(n)];
        if (auto const* root = executions.find(name_of(n), 0); root && done.starts.empty()) {
            roots.emplace(n, *root);
        }
    }
    for (std::size_t n = 0; roots.empty() && n < capture.items.size(); ++n) {
        auto const& first = world.programs[static_cast<std::size_t>(start)];
        if (may_be_named(capture.items[n].comm.view(), first.comm, capture.format)) {
            roots.emplace(start, Root{capture.items[n].pid, n});
        }
    }
    return roots;
}

} // namespace kflow::check
