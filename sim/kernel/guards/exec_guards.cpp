// execve (fs/exec.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

bool is_script(Scope const& s) {
    auto const format = s.object("fmt");
    return format.kind == ObjectKind::member && format.id == 1;
}

constexpr std::array kGuards{
    KFLOW_GUARD(is_script_format, is_script(s)),
    KFLOW_GUARD(format_took_file, !is_script(s)),
    KFLOW_GUARD(past_no_return, s.self().past_no_return),
    KFLOW_GUARD(new_mm_unused, s.self().exec_failed),
    KFLOW_GUARD(exec_killed,
                s.self().thread.sigpending && (s.self().pending.set & set_of(SIGKILL_)) != 0),
    KFLOW_GUARD(exec_is_alone, s.group("current").threads.size() <= 1),
    KFLOW_GUARD(group_is_ending, (s.group("current").flags & SIGNAL_GROUP_EXIT_) != 0 ||
                                     s.group("current").group_exec_task != kNobody<TaskId>),
    KFLOW_GUARD(threads_still_live, s.group("current").notify_count > 0),
    KFLOW_GUARD(exec_by_leader, s.self().leader == s.current),
    KFLOW_GUARD(leader_is_zombie, s.machine.tasks[s.self().leader].exit_state != 0),
    KFLOW_GUARD(sighand_is_shared, s.self().sighand != kNobody<SighandId> &&
                                       s.machine.sighands[s.self().sighand].users > 1),
};

} // namespace

Guards exec_guards() {
    return kGuards;
}

} // namespace kflow::kernel
