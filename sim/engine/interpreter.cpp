// The model's instructions, one after the other, for the task that runs on a CPU.

#include "sim/engine/execution.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Object;
using kernel::Show;
using model::Instruction;
using model::kNone;
using model::Pc;

void Execution::spend(Nanos time) {
    here_.now = here_.now + time;
    if (time.count > 0) {
        visible_ = true;
    }
}

void Execution::tell(StepKind kind, model::FunctionId function, Pc pc, std::string_view name,
                     int error, bool yes) {
    Step step;
    step.kind = kind;
    step.time = cpu().now;
    step.cpu = cpu_;
    step.task = me();
    step.function = function;
    step.pc = pc;
    step.name = name;
    step.error = error;
    step.yes = yes;
    step.visible = (kind == StepKind::call || kind == StepKind::leave) &&
                   seen().stack.frames.back().show == Show::visible;
    step.result = kind == StepKind::leave_kernel ? seen().user.result : 0;
    show_step(step);
}

/// In the loop below: a run has nothing else to do.
[[gnu::always_inline]] inline void Execution::carry_out() {
    auto& top = frame();
    if (top.waits) {
        top.waits = false;
        return call_native(top.function);
    }
    Pc const pc = top.pc;
    auto const& i = impl_.model.code[pc];
    top.pc = pc + 1;
    switch (i.op) {
    case model::Op::call:
        return do_call(i, pc);
    case model::Op::via:
        return do_via(i, pc);
    case model::Op::effect:
        return do_effect(i, pc);
    case model::Op::emit:
        return do_emit(i, pc);
    case model::Op::wait:
        return do_wait(i, pc);
    case model::Op::branch:
        return do_branch(i, pc);
    case model::Op::maybe:
        return do_maybe(i, pc);
    case model::Op::jump:
        top.pc = i.target;
        return;
    case model::Op::each_begin:
        return do_each_begin(i);
    case model::Op::each_next:
        return do_each_next(i);
    case model::Op::forget:
        return do_forget(i);
    case model::Op::set_error:
        top.error = i.subject == kNone<std::uint32_t> ? 0 : impl_.errnos[i.subject];
        return;
    case model::Op::ret:
        return leave(top.fails != 0 ? top.fails : top.error); // no step of it could fail
    case model::Op::ret_error:
    case model::Op::no_return:
        return leave(top.error);
    default:
        return do_syscall(i, pc);
    }
}

bool Execution::go() {
    ++machine_.steps;
    for (int quiet = 0; !visible_ && quiet < 10'000; ++quiet) {
        if (!here_.irqs_off && !here_.pending.empty()) {
            take_interrupt();
            continue;
        }
        if (seen().stack.in_kernel()) {
            carry_out();
        } else if (me() == here_.idle) {
            if (!idle_step()) {
                return false;
            }
        } else {
            ++machine_.steps; // a program can go round and take no time
            user_step();
        }
    }
    return true;
}

void Execution::execute() {
    carry_out();
}

// Roles.

std::uint32_t Execution::place_of(model::RoleId object, std::size_t depth) {
    auto& stack = task().stack;
    auto const place = stack.find_place(object, depth);
    if (place != ~std::uint32_t{0}) {
        return place;
    }
    return stack.add_place(depth, object,
                           object == model::kCurrent ? kernel::object_of(me()) : Object{});
}

kernel::RoleBindings Execution::bind(model::Range bindings) {
    kernel::RoleBindings bound;
    auto const depth = seen().stack.frames.size() - 1;
    for (auto const& binding : impl_.model.in_bindings(bindings)) {
        bound.push_back({binding.role, place_of(binding.object, depth)});
    }
    return bound;
}

// Words of the model.

void Execution::do_effect(Instruction const& i, Pc pc) {
    auto const effect = static_cast<model::EffectId>(i.subject);
    auto const name = impl_.model[effect].name;
    auto const function = impl_.effects[model::index_of(effect)];
    if (auto const error = injected(name)) {
        return settle(i, error);
    }
    if (!function) {
        observe(StepKind::effect, seen().stack.frames.back().function, pc, name);
        return settle(i, 0);
    }
    auto const self = me();
    auto const overlay = bind(i.bindings);
    auto const error = function(scope(overlay), *this);
    observe(StepKind::effect, frame_function(self), pc, name, error);
    if (me() == self && !seen().stack.frames.empty()) {
        settle(i, error);
    }
    after_effect();
}

void Execution::after_effect() {
    if (pending_switch_ != kernel::kNobody<kernel::TaskId>) {
        auto const next = pending_switch_;
        pending_switch_ = kernel::kNobody<kernel::TaskId>;
        switch_to(next);
        return;
    }
    preempt_if_due();
}

