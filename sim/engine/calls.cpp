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

int Execution::injected(std::string_view function) {
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
    auto const& i = impl_.model.code[from];
    if (error == 0 || i.on_failure == model::OnFailure::ignore ||
        from <= seen().stack.frames.back().failed_at) {
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

void Execution::call(model::FunctionId function, std::span<model::Binding const> bindings,
                     std::span<model::Binding const> more, Pc from, bool indirect, Start start) {
    int const handed = from < impl_.model.code.size() ? handed_down(from) : 0;
    auto const& callee = impl_.model[function];
    std::vector<kernel::RoleBinding> roles;
    roles.reserve(bindings.size() + more.size());
    for (auto const list : {bindings, more}) {
        for (auto const& binding : list) {
            roles.push_back({binding.role, place_of(binding.object)});
        }
    }
    auto& stack = task().stack;
    std::uint64_t outer = 0;
    auto caller = kNone<model::FunctionId>;
    if (stack.in_kernel()) {
        outer = stack.frames.back().symbol;
        caller = stack.frames.back().function;
    }
    bool const too_deep = stack.frames.size() > kDeepest;
    auto& made = stack.frames.emplace_back();
    made.roles = std::move(roles);
    made.function = function;
    made.pc = callee.entry;
    made.called_from = from;
    made.entered = cpu().now;
    made.first_place = static_cast<std::uint32_t>(stack.places.size());
    if (!callee.has_body) {
        made.pc = impl_.return_pc;
    }
    made.iterations.resize(callee.slots);
    if (impl_.user_function[model::index_of(function)]) {
        made.show = Show::user;
        stack.user_depth = static_cast<std::uint32_t>(stack.frames.size());
    } else {
        auto const masked = impl_.mask.call(from, caller, function, outer, indirect);
        made.show = masked.show;
        made.symbol = masked.symbol;
        made.return_offset = masked.return_offset;
    }
    auto const entry = impl_.entries[model::index_of(function)];
    if (entry == Entry::get_signal) {
        find_signal_site(outer);
    }
    bool const visible = made.show == Show::visible;
    observe(StepKind::call, function, from, callee.name);
    if (visible) {
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
        return leave(0);
    }
    frame().pc = impl_.return_pc;
    auto const self = me();
    auto const depth = seen().stack.frames.size();
    std::vector<kernel::RoleBinding> const overlay;
    auto const error = native(*this, scope(overlay));
    if (me() == self && seen().stack.frames.size() == depth) {
        leave(error);
    }
}

void Execution::push(model::FunctionId function, std::string_view role, kernel::TaskId id,
                     unsigned wake_states) {
    call(function, {}, {}, kNoPc, true);
    auto& stack = task().stack;
    stack.add_place(stack.frames.size() - 1, impl_.roles.at(role), kernel::object_of(id));
    stack.frames.back().wake_states = wake_states;
}

void Execution::do_call(Instruction const& i, Pc pc) {
    call(static_cast<model::FunctionId>(i.subject), impl_.model.in_bindings(i.bindings), {}, pc,
         false);
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
        observe(StepKind::leave, top.function, from, impl_.model[top.function].name, error);
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
            impl_.wrapper[model::index_of(frame().function)]) {
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
