#include "sim/trace/noise.hpp"

#include "sim/trace/name_table.hpp"

#include <algorithm>
#include <array>

namespace kflow::trace {

namespace {

struct Root {
    std::string_view function;
    NoiseKind kind;
    bool only_in_kernel;
};

// What stands between the vector table and these (el1_interrupt, el1_abort, enter_from_kernel_mode
// …) is noinstr and never shows, so a group is a run of siblings: irq_enter_rcu,
// do_interrupt_handler, irq_exit_rcu and, where the kernel is preemptible,
// raw_irqentry_exit_cond_resched. Facts: arch/arm64/kernel/entry-common.c of 6.1, 6.12
// and 7.2; 5.10's entry.S calls the interrupt controller's handler itself.
constexpr std::array kRoots{
    Root{"irq_enter_rcu", NoiseKind::interrupt, false},
    Root{"irq_enter", NoiseKind::interrupt, false},
    Root{"do_interrupt_handler", NoiseKind::interrupt, false},
    Root{"irq_exit_rcu", NoiseKind::interrupt, false},
    Root{"irq_exit", NoiseKind::interrupt, false},
    Root{"el1_interrupt", NoiseKind::interrupt, false},
    Root{"el0_interrupt", NoiseKind::interrupt, false},
    Root{"gic_handle_irq", NoiseKind::interrupt, false},
    Root{"gicv5_handle_irq", NoiseKind::interrupt, false},
    Root{"bcm2835_handle_irq", NoiseKind::interrupt, false},
    Root{"bcm2836_arm_irqchip_handle_irq", NoiseKind::interrupt, false},
    Root{"do_softirq", NoiseKind::interrupt,
         false}, // from __local_bh_enable_ip, if an interrupt raised one
    Root{"do_serror", NoiseKind::interrupt, true},
    // Exceptions from kernel code.
    Root{"el1_abort", NoiseKind::fault, true},
    Root{"do_mem_abort", NoiseKind::fault, true},
    Root{"do_translation_fault", NoiseKind::fault, true},
    Root{"do_page_fault", NoiseKind::fault, true},
    Root{"do_sp_pc_abort", NoiseKind::fault, true},
    Root{"do_undefinstr", NoiseKind::fault, true},
    Root{"do_el1_undef", NoiseKind::fault, true},
    Root{"do_el1_bti", NoiseKind::fault, true},
    Root{"do_el1_fpac", NoiseKind::fault, true},
    Root{"do_el1_gcs", NoiseKind::fault, true},
    Root{"do_el1_mops", NoiseKind::fault, true},
    Root{"do_el1_brk64", NoiseKind::fault, true},
    Root{"do_el1_softstep", NoiseKind::fault, true},
    Root{"do_debug_exception", NoiseKind::fault, true},
    Root{"do_breakpoint", NoiseKind::fault, true},
    Root{"do_watchpoint", NoiseKind::fault, true},
    // The end of an interrupt or a fault on a preemptible kernel; dynamic preemption makes the
    // first visible.
    Root{"raw_irqentry_exit_cond_resched", NoiseKind::preemption, false},
    Root{"irqentry_exit_cond_resched", NoiseKind::preemption, false},
    Root{"arm64_preempt_schedule_irq", NoiseKind::preemption, false},
    Root{"preempt_schedule_irq", NoiseKind::preemption, false},
    Root{"preempt_schedule", NoiseKind::preemption, false},
    Root{"preempt_schedule_notrace", NoiseKind::preemption, false},
    // The option stacktrace saves a stack for every event.
    Root{"stack_trace_save", NoiseKind::tracer, false},
    Root{"stack_trace_save_user", NoiseKind::tracer, false},
};

// kernel/sched/core.c: the callers of __schedule(). preempt_schedule_common() is inlined into or
// called by __cond_resched().
constexpr std::array<std::string_view, 13> kSchedulers{"schedule",
                                                       "schedule_idle",
                                                       "schedule_rtlock",
                                                       "rt_mutex_schedule",
                                                       "do_task_dead",
                                                       "preempt_schedule",
                                                       "preempt_schedule_irq",
                                                       "preempt_schedule_notrace",
                                                       "__cond_resched",
                                                       "preempt_schedule_common",
                                                       "_cond_resched",
                                                       "__schedule",
                                                       "dynamic_cond_resched"};

// kernel/sched/core.c: __schedule(), context_switch(); the classes' own functions end in _fair,
// _rt, _dl, _idle, _stop, _ext, _scx.
constexpr std::array<std::string_view, 27> kSwitch{"rcu_note_context_switch",
                                                   "migrate_disable_switch",
                                                   "_raw_spin_lock",
                                                   "raw_spin_rq_lock_nested",
                                                   "queued_spin_lock_slowpath",
                                                   "update_rq_clock",
                                                   "hrtick_clear",
                                                   "try_to_block_task",
                                                   "dequeue_task",
                                                   "pick_next_task",
                                                   "__pick_next_task",
                                                   "balance_callback",
                                                   "__balance_callbacks",
                                                   "find_proxy_task",
                                                   "psi_account_irqtime",
                                                   "psi_task_switch",
                                                   "__traceiter_sched_switch",
                                                   "enter_lazy_tlb",
                                                   "membarrier_switch_mm",
                                                   "check_and_switch_context",
                                                   "__switch_to",
                                                   "fpsimd_thread_switch",
                                                   "tls_preserve_current_state",
                                                   "hw_breakpoint_thread_switch",
                                                   "spectre_v4_enable_task_mitigation",
                                                   "erratum_1418040_thread_switch",
                                                   "mte_thread_switch"};

constexpr std::array<std::string_view, 8> kIrqExit{"ksoftirqd_running",  "do_softirq_own_stack",
                                                   "__do_softirq",       "handle_softirqs",
                                                   "wakeup_softirqd",    "idle_cpu",
                                                   "tick_nohz_irq_exit", "invoke_softirq"};

constexpr std::array<std::string_view, 8> kClassPrefixes{
    "dequeue_task_",  "pick_next_task_", "pick_task_",    "put_prev_task_",
    "set_next_task_", "balance_",        "enqueue_task_", "yield_task_"};

constexpr std::array<std::string_view, 4> kUnlocks{"_raw_spin_unlock", "_raw_spin_unlock_irq",
                                                   "raw_spin_rq_unlock", "raw_spin_rq_unlock_irq"};

struct Part {
    std::string_view caller;
    std::string_view function;
};

// Functions of the table above that another one calls itself.
constexpr std::array kParts{
    Part{"do_interrupt_handler", "gic_handle_irq"},
    Part{"do_interrupt_handler", "gicv5_handle_irq"},
    Part{"do_interrupt_handler", "bcm2835_handle_irq"},
    Part{"do_interrupt_handler", "bcm2836_arm_irqchip_handle_irq"},
    Part{"el1_interrupt", "irq_enter_rcu"},
    Part{"el1_interrupt", "do_interrupt_handler"},
    Part{"el1_interrupt", "irq_exit_rcu"},
    Part{"el0_interrupt", "irq_enter_rcu"},
    Part{"el0_interrupt", "do_interrupt_handler"},
    Part{"el0_interrupt", "irq_exit_rcu"},
    Part{"irq_enter", "irq_enter_rcu"},
    Part{"irq_exit", "irq_exit_rcu"},
    Part{"el1_abort", "do_mem_abort"},
    Part{"do_mem_abort", "do_translation_fault"},
    Part{"do_mem_abort", "do_page_fault"},
    Part{"do_translation_fault", "do_page_fault"},
    Part{"raw_irqentry_exit_cond_resched", "preempt_schedule_irq"},
    Part{"irqentry_exit_cond_resched", "preempt_schedule_irq"},
    Part{"arm64_preempt_schedule_irq", "preempt_schedule_irq"},
};

/// Interned once: whether a name is in a table is asked for every call.
class NameSet {
public:
    template <class Table>
    explicit NameSet(Table const& table) {
        for (std::string_view const text : table) {
            known_.at(Name(text)) = 1;
        }
    }
    bool contains(Name name) const { return known_.get(name) != 0; }

private:
    NameTable<char> known_;
};

NameTable<Root const*> make_roots() {
    NameTable<Root const*> roots;
    for (Root const& root : kRoots) {
        roots.at(Name(root.function)) = &root;
    }
    return roots;
}

} // namespace

std::string_view to_string(NoiseKind kind) {
    switch (kind) {
    case NoiseKind::none:
        return "none";
    case NoiseKind::interrupt:
        return "interrupt";
    case NoiseKind::fault:
        return "fault";
    case NoiseKind::preemption:
        return "preemption";
    case NoiseKind::tracer:
        return "tracer";
    }
    return "none";
}

NoiseKind noise_root(Name function, Name caller) {
    static auto const roots = make_roots();
    Root const* const root = roots.get(function);
    if (!root || (root->only_in_kernel && caller.empty())) {
        return NoiseKind::none;
    }
    for (Part const& part : kParts) {
        if (part.caller == caller.view() && part.function == function.view()) {
            return NoiseKind::none;
        }
    }
    return root->kind;
}

bool enters_interrupt(Name function) {
    static Name const the("irq_enter_rcu");
    return function == the;
}

bool called_by_irq_exit(Name function) {
    static NameSet const the(kIrqExit);
    return the.contains(function);
}

bool calls_schedule(Name function) {
    static NameSet const the(kSchedulers);
    return the.contains(function);
}

bool begins_switch(Name function) {
    static Name const the("rcu_note_context_switch");
    return function == the;
}

bool belongs_to_switch(Name function) {
    static NameSet const the(kSwitch);
    std::string_view const text = function.view();
    return the.contains(function) || std::any_of(kClassPrefixes.begin(), kClassPrefixes.end(),
                                                 [text](std::string_view prefix) {
                                                     return text.substr(0, prefix.size()) == prefix;
                                                 });
}

bool ends_switch(Name function) {
    static Name const the("finish_task_switch");
    return function == the;
}

bool unlocks_run_queue(Name function) {
    static NameSet const the(kUnlocks);
    return the.contains(function);
}

} // namespace kflow::trace
