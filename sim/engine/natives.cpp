// Functions that the machine knows how to do where the model has no body for them. Each is the
// consequence of the kernel's function of that name, without what it calls.

#include "sim/engine/native_calls.hpp"

#include <algorithm>
#include <array>

namespace kflow::engine {

namespace {

constexpr unsigned kNormal = kernel::TASK_INTERRUPTIBLE_ | kernel::TASK_UNINTERRUPTIBLE_;

int schedule(Execution& execution, kernel::Scope const&) {
    execution.schedule();
    return 0;
}

int wake_up_process(Execution& execution, kernel::Scope const& s) {
    execution.wake(s.task_id(), kNormal);
    return 0;
}

int wake_up_state(Execution& execution, kernel::Scope const& s) {
    execution.wake(s.task_id(), signal_wake_states(s));
    return 0;
}

/// Wakes the threads of `parent` that sleep in do_wait().
int wake_up_parent(Execution& execution, kernel::Scope const& s) {
    auto const parent =
        s.object("parent").kind == kernel::ObjectKind::task ? s.task_id("parent") : s.task().parent;
    if (!s.machine.tasks.has(parent)) {
        return 0;
    }
    auto const threads = s.machine.groups[s.machine.tasks[parent].group].threads;
    for (auto const thread : threads) {
        if (s.machine.tasks[thread].sleep.condition == "child_event") {
            execution.wake(thread, kernel::TASK_INTERRUPTIBLE_);
        }
    }
    return 0;
}

/// A file that a task polls has something; the poll goes on with the others when it runs.
int wake_poller(Execution& execution, kernel::Scope const& s) {
    execution.wake_from_files(s.task_id("waiter"));
    return 0;
}

constexpr std::array kNatives{
    NativeEntry{"__schedule", schedule},
    NativeEntry{"__wake_up_sync_key", wake_up_parent},
    NativeEntry{"pollwake", wake_poller},
    NativeEntry{"schedule", schedule},
    NativeEntry{"try_to_wake_up", wake_up_process},
    NativeEntry{"wake_up_process", wake_up_process},
    NativeEntry{"wake_up_state", wake_up_state},
};

} // namespace

unsigned signal_wake_states(kernel::Scope const& s) {
    auto const& task = s.task();
    unsigned states = kernel::TASK_INTERRUPTIBLE_;
    if ((task.pending.set & kernel::set_of(kernel::SIGKILL_)) != 0) {
        states |= kernel::TASK_WAKEKILL_ | kernel::TASK_STOPPED_BIT | kernel::TASK_TRACED_BIT;
    }
    if (task.jobctl_stop == 0) {
        states |= kernel::TASK_STOPPED_BIT;
    }
    return states;
}

std::span<NativeEntry const> natives() {
    return kNatives;
}

} // namespace kflow::engine
