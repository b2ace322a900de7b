// The user side of a task: its program's operations, glibc's functions, and the way into the kernel
// and back.

#include "sim/engine/execution.hpp"
#include "sim/engine/user_calls.hpp"
#include "sim/kernel/words.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Arguments;
using kernel::UserPosition;
using model::kNone;

namespace {

constexpr int kRestartSys = 512, kRestartNoIntr = 513, kRestartNoHandler = 514,
              kRestartBlock = 516; // include/linux/errno.h

bool asks_for_restart(std::int64_t result) {
    return result == -kRestartSys || result == -kRestartNoIntr || result == -kRestartNoHandler ||
           result == -kRestartBlock;
}

std::int64_t value_of(World const& world, kernel::Machine const& machine, kernel::TaskId id,
                      Value const& value) {
    auto const& task = machine.tasks[id];
    auto const number = [&](kernel::TaskId whom) -> std::int64_t {
        return machine.number_in(machine.tasks[whom].pid_struct, machine.namespace_of(id));
    };
    auto const variable = [&]() -> std::int64_t {
        return value.variable < task.user.variables.size() ? task.user.variables[value.variable]
                                                           : 0;
    };
    switch (value.kind) {
    case Value::Kind::number:
        return value.number;
    case Value::Kind::variable:
        return variable();
    case Value::Kind::minus_variable:
        return -variable();
    case Value::Kind::own_pid:
        return number(task.leader);
    case Value::Kind::own_tid:
        return number(id);
    case Value::Kind::parent_pid:
        return machine.tasks.has(task.real_parent) ? number(task.real_parent) : 0;
    case Value::Kind::typed_line:
        return task.user.line;
    case Value::Kind::line_bytes:
        return static_cast<std::int64_t>(world.string(variable()).size());
    case Value::Kind::ready:
        return (kernel::ready_files(machine, id) & value.number) != 0 ? 1 : 0;
    case Value::Kind::line_program:
        return world.program_of_line(world.string(variable()));
    }
    return 0;
}

bool holds(Compare compare, std::int64_t left, std::int64_t right) {
    switch (compare) {
    case Compare::equal:
        return left == right;
    case Compare::not_equal:
        return left != right;
    case Compare::less:
        return left < right;
    case Compare::greater:
        return left > right;
    }
    return false;
}

void store(UserPosition& user, Variable variable, std::int64_t value) {
    if (variable == kNoVariable) {
        return;
    }
    if (user.variables.size() <= variable) {
        user.variables.resize(variable + std::size_t{1});
    }
    user.variables[variable] = value;
}

template <class Program>
std::string_view name_of_system_call(Program const& program, std::uint32_t subject) {
    if constexpr (requires { program.syscalls; }) {
        return program.syscalls[subject];
    } else {
        (void)subject;
        return {};
    }
}

} // namespace

int Execution::program_at(std::int64_t path) const {
    return impl_.world.find_program(impl_.world.string(path));
}

std::string_view Execution::text(std::int64_t index) const {
    return impl_.world.string(index);
}

void Execution::load_program(kernel::TaskId id, int program) {
    auto& loaded = machine_.tasks.edit(id);
    auto const& found = impl_.world.programs[static_cast<std::size_t>(program)];
    loaded.user = UserPosition{};
    loaded.user.program = program;
    loaded.signal_frames.clear();
    auto& frames = loaded.stack.frames;
    frames.erase(frames.begin(), frames.begin() + loaded.stack.user_depth);
    loaded.stack.user_depth = 0;
    if (loaded.mm != kernel::kNobody<kernel::MmId>) {
        auto& mm = machine_.mms.edit(loaded.mm);
        mm.vmas = mm.shown_vmas = found.vmas;
        mm.library = {};
    }
}

void Execution::user_step() {
    auto const& user = seen().user;
    if (seen().stack.user_depth > user.base) {
        return execute();
    }
    auto const* program = impl_.program_of(seen());
    if (me() == machine_.kworker) {
        return work();
    }
    if (!program) {
        task().user.cpu_left = 0;
        cpu().asleep = true;
        visible_ = true;
        return;
    }
    if (seen().thread.sigpending && !seen().user_work_done) {
        task().user_work_done = true; // woken before it ever was in the kernel
        return leave_for_user();
    }
    task().user_work_done = false;
    if (user.in_call) {
        return finish_call();
    }
    auto const& ops = program->ops;
    static Op const end{};
    start_op(user.op < ops.size() ? ops[user.op] : end);
}

