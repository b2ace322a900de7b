#include "sim/kernel/machine.hpp"

#include "sim/kernel/pids.hpp"

#include <algorithm>

namespace kflow::kernel {

TaskId Machine::find_task(Pid pid) const {
    auto found = kNobody<TaskId>;
    tasks.for_each([&](TaskId id, Task const& task) {
        if (task.pid == pid && pid.value != 0 && task.pid_struct != kNobody<PidId>) {
            found = id;
        }
    });
    return found;
}

std::int32_t Machine::number_in(PidId pid, PidNamespaceId ns) const {
    if (pid == kNobody<PidId> || ns == kNobody<PidNamespaceId>) {
        return 0;
    }
    auto const& entry = pids[pid];
    for (std::size_t level = 0; level < entry.namespaces.size(); ++level) {
        if (entry.namespaces[level] == ns) {
            return entry.numbers[level];
        }
    }
    return 0;
}

PidNamespaceId Machine::namespace_of(TaskId task) const {
    auto const pid = tasks[task].pid_struct;
    return pid == kNobody<PidId> ? PidNamespaceId{0} : pids[pid].namespaces.back();
}

TaskId Machine::find_task(PidNamespaceId ns, std::int32_t number) const {
    auto const& used = namespaces[ns].used;
    auto const found = used.find(number);
    if (found == used.end()) {
        return kNobody<TaskId>;
    }
    auto result = kNobody<TaskId>;
    tasks.for_each([&](TaskId id, Task const& task) {
        if (task.pid_struct == found->second && !is_unhashed(task)) {
            result = id;
        }
    });
    return result;
}

void Machine::schedule(Nanos time, std::uint8_t order, HappeningKind kind, Cpu on, TaskId task) {
    Happening const happening{time, order, sequence++, kind, on, task};
    auto at = queue.end(); // most things come soon
    while (at != queue.begin() && *std::prev(at) < happening) {
        --at;
    }
    queue.insert(at, happening);
}

namespace {

TaskId add_idle(Machine& machine, Cpu cpu, CredId cred) {
    Task idle;
    idle.comm = "swapper/" + std::to_string(cpu.value);
    idle.flags = PF_IDLE_ | PF_KTHREAD_;
    idle.cpu = cpu;
    idle.cred = cred;
    idle.on_cpu = true;
    idle.on_rq = true;
    idle.thread.preempt = 1; // init_idle_preempt_count()
    idle.usage = 2;
    return machine.tasks.add(std::move(idle));
}

TaskId add_init(Machine& machine, CredId cred, NsproxyId nsproxy) {
    auto const pid = allocate_pid(machine, PidNamespaceId{0}, 1);
    ThreadGroup group;
    group.live = 1;
    group.pgrp = group.session = pid;
    group.session_leader = true;
    group.unkillable = true;
    group.flags = SIGNAL_UNKILLABLE_;
    Task init;
    init.comm = "init";
    init.pid = init.tgid = Pid{1};
    init.pid_struct = pid;
    init.cred = cred;
    init.nsproxy = nsproxy;
    init.sighand = machine.sighands.add(Sighand{});
    init.mm = init.active_mm = machine.mms.add(Mm{});
    init.files = machine.files.add(Files{});
    init.fs = machine.fss.add(Fs{});
    init.exit_signal = SIGCHLD_;
    init.state = TASK_INTERRUPTIBLE_;
    init.usage = 2;
    auto const id = machine.tasks.add(std::move(init));
    group.threads = {id};
    group.leader = id;
    auto& task = machine.tasks.edit(id);
    task.group = machine.groups.add(std::move(group));
    task.leader = id;
    task.parent = task.real_parent = machine.cpus.front().idle;
    return id;
}

/// An unbound worker, as work that terminals queue finds it: idle.
TaskId add_kworker(Machine& machine, MachineOptions const& options, CredId cred,
                   NsproxyId nsproxy) {
    constexpr std::int32_t number = 12;
    auto const pid = allocate_pid(machine, PidNamespaceId{0}, number);
    ThreadGroup group;
    group.live = 1;
    group.pgrp = group.session = pid;
    Task worker;
    worker.comm = "kworker/u" + std::to_string(options.worker_pools * options.cpus) + ":0";
    worker.pid = worker.tgid = Pid{number};
    worker.pid_struct = pid;
    worker.flags = PF_KTHREAD_;
    worker.state = TASK_IDLE_;
    worker.cred = cred;
    worker.nsproxy = nsproxy;
    worker.sighand = machine.sighands.add(Sighand{});
    worker.parent = worker.real_parent = machine.cpus.front().idle;
    auto const id = machine.tasks.add(std::move(worker));
    group.threads = {id};
    group.leader = id;
    auto& task = machine.tasks.edit(id);
    task.group = machine.groups.add(std::move(group));
    task.leader = id;
    return id;
}

} // namespace

Machine make_machine(MachineOptions const& options) {
    Machine machine;
    machine.now = options.start;
    machine.random = Random(options.seed);
    machine.shares_cache = options.shares_cache;
    auto const cred = machine.creds.add(Cred{});
    PidNamespace root;
    root.pid_max = options.pid_max;
    auto const ns = machine.namespaces.add(std::move(root));
    auto const nsproxy = machine.nsproxies.add(Nsproxy{1, ns});
    for (int n = 0; n < options.cpus; ++n) {
        CpuState cpu;
        cpu.idle = cpu.current = add_idle(machine, Cpu{n}, cred);
        cpu.now = options.start;
        machine.cpus.push_back(std::move(cpu));
    }
    machine.init = add_init(machine, cred, nsproxy);
    machine.kworker = add_kworker(machine, options, cred, nsproxy);
    machine.namespaces.edit(ns).child_reaper = machine.init;
    machine.namespaces.edit(ns).last = options.first_pid - 1;
    return machine;
}

TaskId add_process(Machine& machine, std::string const& comm, std::int32_t program,
                   std::uint32_t vmas, std::uint32_t files, bool tty) {
    auto const pid = allocate_pid(machine, PidNamespaceId{0}, 0);
    auto const number = machine.pids[pid].numbers.front();
    ThreadGroup group;
    group.live = 1;
    // A job of a shell: its group is its own, its session the shell's, for whom init stands here.
    group.pgrp = pid;
    group.session = machine.groups[machine.tasks[machine.init].group].session;
    group.job_of_shell = true;
    group.has_ctty = tty;
    group.pgrp_since = group.session_since = ++machine.attached;
    Files table;
    for (int fd = 0; fd < static_cast<int>(files); ++fd) {
        table.open[fd] = tty ? FileKind::tty : FileKind::regular;
    }
    Task task;
    task.comm = comm.substr(0, 15);
    task.pid = task.tgid = Pid{number};
    task.pid_struct = pid;
    task.cred = machine.tasks[machine.init].cred;
    task.nsproxy = machine.tasks[machine.init].nsproxy;
    task.sighand = machine.sighands.add(Sighand{});
    task.mm = task.active_mm = machine.mms.add(Mm{.vmas = vmas, .shown_vmas = vmas, .library = {}});
    task.files = machine.files.add(std::move(table));
    task.fs = machine.fss.add(Fs{});
    task.exit_signal = SIGCHLD_;
    task.usage = 2;
    task.user.program = program;
    task.parent = task.real_parent = machine.init;
    auto const id = machine.tasks.add(std::move(task));
    group.threads = {id};
    group.leader = id;
    auto& added = machine.tasks.edit(id);
    added.leader = id;
    added.counted = true;
    added.group = machine.groups.add(std::move(group));
    machine.creds.edit(added.cred).usage++;
    machine.processes_of_user[0]++;
    machine.tasks.edit(machine.init).children.push_back(id);
    if (tty) {
        machine.terminal.session = machine.groups[machine.tasks[id].group].session;
        machine.terminal.pgrp = pid;
    }
    return id;
}

} // namespace kflow::kernel
