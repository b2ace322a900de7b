// What a wait finds, claims and reports (kernel/exit.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

void begin_wait(Scope const& s) {
    auto& self = s.edit_self();
    self.sleep = {"child_event", object_of(s.current)};
    self.wait_reported = false;
    self.syscall_result = 0;
}

/// wait4 returns the child's number, waitid 0.
void report(Scope const& s, TaskId child) {
    auto const number =
        s.machine.number_in(s.machine.tasks[child].pid_struct, s.machine.namespace_of(s.current));
    auto& self = s.edit_self();
    self.wait_reported = true;
    self.syscall_result = self.syscall == "waitid" ? 0 : number;
    self.wait_status = s.machine.tasks[child].exit_code;
}

void find_awaited(Scope const& s) {
    auto const found = awaited_task(s.machine, s.current);
    s.bind("awaited", found == kNobody<TaskId> ? Object{} : object_of(found));
}

void claim(Scope const& s) {
    s.edit().exit_state = EXIT_DEAD_;
}

bool leaves_news(Scope const& s) {
    return (wait_options(s.self()) & WNOWAIT_) != 0;
}

void take_stop(Scope const& s) {
    report(s, s.task_id());
    s.edit_self().wait_status = (s.group().group_exit_code << 8) | 0x7f;
    if (!leaves_news(s)) {
        s.edit_group().group_exit_code = 0;
    }
}

void take_continue(Scope const& s) {
    report(s, s.task_id());
    s.edit_self().wait_status = 0xffff;
    if (!leaves_news(s)) {
        s.edit_group().flags &= ~SIGNAL_STOP_CONTINUED_;
    }
}

constexpr std::array kEffects{
    KFLOW_EFFECT(set_wait_target, (void)s),
    KFLOW_EFFECT(find_awaited, find_awaited(s)),
    KFLOW_EFFECT(prepare_wait_entry, begin_wait(s)),
    KFLOW_EFFECT(report_no_child, s.edit_self().syscall_result = 0),
    KFLOW_EFFECT(claim_zombie, claim(s)),
    KFLOW_EFFECT(add_counters_to_parent, (void)s),
    KFLOW_EFFECT(take_exit_status, report(s, s.task_id())),
    KFLOW_EFFECT(return_zombie_to_parent, s.edit().exit_state = EXIT_ZOMBIE_),
    KFLOW_EFFECT(take_stop_status, take_stop(s)),
    KFLOW_EFFECT(take_continue_status, take_continue(s)),
};

} // namespace

Effects wait_effects() {
    return kEffects;
}

} // namespace kflow::kernel
