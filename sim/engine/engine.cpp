#include "sim/engine/engine.hpp"

#include "sim/engine/native_calls.hpp"
#include "sim/trace/event_layout.hpp"

#include <algorithm>
#include <array>

namespace kflow::engine {

using kernel::HappeningKind;
using kernel::Machine;
using model::index_of;
using model::kNone;

namespace {

/// Roles that the engine binds itself; a model that never names one still has a number for it.
constexpr std::array<std::string_view, 8> kOwnRoles{"task", "prev",   "next",   "child",
                                                    "sig",  "parent", "target", "current"};

struct NamedEntry {
    std::string_view name;
    Entry entry;
};
constexpr std::array<NamedEntry, 9> kEntries{{
    {"__schedule", Entry::schedule},
    {"zap_pid_ns_processes", Entry::zap_pid_ns_processes},
    {"pid_task", Entry::pid_task},
    {"__wake_up_parent", Entry::wake_up_parent},
    {"signalfd_notify", Entry::signalfd_notify},
    {"wake_up_state", Entry::wake_up_state},
    {"wake_up_process", Entry::wake_up_sleeper},
    {"default_wake_function", Entry::wake_up_sleeper},
    {"get_signal", Entry::get_signal},
}};

} // namespace

bool is_known_to_engine(std::string_view name) {
    auto const has = [name](auto const& table) {
        return std::ranges::any_of(table, [name](auto const& row) { return row.name == name; });
    };
    return has(natives()) || has(native_calls()) || has(kEntries);
}

Engine::Impl::Impl(model::Program const& model_, build::BuildFacts const& build_,
                   World const& world_)
    : model(model_), build(build_), world(world_), mask(model_, build_), roles(model_.roles) {
    counts_preemption = build.config_enabled("PREEMPT_COUNT");
    preempts_kernel = build.config_enabled("PREEMPTION");
    lazy = build.config_enabled("PREEMPT_LAZY");
    for (auto const role : kOwnRoles) {
        roles.add(role);
    }
    auto const version = build.version();
    for (auto const& guard : model.guards) {
        guards.push_back({kernel::find_guard(guard.name),
                          guard.scope == model::GuardScope::call &&
                              guard.name != "completion_is_done", // asked before a loop and in it
                          guard.default_answer});
    }
    for (auto const& effect : model.effects) {
        effects.push_back(kernel::find_effect(effect.name));
    }
    for (auto const& collection : model.collections) {
        collections.push_back(kernel::find_collection(collection.name));
    }
    for (auto const& condition : model.conditions) {
        conditions.push_back(kernel::find_condition(condition.name));
    }
    for (auto const name : model.events) {
        events.push_back({std::string(system_of_event(name)), trace::Name(name),
                          trace::event_layout(name, version.major, version.minor),
                          find_fields(name)});
    }
    for (auto const name : model.errnos) {
        errnos.push_back(errno_of(name));
    }
    std::vector<bool> user_file;
    for (auto const file : model.files) {
        user_file.push_back(file.starts_with("glibc/"));
    }
    for (auto const& function : model.functions) {
        user_function.push_back(function.file != kNone<model::FileId> &&
                                user_file[index_of(function.file)]);
    }
    native.resize(model.functions.size());
    for (auto const table : {natives(), native_calls()}) {
        for (auto const& [name, work] : table) {
            auto const id = function(name);
            if (id != kNone<model::FunctionId> && !model[id].has_body) {
                native[index_of(id)] = work;
            }
        }
    }
    entries.resize(model.functions.size(), Entry::plain);
    for (auto const& [name, entry] : kEntries) {
        if (auto const id = function(name); id != kNone<model::FunctionId>) {
            entries[index_of(id)] = entry;
        }
    }
    for (std::size_t n = 0; n < model.code.size(); ++n) {
        if (model.code[n].op == model::Op::ret) {
            return_pc = static_cast<model::Pc>(n);
            break;
        }
    }
    schedule = body_of("schedule");
    schedule_core = function("__schedule");
    user_irq = body_of("el0t_64_irq");
    kernel_irq = body_of("el1h_64_irq");
    wake_up = body_of("try_to_wake_up");
    prev_role = roles.find("prev");
    next_role = roles.find("next");
    task_role = roles.find("task");
    sig_role = roles.find("sig");
    for (std::size_t n = 0; n < model.via_labels.size(); ++n) {
        if (model.via_labels[n].starts_with("syscall_fn")) {
            syscall_label = static_cast<std::uint32_t>(n);
        }
    }
}

model::FunctionId Engine::Impl::first_named(std::string_view name, bool user) const {
    for (auto const id : model.named(name)) {
        if (user_function[index_of(id)] == user) {
            return id;
        }
    }
    return kNone<model::FunctionId>;
}

model::FunctionId Engine::Impl::function(std::string_view name) const {
    return first_named(name, false);
}

model::FunctionId Engine::Impl::library_function(std::string_view name) const {
    return first_named(name, true);
}

model::FunctionId Engine::Impl::body_of(std::string_view name) const {
    auto const id = function(name);
    return id != kNone<model::FunctionId> && model[id].has_body ? id : kNone<model::FunctionId>;
}

bool Engine::Impl::is_wrapper(model::FunctionId id) const {
    auto const name = model[id].name;
    return name.starts_with("__arm64_sys_") || name.starts_with("__se_sys_") ||
           name.starts_with("__do_sys_");
}

bool Engine::Impl::before(int major, int minor) const {
    auto const version = build.version();
    return version.major != major ? version.major < major : version.minor < minor;
}

Engine::Engine(model::Program const& model, build::BuildFacts const& build, World const& world)
    : impl_(std::make_unique<Impl>(model, build, world)) {}

Engine::~Engine() = default;

model::Program const& Engine::model() const {
    return impl_->model;
}
build::BuildFacts const& Engine::build() const {
    return impl_->build;
}
World const& Engine::world() const {
    return impl_->world;
}

Machine Engine::boot(RunOptions const& options) const {
    kernel::MachineOptions made;
    made.cpus = options.cpus;
    made.seed = options.seed;
    made.start = options.start;
    made.first_pid = options.first_pid;
    made.pid_max = options.pid_max;
    // Up to 6.1 arm64 knows of no cache that CPUs share where the firmware tells of none
    // (cacheinfo.c, use_arch_info).
    made.shares_cache = !impl_->before(6, 2);
    made.worker_pools = impl_->before(6, 9) ? 2 : 4; // NR_STD_WORKER_POOLS; twice with BH pools
    auto machine = kernel::make_machine(made);
    machine.injections = options.failures;
    constexpr Nanos first_flush{832'000'000}; // some moment of the two seconds between flushes
    machine.schedule(machine.now + first_flush, 0, HappeningKind::flush, Cpu{0});
    machine.syscalls_are_traced = options.trace_syscalls;
    machine.tasks.edit(machine.init).user.program = kInitProgram;
    machine.sighands.edit(machine.tasks[machine.init].sighand).actions[kernel::SIGCHLD_].handler =
        2 + 2; // op 2 of init_program()
    if (!impl_->counts_preemption) {
        for (auto const& cpu : machine.cpus) {
            machine.tasks.edit(cpu.idle).thread.preempt = 0;
        }
    }
    return machine;
}

kernel::TaskId Engine::add(Machine& machine, int program) const {
    auto const& found = impl_->world.programs[static_cast<std::size_t>(program)];
    auto const id = kernel::add_process(machine, found.comm, program, found.vmas, found.files,
                                        found.stdout_is_tty);
    if (found.stdout_is_disk) {
        machine.files.edit(machine.tasks[id].files).open[1] = kernel::FileKind::disk;
    }
    auto& first = machine.cpus.front();
    auto& task = machine.tasks.edit(id);
    task.on_rq = true;
    task.cpu = Cpu{0};
    first.queue.push_back(id);
    machine.tasks.edit(first.idle).thread.need_resched = true;
    machine.tasks.edit(first.idle).thread.preempt_resched = true;
    first.scheduled = true;
    first.asleep = false;
    machine.schedule(machine.now, 1, HappeningKind::cpu, Cpu{0});
    return id;
}

namespace {

void raise(Machine& machine, Cpu cpu, kernel::Interrupt what) {
    auto& state = machine.cpu(cpu);
    if (std::find(state.pending.begin(), state.pending.end(), what) == state.pending.end()) {
        state.pending.push_back(what);
    }
}

/// A CPU that has something to do stands in the queue once.
void keep_going(Machine& machine, Cpu cpu) {
    auto& state = machine.cpu(cpu);
    if (!state.scheduled) {
        state.scheduled = true;
        state.asleep = false;
        machine.schedule(std::max(state.now, machine.now), 1, HappeningKind::cpu, cpu);
    }
}

/// Nothing is to come but the kernel's own housekeeping.
bool is_over(Machine const& machine) {
    return std::all_of(machine.queue.rbegin(), machine.queue.rend(),
                       [](auto const& one) { return one.kind == HappeningKind::flush; });
}

/// Whether a CPU that goes on would be taken off the queue at once: then it takes its next step
/// without standing there.
bool comes_first(Machine& machine, Cpu cpu, Nanos until) {
    auto& state = machine.cpu(cpu);
    if (state.scheduled || state.now > until || state.now < machine.now ||
        (!machine.queue.empty() && machine.queue.back().time <= state.now)) {
        return false;
    }
    state.asleep = false;
    machine.now = state.now;
    machine.sequence++;
    return true;
}

} // namespace

void Engine::interrupt(Machine& machine, Cpu cpu, kernel::Interrupt what) const {
    raise(machine, cpu, what);
    keep_going(machine, cpu);
}

bool Engine::step_cpu(Machine& machine, Cpu cpu, Policy& policy, Observer* observer) const {
    auto& state = machine.cpu(cpu);
    state.now = std::max(state.now, machine.now);
    return Execution(*impl_, machine, policy, observer, cpu).go();
}

RunState Engine::step(Machine& machine, Policy& policy, Observer* observer) const {
    if (is_over(machine)) {
        return RunState::finished;
    }
    if (auto const running = take_next(machine, policy, observer)) {
        keep_going(machine, *running);
    }
    return RunState::running;
}

std::optional<Cpu> Engine::take_next(Machine& machine, Policy& policy, Observer* observer) const {
    auto const next = machine.queue.back();
    machine.queue.pop_back();
    machine.now = std::max(machine.now, next.time);
    switch (next.kind) {
    case HappeningKind::timer:
        if (machine.tasks.has(next.task) && machine.tasks[next.task].timer_expires == next.time) {
            interrupt(machine, next.cpu, kernel::Interrupt::timer);
        }
        break;
    case HappeningKind::ipi:
        interrupt(machine, next.cpu, kernel::Interrupt::reschedule);
        break;
    case HappeningKind::grace_period:
        machine.cpu(next.cpu).rcu_softirq = true;
        interrupt(machine, next.cpu, kernel::Interrupt::timer);
        break;
    case HappeningKind::flush:
        machine.cpu(next.cpu).timer_softirq = true;
        interrupt(machine, next.cpu, kernel::Interrupt::timer);
        break;
    case HappeningKind::cpu:
        machine.cpu(next.cpu).scheduled = false;
        if (step_cpu(machine, next.cpu, policy, observer)) {
            return next.cpu;
        }
        break;
    }
    return std::nullopt;
}

RunState Engine::run(Machine& machine, Policy& policy, Observer* observer, Nanos until,
                     std::uint64_t limit) const {
    for (std::uint64_t steps = 0; steps < limit; ++steps) {
        if (is_over(machine)) {
            return RunState::finished;
        }
        if (machine.queue.back().time > until) {
            return RunState::running;
        }
        auto running = take_next(machine, policy, observer);
        while (running && comes_first(machine, *running, until) && ++steps < limit) {
            if (!step_cpu(machine, *running, policy, observer)) {
                running.reset();
            }
        }
        if (running) {
            keep_going(machine, *running);
        }
    }
    return RunState::stuck;
}

// What a tracer sees.

namespace {

trace::Location location(build::Symbol const& symbol, std::uint32_t offset) {
    trace::Location place;
    if (symbol.name.empty()) {
        return place;
    }
    place.symbol = trace::Name(symbol.name);
    place.offset = offset;
    place.size = static_cast<std::uint32_t>(symbol.size);
    place.address = symbol.address + offset;
    return place;
}

/// Where a return address prints: a noreturn call's is the next function's first byte.
trace::Location return_location(Engine::Impl const& impl, build::Symbol const& caller,
                                std::uint32_t offset) {
    if (auto const place = impl.build.return_place(caller, offset)) {
        return location(place->symbol, place->offset);
    }
    return location(caller, offset);
}

bool has_frame(kernel::Frame const& frame) {
    return frame.show == kernel::Show::visible || frame.show == kernel::Show::hidden;
}

} // namespace

std::vector<trace::Location> Engine::stack_of(Machine const& machine, kernel::TaskId task) const {
    auto const& stack = machine.tasks[task].stack;
    std::vector<trace::Location> places;
    std::uint32_t offset = impl_->build.stack_entry_offset();
    for (auto n = stack.frames.size(); n-- > stack.user_depth;) {
        auto const& frame = stack.frames[n];
        if (!has_frame(frame)) {
            continue;
        }
        auto const symbol = impl_->mask.symbol(frame.symbol);
        places.push_back(places.empty() ? location(symbol, offset)
                                        : return_location(*impl_, symbol, offset));
        offset = frame.return_offset;
    }
    return places;
}

trace::Location Engine::place_of(Machine const& machine, kernel::TaskId task) const {
    auto const& frame = machine.tasks[task].stack.frames.back();
    return location(impl_->mask.symbol(frame.symbol), impl_->build.entry_offset());
}

build::Symbol Engine::symbol_of(kernel::Frame const& frame) const {
    return impl_->mask.symbol(frame.symbol);
}

trace::Location Engine::caller_of(Machine const& machine, kernel::TaskId task) const {
    auto const& stack = machine.tasks[task].stack;
    auto const offset = stack.frames.back().return_offset;
    for (auto n = stack.frames.size() - 1; n-- > stack.user_depth;) {
        if (has_frame(stack.frames[n])) {
            return return_location(*impl_, impl_->mask.symbol(stack.frames[n].symbol), offset);
        }
    }
    return {};
}

trace::Location Engine::innermost(Machine const& machine, kernel::TaskId task) const {
    auto const& stack = machine.tasks[task].stack;
    for (auto n = stack.frames.size(); n-- > stack.user_depth;) {
        if (has_frame(stack.frames[n])) {
            return location(impl_->mask.symbol(stack.frames[n].symbol),
                            impl_->build.entry_offset());
        }
    }
    return {};
}

trace::Location Engine::iterator_of(Machine const& machine, Step const& step,
                                    std::string_view event) const {
    auto const& frames = machine.tasks[step.task].stack.frames;
    if (frames.empty() || step.function == kNone<model::FunctionId> ||
        step.pc >= impl_->model.code.size()) {
        return {};
    }
    auto const name = "__traceiter_" + std::string(event);
    auto const outer = impl_->mask.symbol(frames.back().symbol);
    build::Edge edge;
    edge.caller = impl_->model[step.function].name;
    edge.caller_file = impl_->mask.source_of(step.function);
    edge.callee = name;
    edge.outer = build::function_of_symbol(outer.name);
    edge.outer_file = outer.file;
    auto const seen = impl_->build.edge(edge);
    auto const symbol = impl_->build.symbol(name);
    return seen.kind == build::EdgeKind::visible && symbol && symbol->traced
               ? location(*symbol, impl_->build.entry_offset())
               : trace::Location{};
}

trace::ContextFlags Engine::flags_of(Machine const& machine, Cpu cpu) const {
    auto const& state = machine.cpu(cpu);
    auto const& thread = machine.tasks[state.current].thread;
    trace::ContextFlags flags;
    flags.irqs_off = state.irqs_off;
    flags.bh_off = thread.bh_off != 0;
    flags.need_resched = thread.need_resched;
    flags.need_resched_lazy = thread.need_resched_lazy;
    flags.preempt_resched = thread.preempt_resched;
    flags.hardirq = thread.hardirq != 0;
    flags.softirq = thread.softirq;
    flags.preempt_depth = static_cast<std::uint8_t>(std::min<unsigned>(thread.preempt, 15));
    return flags;
}

std::vector<Diagnostic> missing_names(model::Program const& model) {
    std::vector<Diagnostic> missing;
    auto const report = [&](Severity severity, std::string_view kind, auto const& word) {
        Diagnostic diagnostic;
        diagnostic.severity = severity;
        if (word.file != kNone<model::FileId>) {
            diagnostic.place = {std::string(model[word.file]), static_cast<int>(word.line), 0};
        }
        diagnostic.message =
            "the machine has no " + std::string(kind) + " `" + std::string(word.name) + "`";
        missing.push_back(std::move(diagnostic));
    };
    for (auto const& effect : model.effects) {
        if (!kernel::find_effect(effect.name)) {
            report(Severity::error, "effect", effect);
        }
    }
    for (auto const& collection : model.collections) {
        if (!kernel::find_collection(collection.name)) {
            report(Severity::error, "collection", collection);
        }
    }
    for (auto const& condition : model.conditions) {
        if (!kernel::find_condition(condition.name).holds) {
            report(Severity::error, "condition", condition);
        }
    }
    for (auto const& guard : model.guards) {
        if (!kernel::find_guard(guard.name)) {
            report(Severity::warning, "guard", guard);
        }
    }
    for (auto const event : model.events) {
        if (!find_fields(event)) {
            Diagnostic diagnostic;
            diagnostic.message = "the engine has no fields for event `" + std::string(event) + "`";
            missing.push_back(std::move(diagnostic));
        }
    }
    return missing;
}

} // namespace kflow::engine
