#pragma once
// One CPU going on: interprets the model's instructions for the task that runs on it. Lives for one
// step only; everything that lasts is in the Machine. Private to sim/engine.

#include "sim/engine/impl.hpp"
#include "sim/trace/call_shapes.hpp"

#include <span>
#include <string_view>

namespace kflow::engine {

inline constexpr std::size_t kUsualFields = 8; ///< an event has: room is made for them at once

class Execution final : public kernel::Actions {
public:
    Execution(Engine::Impl const& impl, kernel::Machine& machine, Policy& policy,
              Observer* observer, Cpu cpu)
        : impl_(impl), machine_(machine), policy_(policy), observer_(observer), cpu_(cpu),
          here_(machine.cpu(cpu)), wanted_(observer ? observer->wanted() : StepSet{0, false}),
          passed_over_(least_passed_over()) {}

    /// Until something visible happened or time went by; false where the CPU has nothing to do.
    bool go();

    // Consequences (kernel::Actions).
    bool wake(kernel::TaskId task, unsigned states) override;
    void resched(Cpu cpu, bool lazy) override;
    void kick(Cpu cpu) override;
    void start_timer(kernel::TaskId task, Nanos expires) override {
        arm_timer(task, expires, cpu_);
    }
    int program_at(std::int64_t path) const override;
    void load_program(kernel::TaskId task, int program) override;
    std::string_view text(std::int64_t index) const override;
    void free_later(kernel::TaskId task) override;
    void complete(kernel::TaskId waiter) override;
    void check_preemption(kernel::TaskId woken) override;
    void queue_remote(kernel::TaskId task) override;
    void again() override { frame().pc--; }
    bool spin() override;
    void enter_handler(kernel::TaskId task) override;
    void leave_handler(kernel::TaskId task) override;
    void switch_after(kernel::TaskId next) override { pending_switch_ = next; }
    kernel::TaskId pick() override;
    Cpu choose_cpu(kernel::TaskId task) override;
    void emit_event(std::string_view event, std::string_view role, kernel::Object object) override;
    void call_program(std::uint32_t op) override;
    void unwind_thread() override;

    // For native functions.
    Engine::Impl const& impl() const { return impl_; }
    kernel::Machine& machine() { return machine_; }
    Policy& policy() { return policy_; }
    Cpu cpu_number() const { return cpu_; }
    /// schedule(): gives the CPU to whom the policy picks.
    void schedule();
    /// Sleeps in `state`, by the model's schedule() where there is one.
    void sleep(unsigned state);
    /// At full depth, what captures showed below the function that is worked on. A native function
    /// that gives the CPU away at its end calls it before; for others it is done.
    void show_helpers();
    /// preempt_schedule_common(): the CPU goes on with whoever is due.
    void give_way();
    /// preempt_enable() of a place that the model does not show.
    void preempt() { preempt_if_due(); }
    /// Sleeps until the device that the running task has asked for something answers.
    void wait_for_device();
    /// One step of a write that goes to the disk, as a file of the 9p file system makes it; the
    /// function that is worked on is called again for the next one.
    void write_through();
    /// Queues work for the kworker of the terminal: called under `locks` spin locks.
    void queue_work(int locks);
    /// Wakes tasks one after the other under their wait queue's lock (__wake_up_common_lock).
    void wake_queue(std::vector<kernel::TaskId> const& sleepers);
    /// One of them: a read goes on, a poll has found something.
    void wake_from_files(kernel::TaskId sleeper);
    /// The interrupt that was raised first is served, between irq_enter_rcu() and irq_exit_rcu().
    void handle_interrupt();
    void enter_hardirq();
    /// True where soft interrupts that waited run first.
    bool leave_hardirq(bool ends_interrupt);
    /// kill_pgrp() of the current task's own group, by the kernel; the function that is worked on
    /// returns `error` after it.
    void signal_own_group(int signal, int error);
    /// Emits an event whose fields are made from what `roles` are bound to.
    void emit(std::string_view event,
              std::span<std::pair<std::string_view, kernel::Object> const> roles);

private:
    kernel::CpuState& cpu() { return here_; }
    kernel::TaskId me() const { return here_.current; }
    kernel::Task& task() {
        if (mine_of_ != here_.current) {
            mine_ = &machine_.tasks.edit(here_.current);
            mine_of_ = here_.current;
        }
        return *mine_;
    }
    kernel::Task const& seen() const {
        return mine_of_ == here_.current ? *mine_ : machine_.tasks[here_.current];
    }
    /// After this the machine may have been copied: the task that is edited is looked up again.
    void show_step(Step const& step) {
        observer_->on_step(step, machine_);
        mine_of_ = kernel::kNobody<kernel::TaskId>;
    }
    kernel::Frame& frame() { return task().stack.frames.back(); }
    void spend(Nanos time);

