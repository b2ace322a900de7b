// A new program (fs/exec.c).

#include "sim/kernel/words.hpp"

namespace kflow::kernel {

namespace {

void load_program(Scope const& s, Actions& act) {
    auto const program = act.program_at(s.self().args.get(Arg::path, -1));
    if (program >= 0) {
        act.load_program(s.current, program);
    }
}

std::string comm_of(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1);
    return std::string(path.substr(0, 15));
}

void set_comm(Scope const& s, Actions& act) {
    s.edit_self().comm = comm_of(act.text(s.self().args.get(Arg::path, -1)));
}

/// exec_mmap(): the new address space is the task's, the old one is mmput's to give back.
void exchange_mm(Scope const& s) {
    auto& self = s.edit_self();
    auto const old = self.mm;
    auto made = s.id_of<MmId>("newmm", ObjectKind::mm);
    if (made == kNobody<MmId>) {
        made = s.machine.mms.add(Mm{});
    }
    self.mm = self.active_mm = made;
    if (old != kNobody<MmId>) {
        s.bind("mm", object_of(old));
    }
}

void take_new_mm(Scope const& s, Actions& act) {
    exchange_mm(s);
    load_program(s, act);
    auto& self = s.edit_self();
    self.flags &= ~PF_FORKNOEXEC_;
}

/// exec_binprm() has noted the number that the task has now; it may become its leader's.
void begin_exec(Scope const& s) {
    auto& self = s.edit_self();
    self.past_no_return = true;
    self.exec_old_pid = self.pid;
}

void begin_group_exec(Scope const& s) {
    auto& group = s.edit_group("current");
    group.group_exec_task = s.current;
    group.notify_count =
        static_cast<int>(group.threads.size()) - (s.self().leader == s.current ? 1 : 2);
}

/// __exit_signal(): one thread less that an exec has to wait for.
void count_down(Scope const& s) {
    auto& group = s.edit_group();
    if (group.notify_count > 0) {
        group.notify_count--;
    }
}

void end_group_exec(Scope const& s) {
    auto& group = s.edit_group("current");
    group.group_exec_task = kNobody<TaskId>;
    group.notify_count = 0;
}

/// The leader is a zombie; the thread that execs gets its number and its place in the family.
/// kernel/pid.c: from here on each goes by the other's number.
void exchange_tids(Scope const& s) {
    auto const leader = s.self().leader;
    auto& self = s.edit_self();
    auto& old = s.machine.tasks.edit(leader);
    std::swap(self.pid, old.pid);
    std::swap(self.pid_struct, old.pid_struct);
}

void take_over_leader(Scope const& s) {
    auto& machine = s.machine;
    auto const old_leader = s.self().leader;
    auto& self = s.edit_self();
    auto& old = machine.tasks.edit(old_leader);
    self.exit_signal = SIGCHLD_;
    old.exit_signal = -1;
    old.exit_state = EXIT_DEAD_;
    self.real_parent = old.real_parent;
    self.parent = old.parent;
    self.leader = s.current;
    old.leader = s.current;
    machine.groups.edit(self.group).leader = s.current;
    auto& siblings = machine.tasks.edit(self.real_parent).children;
    std::replace(siblings.begin(), siblings.end(), old_leader, s.current);
    s.bind("leader", object_of(old_leader));
}

void own_sighand(Scope const& s) {
    auto copy = s.machine.sighands[s.self().sighand];
    copy.users = 1;
    s.machine.sighands.edit(s.self().sighand).users--;
    s.edit_self().sighand = s.machine.sighands.add(std::move(copy));
}

/// A line, if there is one: its number goes to the task; how many bytes it has.
std::int64_t take_line(Scope const& s, Actions& act, std::vector<std::int64_t>& lines) {
    s.edit_self().user.line = lines.front();
    auto const bytes = static_cast<std::int64_t>(act.text(lines.front()).size()) + 1;
    lines.erase(lines.begin());
    return bytes;
}

/// What was read from a pipe: a line, its end, or nothing because of a signal.
std::int64_t read_from_pipe(Scope const& s, Actions& act) {
    constexpr std::int64_t restart = 512;
    auto const pipe = s.machine.files[s.self().files].pipe;
    if (auto& lines = s.machine.pipe_lines[pipe]; !lines.empty()) {
        return take_line(s, act, lines);
    }
    return has_writer(s.machine, pipe) ? -restart : 0;
}

/// A terminal hands what is written to its other side; what is written on that side was typed.
void hand_over_characters(Scope const& s) {
    if (s.args().get(Arg::fd) == kTerminalMaster) {
        s.machine.terminal.lines.push_back(s.args().get(Arg::line, -1));
    } else {
        s.machine.terminal.written += s.args().get(Arg::bytes);
    }
}

/// What a write or a read leaves: the number of bytes. A write to pids.max sets the limit.
void move_bytes(Scope const& s, Actions& act) {
    constexpr std::int64_t pids_max = 100;
    auto const& args = s.self().args;
    auto const bytes = args.get(Arg::bytes);
    if (s.self().syscall == "write") {
        if (args.get(Arg::resource) == pids_max) {
            s.machine.pids_cgroup.limit = args.get(Arg::value, -1);
            s.machine.pids_cgroup.charged = 1;
            s.edit_self().in_pids_cgroup = true;
        }
        s.edit_self().syscall_result = bytes;
        return;
    }
    constexpr std::int64_t restart = 512;
    auto& self = s.edit_self();
    if (self.sleep.condition == "pipe_input") {
        self.sleep = Sleep{};
        self.syscall_result = read_from_pipe(s, act);
        return;
    }
    if (self.sleep.condition == "tty_output") {
        self.sleep = Sleep{};
        self.syscall_result = std::exchange(s.machine.terminal.output, 0);
        return;
    }
    if (self.sleep.condition != "tty_input") {
        self.syscall_result = bytes != 0 ? bytes : 1;
        return;
    }
    self.sleep = Sleep{};
    auto& lines = s.machine.terminal.lines;
    if (lines.empty()) {
        self.syscall_result = -restart;
        return;
    }
    self.syscall_result = take_line(s, act, lines);
}

/// task_work_run(): all of them at once; the first is done under way, the rest after it.
void take_works(Scope const& s) {
    auto& self = s.edit_self();
    self.works_at_hand = std::max(std::exchange(self.works, 0), 1U) - 1;
}

/// There may be none, where a scenario says that there is work.
void take_one_work(Scope const& s) {
    auto& self = s.edit_self();
    self.works -= self.works != 0 ? 1 : 0;
}

constexpr std::array kEffects{
    KFLOW_EFFECT(take_new_mm, take_new_mm(s, act)),
    KFLOW_EFFECT(begin_group_exec, begin_group_exec(s)),
    KFLOW_EFFECT(wait_for_leader, s.edit_group("current").notify_count = -1),
    KFLOW_EFFECT(count_down_for_exec, count_down(s)),
    KFLOW_EFFECT(end_group_exec, end_group_exec(s)),
    KFLOW_EFFECT(exchange_tids, exchange_tids(s)),
    KFLOW_EFFECT(take_over_leader, take_over_leader(s)),
    KFLOW_EFFECT(own_sighand, own_sighand(s)),
    KFLOW_EFFECT(pass_no_return, begin_exec(s)),
    KFLOW_EFFECT(copy_argument, (void)s),
    KFLOW_EFFECT(count_exec, s.edit_self().past_no_return = false),
    KFLOW_EFFECT(move_bytes, move_bytes(s, act)),
    KFLOW_EFFECT(hand_over_characters, hand_over_characters(s)),
    KFLOW_EFFECT(queue_work, s.machine.tasks.edit(s.machine.kworker).has_work = true),
    KFLOW_EFFECT(find_idle_worker, s.bind("worker", object_of(s.machine.kworker))),
    KFLOW_EFFECT(take_descriptor, (void)s),
    KFLOW_EFFECT(release_descriptor, (void)s),
    KFLOW_EFFECT(install_descriptor, (void)s),
    KFLOW_EFFECT(close_open_file, (void)s),
    KFLOW_EFFECT(save_vectors, (void)s),
    KFLOW_EFFECT(load_vectors, (void)s),
    KFLOW_EFFECT(mark_vectors_foreign, (void)s),
    KFLOW_EFFECT(write_rseq_cpu, (void)s),
    KFLOW_EFFECT(abort_sequence, (void)s),
    KFLOW_EFFECT(register_rseq, (void)s),
    KFLOW_EFFECT(add_task_work, (void)s),
    KFLOW_EFFECT(take_task_work, take_works(s)),
    KFLOW_EFFECT(take_one_task_work, take_one_work(s)),
    KFLOW_EFFECT(load_program, load_program(s, act)),
    KFLOW_EFFECT(set_comm, set_comm(s, act)),
};

} // namespace

Effects exec_effects() {
    return kEffects;
}

} // namespace kflow::kernel
