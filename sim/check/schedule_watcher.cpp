#include "sim/check/schedule_watcher.hpp"

#include <algorithm>

namespace kflow::check {

using kernel::Machine;
using kernel::TaskId;

bool Leader::Policy::maybe(Machine&, TaskId task, model::Program const&, model::Pc) {
    auto const found = state_.followers.find(task);
    return found != state_.followers.end() && taken_.contains({task, found->second.maybes++});
}

Cpu Leader::Policy::place(Machine& machine, TaskId task, Cpu, bool) {
    auto const known = state_.followers.find(task);
    if (known != state_.followers.end()) {
        return known->second.cpu;
    }
    auto const count = static_cast<std::int32_t>(machine.cpus.size());
    Cpu const own{std::min(state_.next_cpu, count - 1)};
    state_.next_cpu++;
    auto& follower = state_.followers[task];
    follower.cpu = own;
    // A kernel thread (the worker that hands a terminal's bytes on) stands for nobody that is compared.
    follower.free = (machine.tasks[task].flags & kernel::PF_KTHREAD_) != 0;
    return own;
}

void Leader::Watcher::on_step(engine::Step const& step, Machine const& machine) {
    if (step.kind == engine::StepKind::call) {
        on_call(step, machine);
    } else if (step.kind == engine::StepKind::event) {
        on_event(step, machine);
    }
}

void Leader::Watcher::on_call(engine::Step const& step, Machine const& machine) {
    auto const& task = machine.tasks[step.task];
    auto const follower = state_.followers.find(step.task);
    if (follower == state_.followers.end() || !follower->second.compared ||
        task.thread.hardirq != 0 || task.thread.softirq || task.stack.frames.empty() ||
        task.stack.frames.back().show != kernel::Show::visible) {
        return;
    }
    auto const place = engine_.place_of(machine, step.task);
    if (!visible_.functions.contains(place.symbol)) {
        return;
    }
    MadeItem item;
    item.name = place.symbol;
    item.caller = engine_.caller_of(machine, step.task).symbol;
    locate(item, step, machine);
    follower->second.made.push_back(std::move(item));
}

void Leader::Watcher::on_event(engine::Step const& step, Machine const& machine) {
    auto const& task = machine.tasks[step.task];
    auto const follower = state_.followers.find(step.task);
    if (follower == state_.followers.end() || task.thread.hardirq != 0 || task.thread.softirq) {
        return;
    }
    auto const name = step.name;
    if (name == "sched_waking") {
        follower->second.woke = static_cast<std::int32_t>(step.event->number("pid").value_or(0));
        return;
    }
    if (name == "sched_process_fork") {
        follow_child(step, "child_pid", machine);
    } else if (name == "task_newtask") {
        follow_child(step, "pid", machine);
    }
    if (follower->second.compared && visible_.events.contains(step.event->name)) {
        MadeItem item;
        item.is_event = true;
        item.name = step.event->name;
        item.event = *step.event;
        if (auto const pid = step.event->number(name == "task_newtask" ? "pid" : "child_pid")) {
            item.child = machine.find_task(Pid{static_cast<std::int32_t>(*pid)});
        }
        locate(item, step, machine);
        follower->second.made.push_back(std::move(item));
    }
    if (name == "sched_process_exec" && !follower->second.compared) {
        follow_exec(step);
    }
}

/// A child of a task that stands for nobody is free as well; one of a compared task is compared
/// from its first instruction on. Either event of its birth tells of it: a capture may have one.
void Leader::Watcher::follow_child(engine::Step const& step, std::string_view key,
                                   Machine const& machine) {
    auto const pid = static_cast<std::int32_t>(step.event->number(key).value_or(0));
    auto const child = machine.find_task(Pid{pid});
    if (child == kernel::kNobody<TaskId>) {
        return;
    }
    auto const& parent = state_.followers.at(step.task);
    auto& follower = state_.followers[child];
    if (follower.cpu.value == 0) {
        auto const count = static_cast<std::int32_t>(machine.cpus.size());
        follower.cpu = Cpu{std::min(state_.next_cpu++, count - 1)};
    }
    follower.free = parent.free;
    follower.compared = parent.compared;
}

/// A free task becomes a program that the capture has: from here on it is compared.
void Leader::Watcher::follow_exec(engine::Step const& step) {
    auto const path = step.event->text("filename");
    auto const found = roots_.find(engine_.world().find_program(path));
    if (found == roots_.end() || state_.tasks.contains(found->second.pid)) {
        return;
    }
    auto& follower = state_.followers[step.task];
    follower.compared = true;
    follower.free = false;
    state_.tasks[found->second.pid] = step.task;
    state_.counterparts.bind(found->second.pid, state_.machine.tasks[step.task].pid.value);
}

void Leader::Watcher::locate(MadeItem& item, engine::Step const& step,
                             Machine const& machine) const {
    auto const& program = engine_.model();
    auto const& frames = machine.tasks[step.task].stack.frames;
    // A call's own frame stands on the stack already: the statement is its caller's.
    auto const own = step.kind == engine::StepKind::call ? std::size_t{1} : std::size_t{0};
    bool const is_called = frames.size() > own && step.pc != ~model::Pc{0};
    auto const function = is_called ? frames[frames.size() - 1 - own].function : step.function;
    if (function != model::kNone<model::FunctionId> &&
        program[function].file != model::kNone<model::FileId>) {
        item.model_file = program[program[function].file];
        item.model_line = is_called ? program.code[step.pc].line : program[function].line;
    }
    item.stack = stack_text(engine_, machine, step.task);
}

} // namespace kflow::check
