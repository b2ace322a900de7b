#pragma once
// What an Engine keeps besides the machine: the model's words bound to their functions, and caches.
// Private to sim/engine.

#include "sim/engine/engine.hpp"
#include "sim/engine/mask.hpp"
#include "sim/kernel/registry.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kflow::engine {

class Execution;

/// What pid 1 does: sleeps, and reaps in the handler of SIGCHLD. UserPosition::program of it is
/// kInitProgram.
inline constexpr std::int32_t kInitProgram = -2;
Program const& init_program();

/// A function that the machine knows how to do where the model has no body for it. Returns an
/// errno.
using NativeFunction = int (*)(Execution&, kernel::Scope const&);

/// The sleeps that a signal's wake-up may end (signal_wake_up_state, prepare_signal).
unsigned signal_wake_states(kernel::Scope const& scope);

/// Fields of an event as a tracepoint hands them over, by name.
using FieldFunction = void (*)(kernel::Scope const&, Engine::Impl const&, trace::TraceEvent&);

/// What a function does to the frame that it gets, beyond the model (entry_actions.cpp).
enum class Entry : std::uint8_t {
    plain,
    schedule,             ///< __schedule: binds prev and next
    zap_pid_ns_processes, ///< its SIGKILL is the kernel's own
    wake_up_parent,       ///< the queue is that of waiting parents
    signalfd_notify,      ///< the queue is that of the target's signalfds
    wake_up_state,        ///< a signal's wake-up
    wake_up_sleeper,      ///< any other wake-up
    get_signal,           ///< which of its call sites in do_signal() it is called from
};

struct EventInfo {
    std::string system;
    trace::Name name;
    trace::Name layout;
    FieldFunction fields = nullptr;
};

/// A guard of the model, and what the machine knows of it.
struct KnownGuard {
    kernel::GuardFunction function = nullptr; ///< null: nobody does
    bool kept = false;      ///< a frame asks once, where the question binds no roles of its own
    bool otherwise = false; ///< the model's default
};

struct Engine::Impl {
    Impl(model::Program const& model, build::BuildFacts const& build, World const& world);

    model::Program const& model;
    build::BuildFacts const& build;
    World const& world;
    Mask mask;
    kernel::RoleNames roles;
    bool counts_preemption = false; ///< CONFIG_PREEMPT_COUNT
    bool preempts_kernel = false;   ///< CONFIG_PREEMPTION
    bool lazy = false;              ///< CONFIG_PREEMPT_LAZY

    std::vector<KnownGuard> guards; ///< by GuardId
    std::vector<kernel::EffectFunction> effects;
    std::vector<kernel::CollectionFunction> collections;
    std::vector<kernel::ConditionFunction> conditions;
    std::vector<EventInfo> events;
    std::vector<int> errnos;                         ///< by ErrnoId
    std::vector<NativeFunction> native;              ///< by FunctionId; null where there is a body
    std::vector<Entry> entries;                      ///< by FunctionId
    std::vector<bool> user_function;                 ///< by FunctionId: glibc's
    std::uint32_t syscall_label = ~std::uint32_t{0}; ///< of Program::via_labels

    model::Pc return_pc = 0; ///< some `ret`: where a function without a body stands while it works
    model::FunctionId schedule = model::kNone<model::FunctionId>;
    model::FunctionId schedule_core = model::kNone<model::FunctionId>; ///< __schedule
    model::FunctionId user_irq = model::kNone<model::FunctionId>;      ///< el0t_64_irq, with a body
    model::FunctionId kernel_irq = model::kNone<model::FunctionId>;    ///< el1h_64_irq, with a body
    model::FunctionId wake_up =
        model::kNone<model::FunctionId>; ///< try_to_wake_up, if it has a body
    model::RoleId prev_role = model::kNone<model::RoleId>;
    model::RoleId next_role = model::kNone<model::RoleId>;
    model::RoleId task_role = model::kNone<model::RoleId>;
    model::RoleId sig_role = model::kNone<model::RoleId>;

    /// The program that a task is in; null for kernel threads.
    Program const* program_of(kernel::Task const& task) const;
    /// A function of the kernel with a body; none if the model has none.
    model::FunctionId body_of(std::string_view name) const;
    /// The same, with or without a body.
    model::FunctionId function(std::string_view name) const;
    /// A function of glibc; none if the model has none.
    model::FunctionId library_function(std::string_view name) const;
    bool before(int major, int minor) const;
    /// Whether it is one of the functions that SYSCALL_DEFINE wraps a system call in.
    bool is_wrapper(model::FunctionId id) const;

private:
    model::FunctionId first_named(std::string_view name, bool user) const;
};

/// Whether the engine does something of its own where the model calls a function of that name.
bool is_known_to_engine(std::string_view name);

/// The numbers of include/uapi/asm-generic/errno*.h and include/linux/errno.h; 0 if unknown.
int errno_of(std::string_view name);

/// How the fields of an event are made; null if nobody wrote that.
FieldFunction find_fields(std::string_view event);

/// Puts an event's fields into the order of its layout and drops those that it does not print.
void arrange_fields(trace::TraceEvent& event);

/// The system that an event belongs to in tracefs: "sched" of "sched_switch".
std::string_view system_of_event(std::string_view event);

} // namespace kflow::engine
