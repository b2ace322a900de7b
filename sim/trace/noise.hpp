#pragma once
// Calls that a task did not make: the interrupt, the fault, the preemption and the tracer itself
// put them between its own. They are set aside before a call is judged, and counted. One table says
// which (noise.cpp).

#include "sim/trace/name.hpp"

#include <cstdint>
#include <string_view>

namespace kflow::trace {

enum class NoiseKind : std::uint8_t {
    none,
    interrupt,  ///< an interrupt's entry, handler and exit, and softirqs that run on the way out
    fault,      ///< an exception that kernel code took: a page fault on user memory above all
    preemption, ///< a switch to another task inside of a function that did not ask for it
    tracer,     ///< work of the tracer for its own record
};

std::string_view to_string(NoiseKind kind);

/// The kind of noise that begins with a call of this function (compiler suffixes cut) below
/// `caller`, an empty name where it has none in the trace: a fault without a caller came from user
/// mode and is work of its own. `none` too where the function is the regular part of a caller that
/// is noise itself: gic_handle_irq of do_interrupt_handler.
NoiseKind noise_root(Name function, Name caller);

/// irq_enter_rcu, and whether a function is one that irq_exit_rcu() calls outside of hardirq
/// context (kernel/softirq.c,
/// __irq_exit_rcu()).
bool enters_interrupt(Name function);
bool called_by_irq_exit(Name function);

/// Whether the function's own source calls __schedule(): a switch below it is its own, not a
/// preemption.
bool calls_schedule(Name function);

/// Where the visible calls of __schedule() begin (rcu_note_context_switch): preempt_schedule() and
/// __schedule() are never traced, so a preemption shows as these calls between a function's own.
bool begins_switch(Name function);

/// Whether the function can be one of the visible calls of __schedule() between its first and its
/// last.
bool belongs_to_switch(Name function);

/// Whether the switch is over with this call: the task runs again (finish_task_switch).
bool ends_switch(Name function);

/// Whether the switch is over with this call if nobody else was chosen: the run queue is unlocked.
bool unlocks_run_queue(Name function);

} // namespace kflow::trace