model::FunctionId Execution::frame_function(kernel::TaskId task_id) const {
    auto const& frames = machine_.tasks[task_id].stack.frames;
    return frames.empty() ? kNone<model::FunctionId> : frames.back().function;
}

void Execution::do_emit(Instruction const& i, Pc pc) {
    auto const& info = impl_.events[i.subject];
    if (!observer_) {
        return;
    }
    trace::TraceEvent event{info.name, info.layout, {}};
    event.fields.reserve(kUsualFields);
    auto const overlay = bind(i.bindings);
    if (info.fields) {
        info.fields(scope(overlay), impl_, event);
        arrange_fields(event);
    }
    show(event, pc);
}

void Execution::show(trace::TraceEvent const& event, Pc pc) {
    spend(Nanos{500});
    Step step;
    step.kind = StepKind::event;
    step.time = cpu().now;
    step.cpu = cpu_;
    step.task = me();
    step.function = frame_function(me());
    step.pc = pc;
    step.name = event.name.view();
    step.event = &event;
    show_step(step);
}

bool Execution::ask(model::GuardId guard, model::Range bindings, Pc pc) {
    auto const& known = impl_.guards[model::index_of(guard)];
    bool const kept = known.kept && bindings.empty();
    if (kept) {
        for (auto const& given : seen().stack.frames.back().answers) {
            if (given.guard == guard) {
                return given.yes;
            }
        }
    }
    auto const yes = answer(guard, known, bindings);
    if (kept) {
        frame().answers.push_back({guard, yes});
    }
    if (wanted_.has(StepKind::guard)) {
        tell(StepKind::guard, frame_function(me()), pc, impl_.model[guard].name, 0, yes);
    }
    return yes;
}

/// What the scenario decided, else what the machine says, else the model's default.
bool Execution::answer(model::GuardId guard, KnownGuard const& known, model::Range bindings) {
    if (!machine_.answers.empty()) {
        auto const decided = machine_.answers.find(std::string(impl_.model[guard].name));
        if (decided != machine_.answers.end()) {
            return decided->second;
        }
    }
    auto const said =
        known.function ? known.function(scope(bind(bindings))) : kernel::Answer::unknown;
    return said == kernel::Answer::unknown ? known.otherwise : said == kernel::Answer::yes;
}

void Execution::do_branch(Instruction const& i, Pc pc) {
    if (ask(static_cast<model::GuardId>(i.subject), i.bindings, pc) == i.negate) {
        frame().pc = i.target;
    }
}

void Execution::do_maybe(Instruction const& i, Pc pc) {
    constexpr std::uint16_t patience = 200;
    if (frame().refusals >= patience || policy_.maybe(machine_, me(), impl_.model, pc)) {
        return;
    }
    frame().refusals++;
    frame().pc = i.target;
}

void Execution::do_forget(Instruction const& i) {
    auto& answers = frame().answers;
    for (auto const guard : impl_.model.in_guards(i.members)) {
        auto const is_it = [guard](auto const& given) { return given.guard == guard; };
        answers.erase(std::remove_if(answers.begin(), answers.end(), is_it), answers.end());
    }
}

void Execution::do_wait(Instruction const& i, Pc pc) {
    auto const condition = impl_.conditions[i.subject];
    if (!condition.holds) {
        return;
    }
    auto const overlay = bind(i.bindings);
    if (condition.holds(scope(overlay))) {
        task().state = kernel::TASK_RUNNING_;
        return;
    }
    frame().pc = pc; // ask again after the wake-up
    if (seen().state == kernel::TASK_RUNNING_) {
        task().state = condition.state;
    }
    observe(StepKind::block, frame_function(me()), pc, impl_.model.conditions[i.subject].name);
    call_schedule();
}

// Collections.

void Execution::do_each_begin(Instruction const& i) {
    kernel::Iteration iteration;
    if (auto const members = impl_.collections[i.subject]) {
        auto const overlay = bind(i.bindings);
        iteration.members = members(scope(overlay));
    }
    frame().iterations[i.slot] = std::move(iteration);
}

void Execution::do_each_next(Instruction const& i) {
    auto& iteration = frame().iterations[i.slot];
    if (iteration.next >= iteration.members.size()) {
        frame().pc = i.target;
        return;
    }
    auto const member = iteration.members[iteration.next++];
    auto& stack = task().stack;
    auto& top = stack.frames.back();
    for (auto const& binding : top.roles) {
        if (binding.role == i.role && binding.place >= top.first_place) {
            stack.places[binding.place] = member;
            return;
        }
    }
    top.forget(i.role);
    stack.add_place(stack.frames.size() - 1, i.role, member);
}

} // namespace kflow::engine