void Execution::start_op(Op const& op) {
    observe(StepKind::user, kNone<model::FunctionId>, seen().user.op, op.name);
    if (op.kind == Op::Kind::end && !seen().user.callers.empty()) {
        return return_to_library();
    }
    auto const self = me();
    auto const left = value_of(impl_.world, machine_, self, op.left);
    auto const right = value_of(impl_.world, machine_, self, op.right);
    auto& user = task().user;
    switch (op.kind) {
    case Op::Kind::set:
        store(user, op.result, left);
        user.op++;
        return;
    case Op::Kind::add:
        store(user, op.result, left + right);
        user.op++;
        return;
    case Op::Kind::branch:
        user.op = holds(op.compare, left, right) ? user.op + 1 : op.target;
        return;
    case Op::Kind::branch_errno:
        user.op = (left == -1 ? user.error != 0 : user.error == left) ? user.op + 1 : op.target;
        return;
    case Op::Kind::jump:
        user.op = op.target;
        return;
    case Op::Kind::compute:
        return compute(left);
    case Op::Kind::fault:
        return fault(left);
    default:
        return begin_call(op, left);
    }
}

void Execution::compute(std::int64_t amount) {
    constexpr std::int64_t slice = 1'000'000;
    auto& user = task().user;
    if (user.cpu_left == 0) {
        user.cpu_left = std::max<std::int64_t>(amount, 1);
    }
    auto const now = std::min(user.cpu_left, slice);
    user.cpu_left -= now;
    spend(Nanos{now});
    if (user.cpu_left == 0) {
        task().user.op++;
    }
}

void Execution::begin_call(Op const& op, std::int64_t code) {
    auto const self = me();
    Arguments arguments;
    for (auto const& argument : op.arguments) {
        arguments.set(argument.name, value_of(impl_.world, machine_, self, argument.value));
    }
    std::string_view name = op.name;
    bool direct = op.kind == Op::Kind::system_call;
    if (op.kind == Op::Kind::end) {
        name = "exit";
        arguments.set(Arg::exit_code, code);
    } else if (op.kind == Op::Kind::handler_return) {
        name = "rt_sigreturn";
        direct = true;
    }
    auto& user = task().user;
    user.in_call = true;
    user.arguments = arguments;
    user.result = 0;
    spend(policy_.user_cost(machine_, self));
    if (!direct) {
        if (auto const function = impl_.library_function(name);
            function != kNone<model::FunctionId>) {
            return call(function, {}, {}, ~model::Pc{0}, true);
        }
    }
    enter_kernel(name, system_call_arguments(machine_, self, name, name));
}

void Execution::call_program(std::uint32_t op) {
    auto& self = task();
    auto& user = self.user;
    user.callers.push_back({user.op, user.in_call, user.base, user.arguments});
    user.op = op;
    user.in_call = false;
    user.base = self.stack.user_depth;
    user.arguments = {};
}

/// The end of a function that the library called: the library goes on behind the call.
void Execution::return_to_library() {
    auto& user = task().user;
    auto const caller = std::move(user.callers.back());
    user.callers.pop_back();
    user.op = caller.op;
    user.in_call = caller.in_call;
    user.base = caller.base;
    user.arguments = caller.arguments;
}

void Execution::unwind_thread() {
    auto& self = task();
    if (auto& callers = self.user.callers; !callers.empty()) {
        auto const start = callers.size() > 1 ? callers[1].base : self.user.base;
        callers.resize(1);
        while (self.stack.frames.size() > start) {
            self.stack.pop();
        }
        return return_to_library();
    }
    self.stack = {};
    self.user.base = 0;
    auto const main = impl_.library_function("__libc_start_call_main");
    if (main != kNone<model::FunctionId>) {
        call(main, {}, {}, ~model::Pc{0}, true);
    }
}

/// Touches an address: 0 is never mapped, 1 is memory of the program's own.
void Execution::fault(std::int64_t address) {
    task().user.op++;
    spend(policy_.user_cost(machine_, me()));
    if (address != 0) {
        return;
    }
    task().fault_signal = kernel::SIGSEGV_;
    task().fault_code = kernel::SEGV_MAPERR_;
    auto entry = impl_.body_of("el0t_64_sync"); // the guards ask the syndrome: exception_is_…
    if (entry == kNone<model::FunctionId>) {
        entry = impl_.function("force_sig_fault");
    }
    if (entry != kNone<model::FunctionId>) {
        call(entry, {}, {}, ~model::Pc{0}, true);
        frame().boundary = true;
    }
}

