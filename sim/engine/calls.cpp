// Calls of the model's functions and their returns: frames, what a build shows of them, failures.

#include "sim/engine/execution.hpp"

#include <algorithm>
#include <utility>

namespace kflow::engine {

using kernel::Show;
using model::Instruction;
using model::kNone;
using model::Pc;

namespace {
constexpr Pc kNoPc = ~Pc{0};
constexpr std::size_t kDeepest = 400; ///< frames: a model that calls itself for ever ends here
} // namespace

int Execution::next_injected(std::string_view function) {
    auto const is_below = [this](std::string const& caller) {
        auto const& frames = seen().stack.frames;
        return caller.empty() || std::any_of(frames.begin(), frames.end(), [&](auto const& frame) {
                   return impl_.model[frame.function].name == caller;
               });
    };
    for (auto& injection : machine_.injections) {
        if (injection.function == function && is_below(injection.caller) &&
            ++injection.seen == injection.nth) {
            return injection.error;
        }
    }
    return 0;
}

/// What an injected failure of this frame makes of its step at `from`: where the source says what
/// follows if that fails, and does not make another error of it, the failure is the step's. A
/// second way to get the same fails too (a stack that is not in the cache); what is tried again
/// does not.
int Execution::handed_down(Pc from) {
    auto const error = seen().stack.frames.back().fails;
    if (from >= impl_.model.code.size()) {
        return 0;
    }
    auto const& i = impl_.model.code[from];
    if (i.on_failure == model::OnFailure::ignore || from <= seen().stack.frames.back().failed_at) {
        return 0;
    }
    auto const& then = impl_.model.code[i.target];
    if (i.on_failure == model::OnFailure::jump && then.op == model::Op::set_error &&
        then.subject != kNone<std::uint32_t> && impl_.errnos[then.subject] != error) {
        return 0;
    }
    frame().failed_at = from;
    return error;
}

/// Where nobody looks at what no tracer sees, and no failure is to be injected, a call that does
/// nothing need not be made.
model::Silence Execution::least_passed_over() const {
    auto const none = static_cast<model::Silence>(model::index_of(model::Silence::always) + 1);
    if (wanted_.hidden || wanted_.has(StepKind::guard) || !machine_.injections.empty()) {
        return none;
    }
    bool const usual = policy_.takes_no_maybe() && machine_.answers.empty();
    return usual ? model::Silence::usual : model::Silence::always;
}

void Execution::call(model::FunctionId function, std::span<model::Binding const> bindings,
                     std::span<model::Binding const> more, Pc from, bool indirect, Start start) {
    auto& stack = task().stack;
    MaskedCall masked{Show::user, 0, 0};
    if (!impl_.user_function[model::index_of(function)]) {
        bool const in_kernel = stack.in_kernel();
        masked = impl_.mask.call(
            from, in_kernel ? stack.frames.back().function : kNone<model::FunctionId>, function,
            in_kernel ? stack.frames.back().symbol : 0, indirect);
    }
    auto const handed =
        stack.frames.empty() || stack.frames.back().fails == 0 ? 0 : handed_down(from);
    bool const too_deep = stack.frames.size() > kDeepest;
    push_frame(function, masked, from);
    for (auto const list : {bindings, more}) {
        for (auto const& binding : list) {
            auto const place = place_of(binding.object, stack.frames.size() - 2);
            stack.frames.back().roles.push_back({binding.role, place});
        }
    }
    stack.frames.back().first_place = static_cast<std::uint32_t>(stack.places.size());
    begin(handed, too_deep, start);
}

/// A call that need not be made: what it is told is known to its caller by then.
void Execution::pass_over(std::span<model::Binding const> bindings, Pc from) {
    for (auto const& binding : bindings) {
        place_of(binding.object, seen().stack.frames.size() - 1);
    }
    goes_on(impl_.model.code[from], 0);
}

void Execution::push_frame(model::FunctionId function, MaskedCall const& masked, Pc from) {
    auto const& callee = impl_.model[function];
    auto& stack = task().stack;
    auto& made = stack.frames.emplace_back();
    made.function = function;
    made.pc = callee.has_body ? callee.entry : impl_.return_pc;
    made.called_from = from;
    made.entered = here_.now;
    if (callee.slots != 0) {
        made.iterations.resize(callee.slots);
    }
    made.show = masked.show;
    made.symbol = masked.symbol;
    made.return_offset = masked.return_offset;
    if (made.show == Show::user) {
        stack.user_depth = static_cast<std::uint32_t>(stack.frames.size());
    }
}

/// What the newest frame's function does before its first instruction. `handed`: the error that it
/// must fail with.
void Execution::begin(int handed, bool too_deep, Start start) {
    auto const& top = seen().stack.frames.back();
    auto const function = top.function;
    auto const& callee = impl_.model[function];
    auto const entry = impl_.entries[model::index_of(function)];
    if (entry == Entry::get_signal) {
        find_signal_site();
    }
    observe_frame(StepKind::call, top);
    if (top.show == Show::visible) {
        spend(policy_.function_cost(machine_, callee.name));
    }
    auto const injection = injected(callee.name);
    auto const error = handed != 0 ? handed : injection;
    if (too_deep || (error != 0 && !callee.has_body)) {
        return leave(too_deep ? 0 : error);
    }
    if (error != 0) {
        frame().fails = error;
    }
    if (entry != Entry::plain) {
        on_enter(entry);
    }
    if (!callee.has_body && start == Start::now) {
        call_native(function);
    } else if (!callee.has_body) {
        frame().waits = true;
    }
}

/// A function without a body is over at once, unless it is one that the machine knows how to do: it
/// may switch the task away or call the model's functions, and returns after that.
void Execution::call_native(model::FunctionId function) {
    auto const native = impl_.native[model::index_of(function)];
    if (!native) {
        show_helpers();
        return leave(0);
    }
    frame().pc = impl_.return_pc;
    auto const self = me();
    auto const depth = seen().stack.frames.size();
    helpers_shown_ = false;
    auto const error = native(*this, scope({}));
    if (me() == self && seen().stack.frames.size() == depth) {
        if (!helpers_shown_) {
            show_helpers();
        }
        leave(error);
    }
}

void Execution::push(model::FunctionId function, std::string_view role, kernel::TaskId id,
                     unsigned wake_states) {
    open_shape(function);
    call(function, {}, {}, kNoPc, true);
    auto& stack = task().stack;
    stack.add_place(stack.frames.size() - 1, impl_.roles.find(role), kernel::object_of(id));
    stack.frames.back().wake_states = wake_states;
}

void Execution::do_call(Instruction const& i, Pc pc) {
    auto const bindings = impl_.model.in_bindings(i.bindings);
    auto const left = impl_.model.mask.remainder(pc);
    if (left.silence >= passed_over_ && seen().stack.frames.back().fails == 0) {
        pass_over(bindings, pc);
        if (left.effect != model::Remainder::kNoEffect) {
            do_effect(impl_.model.code[left.effect], left.effect);
        }
        return;
    }
    call(static_cast<model::FunctionId>(i.subject), bindings, {}, pc, false);
}

void Execution::do_via(Instruction const& i, Pc pc) {
    auto const shared = impl_.model.in_bindings(i.bindings);
    if (i.subject == impl_.syscall_label) {
        auto function = impl_.function("__arm64_sys_" + seen().syscall);
        if (function == kNone<model::FunctionId>) {
            function = impl_.function("sys_ni_syscall");
        }
        if (function != kNone<model::FunctionId>) {
            call(function, shared, {}, pc, true);
        }
        return;
    }
    for (auto const& member : impl_.model.in_members(i.members)) {
        if (member.guard != kNone<model::GuardId> &&
            ask(member.guard, member.guard_bindings, pc) == member.negate) {
            continue;
        }
        if (member.callee != kNone<model::FunctionId>) {
            call(member.callee, shared, impl_.model.in_bindings(member.bindings), pc, true);
        }
        return;
    }
}

void Execution::leave(int error) {
    for (;;) {
        auto const& top = seen().stack.frames.back();
        auto const from = top.called_from;
        bool const boundary = top.boundary;
        bool const interrupt = top.interrupt;
        bool const softirq = top.softirq;
        bool const by_vector = top.function == impl_.kernel_irq;
        observe_frame(StepKind::leave, top, error);
        if (top.function == impl_.schedule_core) {
            cpu().preempting = false;
        }
        bool const was_user = top.show == Show::user;
        task().stack.pop();
        if (softirq) {
            end_soft_interrupts();
            return interrupt ? return_from_interrupt() : void();
        }
        if (interrupt) {
            return by_vector ? return_from_interrupt() : end_interrupt();
        }
        if (boundary && me() == cpu().idle) {
            cpu().irqs_off = false;
            return;
        }
        if (boundary && !was_user) {
            return back_to_user();
        }
        if (was_user && seen().stack.frames.size() == seen().user.base) {
            return finish_call();
        }
        if (from == kNoPc) {
            if (!seen().open_shapes.empty()) {
                close_shape();
            }
            return; // the engine put it there
        }
        auto const& i = impl_.model.code[from];
        if (i.op == model::Op::via && i.subject == impl_.syscall_label) {
            return note_result(error);
        }
        if (i.op != model::Op::call && i.op != model::Op::via && i.op != model::Op::effect) {
            return;
        }
        if (i.on_failure == model::OnFailure::ignore && error != 0 &&
            impl_.is_wrapper(frame().function)) {
            frame().error = error; // SYSCALL_DEFINE: hands on what the inner function returns
        }
        if (goes_on(i, error)) {
            return;
        }
    }
}

bool Execution::goes_on(Instruction const& i, int error) {
    if (i.on_failure == model::OnFailure::ignore) {
        return true;
    }
    frame().error = error;
    if (error != 0 && i.on_failure == model::OnFailure::jump) {
        frame().pc = i.target;
        return true;
    }
    return error == 0;
}

void Execution::settle(Instruction const& i, int error) {
    if (!goes_on(i, error)) {
        leave(error);
    }
}

} // namespace kflow::engine
