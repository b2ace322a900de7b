#pragma once
// All state of a run as one regular value: it copies, compares, holds ids and never pointers. A
// copy is a snapshot; what did not change since is shared with it.

#include "sim/base/random.hpp"
#include "sim/base/types.hpp"
#include "sim/kernel/cow.hpp"
#include "sim/kernel/object.hpp"
#include "sim/kernel/task.hpp"

#include <map>
#include <string>
#include <vector>

namespace kflow::kernel {

/// Why a CPU is interrupted.
enum class Interrupt : std::uint8_t {
    reschedule, ///< IPI_RESCHEDULE
    timer,      ///< the architected timer: hrtimers that are due, the tick; or a device is done
};

inline constexpr Cpu kNoCpu{-1};

struct CpuState {
    TaskId current = kNobody<TaskId>;
    TaskId idle = kNobody<TaskId>;
    bool irqs_off = false;             ///< PSTATE.I
    std::vector<TaskId> queue;         ///< runnable, the running one not among them
    std::vector<TaskId> wake_list;     ///< ttwu_queue: woken by another CPU, activated in the IPI
    std::vector<Interrupt> pending;    ///< raised, not yet taken
    bool timer_softirq = false;        ///< a timer of a work item is due
    bool rcu_softirq = false;          ///< a grace period has ended: callbacks wait
    std::vector<TaskId> rcu_callbacks; ///< tasks that delayed_put_task_struct is to free
    Nanos now;                         ///< how far this CPU has come
    bool asleep = true;                ///< in wfi
    bool scheduled = false;            ///< a `cpu` happening of it stands in the queue
    std::int64_t min_vruntime = 0;
    Cpu resched_cpu;                    ///< whom resched_curr() is about
    bool preempting = false;            ///< the switch that is under way is a preemption
    TaskId last_prev = kNobody<TaskId>; ///< whom the last switch left (finish_task_switch)
    Cpu rq_locked_by = kNoCpu;          ///< who holds the lock of this CPU's run queue
    bool operator==(CpuState const&) const = default;
};

/// What will happen at a time: the event queue's entries.
enum class HappeningKind : std::uint8_t {
    timer,        ///< an hrtimer expires: task; or the device that it waits for is done
    ipi,          ///< IPI_RESCHEDULE arrives at cpu
    cpu,          ///< the CPU goes on with what it was doing
    grace_period, ///< RCU: callbacks of `cpu` may run
    flush         ///< the timer of the work item that sums up the memory controller's statistics
};

struct Happening {
    Nanos time;
    std::uint8_t order = 0; ///< class: interrupts before work
    std::uint64_t sequence = 0;
    HappeningKind kind = HappeningKind::cpu;
    Cpu cpu;
    TaskId task = kNobody<TaskId>;
    auto operator<=>(Happening const&) const = default;
};

/// `fail FUNCTION in CALLER nth N with ERRNO`
struct Injection {
    std::string function;
    std::string caller; ///< counts are calls somewhere below it; empty: all
    int nth = 1;
    int error = 12;
    int seen = 0;
    bool operator==(Injection const&) const = default;
};

/// place_entity(): who slept comes back before the others by at most this much virtual time.
inline constexpr std::int64_t kSleeperCredit = 9'000'000;

struct Machine {
    Table<TaskId, Task> tasks;
    Table<ThreadGroupId, ThreadGroup> groups;
    Table<SighandId, Sighand> sighands;
    Table<MmId, Mm> mms;
    Table<FilesId, Files> files;
    Table<FsId, Fs> fss;
    Table<CredId, Cred> creds;
    Table<PidId, PidEntry> pids;
    Table<PidNamespaceId, PidNamespace> namespaces;
    Table<NsproxyId, Nsproxy> nsproxies;
    std::vector<CpuState> cpus;
    std::vector<SigInfo> siginfos; ///< signals that are being sent, by Object{siginfo}
    std::vector<Happening> queue;  ///< sorted, the next one last
    std::uint64_t sequence = 0;
    std::uint64_t steps = 0;    ///< of CPUs and of programs, so far
    std::uint32_t fresh = 0;    ///< how many `fresh` objects were made
    std::uint64_t attached = 0; ///< how often a process came into a process group or a session
    Nanos now;
    Random random;
    PidsCgroup pids_cgroup;
    bool syscalls_are_traced = false;              ///< somebody has enabled sys_enter or sys_exit
    std::map<int, std::int64_t> processes_of_user; ///< ucounts: RLIMIT_NPROC counts these
    std::int64_t max_threads = 31000;
    std::vector<Injection> injections;
    TaskId init = kNobody<TaskId>;
    TaskId kworker = kNobody<TaskId>;         ///< runs the work items of terminals and disks
    TaskId tasklist_writer = kNobody<TaskId>; ///< holds tasklist_lock for writing (exit_notify)
    std::vector<TaskId> collecting;           ///< whose write to a disk it is to complete
    std::vector<TaskId> orphans; ///< adopted children that ended and that nobody will wait for
    bool dumps_core = false;     ///< RLIMIT_CORE lets a deadly signal leave a core file
    Terminal terminal;
    std::uint32_t pipes = 0; ///< how many were made
    /// Lines that stand in a pipe, by its number: strings of the world.
    std::map<std::uint32_t, std::vector<std::int64_t>> pipe_lines;
    bool shares_cache = true;            ///< cpus_share_cache(): of any two CPUs
    std::map<std::string, bool> answers; ///< `of system` guards that a scenario decided
    bool operator==(Machine const&) const = default;

    CpuState& cpu(Cpu c) { return cpus[static_cast<std::size_t>(c.value)]; }
    CpuState const& cpu(Cpu c) const { return cpus[static_cast<std::size_t>(c.value)]; }
    Object new_object() { return {ObjectKind::fresh, fresh++}; }
    /// The task of a pid in the root namespace; nobody if it is gone.
    TaskId find_task(Pid pid) const;
    /// The task of a number in a namespace.
    TaskId find_task(PidNamespaceId ns, std::int32_t number) const;
    /// Its number as a namespace knows it; 0 where it does not.
    std::int32_t number_in(PidId pid, PidNamespaceId ns) const;
    /// The namespace that a task lives in.
    PidNamespaceId namespace_of(TaskId task) const;
    void schedule(Nanos time, std::uint8_t order, HappeningKind kind, Cpu cpu,
                  TaskId task = kNobody<TaskId>);
};

/// How a machine begins.
struct MachineOptions {
    int cpus = 4;
    std::uint64_t seed = 1;
    Nanos start{30'000'000'000};
    std::int32_t first_pid = 157;
    std::int32_t pid_max = kPidMaxLimit;
    bool shares_cache = true;
    int worker_pools = 2; ///< of kworkers a CPU; those of no CPU are counted behind them
};

/// A machine with an idle task on each CPU, init (pid 1) and a kworker, that sleep.
Machine make_machine(MachineOptions const& options);

/// Adds a process that is ready to begin a program: a job in a process group of its own, in the
/// session of init, which stands for the shell that started it. With `tty` the machine's terminal
/// controls it, and it is in the foreground; without, the terminal is free.
TaskId add_process(Machine& machine, std::string const& comm, std::int32_t program,
                   std::uint32_t vmas, std::uint32_t files, bool tty);

} // namespace kflow::kernel