/// The operation's call is over: its result goes to its variable.
void Execution::finish_call() {
    auto& user = task().user;
    auto const& ops = impl_.program_of(seen())->ops;
    user.in_call = false;
    if (user.op >= ops.size()) {
        return;
    }
    auto const& op = ops[user.op];
    auto result = user.result;
    if (result < 0 && result > -4096) {
        user.error = static_cast<int>(-result);
        result = op.kind == Op::Kind::call ? -1 : result;
    }
    store(user, op.result, result);
    user.op++;
}

// The way into the kernel and back.

void Execution::do_syscall(model::Instruction const& i, model::Pc) {
    auto const name = name_of_system_call(impl_.model, i.subject);
    auto const& user = seen().user;
    std::string_view called;
    auto const& ops = impl_.program_of(seen())->ops;
    if (user.op < ops.size()) {
        called = ops[user.op].name;
    }
    enter_kernel(name, system_call_arguments(machine_, me(), called, name));
}

void Execution::enter_kernel(std::string_view name, Arguments arguments) {
    auto& self = task();
    self.syscall = name;
    self.args = std::move(arguments);
    self.syscall_result = 0;
    self.restart_syscall = false;
    self.user.result = 0;
    observe(StepKind::enter_kernel, kNone<model::FunctionId>, 0, name);
    auto entry = impl_.body_of("el0t_64_sync");
    bool const whole_entry = entry != kNone<model::FunctionId>;
    if (!whole_entry) {
        entry = impl_.function("__arm64_sys_" + std::string(name));
    }
    if (entry == kNone<model::FunctionId>) {
        note_result(38); // ENOSYS
        return back_to_user();
    }
    call(entry, {}, {}, ~model::Pc{0}, true);
    if (seen().stack.in_kernel()) {
        frame().boundary = true;
    }
}

void Execution::note_result(int error) {
    auto& self = task();
    if (self.resumes) {
        return; // rt_sigreturn: the registers are those of the interrupted place
    }
    self.user.result = error != 0 ? -error : self.syscall_result;
    bool const waits = self.syscall == "wait4" || self.syscall == "waitid";
    if (waits && error == 0 && !self.wait_reported && self.syscall_result == 0 &&
        self.thread.sigpending && (kernel::wait_options(self) & kernel::WNOHANG_) == 0 &&
        kernel::has_child_to_wait_for(machine_, me())) {
        self.user.result = -kRestartSys;
    }
}

/// rt_sigreturn has put back the position that a signal interrupted.
void Execution::resume_interrupted() {
    auto& self = task();
    self.resumes = false;
    self.stack.places = self.resume_places;
    if (self.resume_restart) {
        self.resume_restart = false;
        return enter_kernel(self.resume_syscall, self.resume_args);
    }
    if (!self.resume_syscall.empty()) {
        continue_glibc();
    }
}

/// The glibc function goes on behind its `syscall` statement.
void Execution::continue_glibc() {
    if (seen().stack.user_depth == seen().user.base) {
        return; // the program itself made the system call
    }
    auto const pc = frame().pc - 1;
    auto const result = seen().user.result;
    settle(impl_.model.code[pc], result < 0 && result > -4096 ? static_cast<int>(-result) : 0);
}

/// The frame that stood at the entry is gone: the task is in user space again.
void Execution::back_to_user() {
    cpu().irqs_off = false;
    if (seen().resumes) {
        return resume_interrupted();
    }
    auto& self = task();
    if (self.stack.user_depth == 0) {
        self.stack.places.clear();
    }
    observe(StepKind::leave_kernel, kNone<model::FunctionId>, 0, self.syscall);
    if (self.syscall.empty()) {
        return; // an interrupt or a fault
    }
    if (asks_for_restart(seen().user.result)) {
        auto const arguments = seen().args;
        auto const name = seen().syscall;
        bool const by_block = seen().user.result == -kRestartBlock;
        return enter_kernel(by_block ? "restart_syscall" : name, arguments);
    }
    task().syscall.clear();
    spend(policy_.user_cost(machine_, me()));
    continue_glibc();
}

} // namespace kflow::engine