    // The interpreter (interpreter.cpp).
    void execute(); ///< one instruction
    void carry_out();
    void do_call(model::Instruction const& i, model::Pc pc);
    void do_via(model::Instruction const& i, model::Pc pc);
    void do_effect(model::Instruction const& i, model::Pc pc);
    void do_emit(model::Instruction const& i, model::Pc pc);
    void do_wait(model::Instruction const& i, model::Pc pc);
    void do_branch(model::Instruction const& i, model::Pc pc);
    void do_maybe(model::Instruction const& i, model::Pc pc);
    void do_each_begin(model::Instruction const& i);
    void do_each_next(model::Instruction const& i);
    void do_forget(model::Instruction const& i);
    bool ask(model::GuardId guard, model::Range bindings, model::Pc pc);
    bool answer(model::GuardId guard, KnownGuard const& known, model::Range bindings);
    kernel::RoleBindings bind(model::Range bindings);
    /// What the frame at `depth` calls `object`: a new place of it where nobody bound that.
    std::uint32_t place_of(model::RoleId object, std::size_t depth);
    /// Whether a function without a body works at once, or when what is pushed above it is done.
    enum class Start { now, later };
    /// Pushes a frame. `from` ~0: no instruction calls it.
    void call(model::FunctionId function, std::span<model::Binding const> bindings,
              std::span<model::Binding const> more, model::Pc from, bool indirect,
              Start start = Start::now);
    void pass_over(std::span<model::Binding const> bindings, model::Pc from);
    void push_frame(model::FunctionId function, MaskedCall const& masked, model::Pc from);
    void begin(int handed, bool too_deep, Start start);
    void leave(int error);
    /// What the result of a step does to its frame; false where the frame fails with it.
    bool goes_on(model::Instruction const& i, int error);
    void settle(model::Instruction const& i, int error);
    void do_syscall(model::Instruction const& i, model::Pc pc);
    /// The system call's function has come back.
    void note_result(int error);
    void after_effect();
    void show(trace::TraceEvent const& event, model::Pc pc);
    model::FunctionId frame_function(kernel::TaskId task) const;
    /// Pushes schedule(), or does it where the model has no body for it.
    void call_schedule();
    model::Silence least_passed_over() const;
    int injected(std::string_view function) {
        return machine_.injections.empty() ? 0 : next_injected(function);
    }
    int next_injected(std::string_view function);
    int handed_down(model::Pc from);
    void observe(StepKind kind, model::FunctionId function, model::Pc pc, std::string_view name,
                 int error = 0, bool yes = false) {
        if (wanted_.has(kind)) {
            tell(kind, function, pc, name, error, yes);
        }
    }
    void tell(StepKind kind, model::FunctionId function, model::Pc pc, std::string_view name,
              int error, bool yes);
    /// The call of a function, or its return, with the frame that is on top.
    void observe_frame(StepKind kind, kernel::Frame const& top, int error = 0) {
        if (wanted_.has(kind) && (wanted_.hidden || top.show == kernel::Show::visible)) {
            tell(kind, top.function, top.called_from, impl_.model[top.function].name, error, false);
        }
    }
    kernel::Scope scope(kernel::RoleBindings const& overlay) {
        return {machine_, impl_.roles, me(), cpu_, {overlay.data(), overlay.size()}};
    }

    void call_native(model::FunctionId function);

    // What captures showed below a function without a body (full_depth.cpp).
    trace::CallShapes::Place helper_place(std::size_t helper);
    kernel::MmId helper_memory();
    std::uint32_t count_helper(std::uint32_t caller, std::uint64_t symbol);
    void open_shape(model::FunctionId called);
    void close_shape();
    void show_marks(std::vector<HelperMark> const& marks);

    /// Pushes a function of the model with one role bound to a task.
    void push(model::FunctionId function, std::string_view role, kernel::TaskId task,
              unsigned wake_states);

    // What some functions do to their frame (entry_actions.cpp).
    void on_enter(Entry entry);
    void bind_switch_roles();
    void bind_kernel_kill();
    void find_signal_site();

    // The scheduler (scheduler.cpp).
    void wake_natively(kernel::TaskId task, unsigned states);
    void enqueue(kernel::TaskId task, Cpu target, bool is_new);
    void wake_on(kernel::TaskId task, Cpu target);
    void activate_remote();
    void block_current() override;
    void emit_switch(kernel::TaskId prev, kernel::TaskId next);
    void switch_to(kernel::TaskId next);
    void begin_new_task();
    bool preempt_if_due();

    // Interrupts (interrupts.cpp).
    void take_interrupt();
    bool enter_by(model::FunctionId vector);
    void push_interrupt_frame();
    void leave_for_user();
    void interrupt_timer();
    void arm_timer(kernel::TaskId task, Nanos expires, Cpu cpu);
    void soft_interrupts(bool ends_interrupt);
    void end_soft_interrupts();
    void arm_flush();
    void end_interrupt();
    void return_from_interrupt();

    // The user side (user_side.cpp).
    void user_step();
    void start_op(Op const& op);
    void begin_call(Op const& op, std::int64_t code);
    void finish_call();
    void return_to_library();
    void work();
    void end_writes();
    void hold(int locks);
    void compute(std::int64_t amount);
    void fault(std::int64_t address);
    void enter_kernel(std::string_view name, kernel::Arguments arguments);
    void back_to_user();
    void resume_interrupted();
    void continue_glibc();

    // The idle task.
    bool idle_step();

    Engine::Impl const& impl_;
    kernel::Machine& machine_;
    Policy& policy_;
    Observer* observer_;
    Cpu cpu_;
    kernel::CpuState& here_;
    kernel::Task* mine_ = nullptr; ///< what runs here, if it is still `mine_of_`
    kernel::TaskId mine_of_ = kernel::kNobody<kernel::TaskId>;
    StepSet wanted_;             ///< by the observer
    model::Silence passed_over_; ///< of calls that are not made: nobody would notice
    kernel::TaskId pending_switch_ = kernel::kNobody<kernel::TaskId>; ///< do switch_to
    bool helpers_shown_ = false; ///< of the native function that is worked on
    bool visible_ = false;       ///< something was shown or took time: the step is over
};

} // namespace kflow::engine
