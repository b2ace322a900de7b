#pragma once
// What a guard or an effect sees: the machine, the task that acts, and what the asking frame calls
// by which name.

#include "sim/kernel/machine.hpp"
#include "sim/model/ir.hpp"

#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kflow::kernel {

/// The roles of a model by name. Guards and effects are written for names; ids differ by build.
class RoleNames {
public:
    /// `roles` by id, no two alike.
    explicit RoleNames(std::vector<std::string_view> const& roles);
    /// The id of a role; the next free one if it is new.
    model::RoleId add(std::string_view role);
    /// kNone if there is none of that name.
    model::RoleId find(std::string_view role) const;

private:
    std::unordered_map<std::string_view, model::RoleId> ids_; // never iterated
    model::RoleId task_ = model::kNone<model::RoleId>;
};

/// Roles are looked up in the question's own bindings first, then in the acting task's stack.
class Scope {
public:
    Scope(Machine& machine_, RoleNames const& names, TaskId current_, Cpu cpu_,
          std::span<RoleBinding const> overlay)
        : machine(machine_), current(current_), cpu(cpu_), names_(names), overlay_(overlay) {}

    Machine& machine;
    TaskId const current;
    Cpu const cpu;

    /// What `role` stands for; none where nobody bound it.
    Object object(std::string_view role) const;
    /// Sets what `role` stands for, for everybody who bound it.
    void bind(std::string_view role, Object object) const;

    /// The task behind `role`; current where the role is not bound to a task. A role that is bound
    /// to something of a task's (its mm, its args) does not count.
    TaskId task_id(std::string_view role = "task") const;
    Task const& task(std::string_view role = "task") const { return machine.tasks[task_id(role)]; }
    Task& edit(std::string_view role = "task") const { return machine.tasks.edit(task_id(role)); }
    Task const& self() const { return machine.tasks[current]; }
    Task& edit_self() const { return machine.tasks.edit(current); }
    ThreadGroup const& group(std::string_view role = "task") const {
        return machine.groups[task(role).group];
    }
    ThreadGroup& edit_group(std::string_view role = "task") const {
        return machine.groups.edit(task(role).group);
    }
    /// The arguments of the acting task's system call.
    Arguments const& args() const { return self().args; }
    /// The mm, pid … behind a role, or nobody.
    template <class Id>
    Id id_of(std::string_view role, ObjectKind kind) const {
        auto const found = object(role);
        return found.kind == kind ? static_cast<Id>(found.id) : kNobody<Id>;
    }

private:
    RoleNames const& names_;
    std::span<RoleBinding const> overlay_;
};

/// What effects may ask of the engine: consequences that take place on a CPU.
class Actions {
public:
    virtual ~Actions() = default;
    /// try_to_wake_up(): makes a task that sleeps in one of `states` runnable; true if it did.
    virtual bool wake(TaskId task, unsigned states) = 0;
    /// complete(): ends the wait of a task for a completion.
    virtual void complete(TaskId waiter) = 0;
    /// resched_curr() of a CPU.
    virtual void resched(Cpu cpu, bool lazy) = 0;
    /// smp_send_reschedule(): another CPU enters the kernel.
    virtual void kick(Cpu cpu) = 0;
    /// Starts the hrtimer that `task` sleeps on.
    virtual void start_timer(TaskId task, Nanos expires) = 0;
    /// Index of the program at a path; -1 if there is none.
    virtual int program_at(std::int64_t path) const = 0;
    /// Gives a task the user side of a program (exec).
    virtual void load_program(TaskId task, int program) = 0;
    virtual std::string_view text(std::int64_t index) const = 0;
    /// call_rcu(): the task's last reference goes after a grace period.
    virtual void free_later(TaskId task) = 0;
    /// switch_to(): after this effect the CPU goes on with the stack of `next`.
    virtual void switch_after(TaskId next) = 0;
    /// try_to_block_task(): current leaves the queue unless it is running or a signal keeps it.
    virtual void block_current() = 0;
    /// pick_next_task(): who runs next on this CPU (current where nobody else is ready).
    virtual TaskId pick() = 0;
    /// select_task_rq() for a task that wakes up or is new.
    virtual Cpu choose_cpu(TaskId task) = 0;
    /// wakeup_preempt(): asks the current task of the CPU that `woken` was queued on to give way.
    virtual void check_preemption(TaskId woken) = 0;
    /// ttwu_queue_wakelist(): leaves the rest of a wake-up to the CPU of the task.
    virtual void queue_remote(TaskId task) = 0;
    /// The effect is executed again when the task comes back.
    virtual void again() = 0;
    /// Another CPU holds a lock: the effect is executed again a little later. Where a capture
    /// leads, its order says who had the lock, and this does nothing: false.
    virtual bool spin() = 0;
    /// The user side goes on in the handler of the signal that the task has in `delivered`.
    virtual void enter_handler(TaskId task) = 0;
    /// rt_sigreturn: the user side goes on where the signal interrupted it.
    virtual void leave_handler(TaskId task) = 0;
    /// The library calls a function of the running task's program: operation `op` is its first.
    virtual void call_program(std::uint32_t op) = 0;
    /// Unwinds the running task's user stack: back into start_thread() or, of the first thread,
    /// into
    /// __libc_start_call_main().
    virtual void unwind_thread() = 0;
    /// A tracepoint with one role bound.
    virtual void emit_event(std::string_view event, std::string_view role, Object object) = 0;
};

} // namespace kflow::kernel
