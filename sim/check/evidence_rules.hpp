#pragma once
// Rules of Evidence that stand in files of their own; evidence_rules.cpp has the table.

#include "sim/check/evidence.hpp"

namespace kflow::check {

/// The life behind a guard's own role, or the caller's for a guard without one; null if the
/// capture does not know the task.
Life const* life_behind(Question const& q);

// evidence_waking.cpp: who is woken, and what the scheduler knows about it.

/// Whether a waiter of wait4 or waitid is woken by this child: kernel/exit.c,
/// child_wait_callback().
kernel::Answer wants_child(Question const& q);
/// Whether a task may run on more than one CPU: kernel/sched/core.c, select_task_rq().
kernel::Answer runs_on_many_cpus(Question const& q);
/// Whether migrate_disable() binds the task.
kernel::Answer is_bound_to_cpu(Question const& q);
/// Whether an enqueued task was only taken off for a change (ENQUEUE_RESTORE).
kernel::Answer is_requeued(Question const& q);

/// Whether the task that calls schedule() goes to sleep: __schedule().
kernel::Answer sleeps(Question const& q);
/// Whether a queue's clock was not updated by who puts a task on it or takes one off.
kernel::Answer clock_is_stale(Question const& q);

/// Parameters of is_of_class.
enum : std::uint64_t { kRealTime, kDeadline, kStopper };

/// Whether a task is of the scheduling class `parameter`.
kernel::Answer is_of_class(Question const& q);
/// Whether somebody may have changed the class of another task meanwhile: no, where the capture
/// shows no such change.
kernel::Answer class_was_changed(Question const& q);

// evidence_signals.cpp: which signal is sent or taken.

/// `parameter` is a set of signals: bit n is signal n (include/uapi/asm-generic/signal.h).
kernel::Answer signal_is_one_of(Question const& q);
/// `parameter` is a value of signal_generate's `res` (include/trace/events/signal.h).
kernel::Answer signal_result(Question const& q);
/// Whether it is sent to one thread, not to a group.
kernel::Answer signal_for_thread(Question const& q);
/// An entry is missing where the event says that the signal was sent without one.
kernel::Answer signal_has_no_entry(Question const& q);
/// A signal that is delivered came out of one of the two queues. Out of which only
/// collect_signal() shows: where it was not called, neither can be said to be empty. Where it is
/// never seen the second look into a queue must not be seen either, nor what follows an alarm.
kernel::Answer queue_is_empty(Question const& q);
/// Whether a stop comes too late. A task that comes back was not killed before it, and
/// where no tracer ended none was let go.
kernel::Answer stop_is_void(Question const& q);

} // namespace kflow::check
