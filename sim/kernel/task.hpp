#pragma once
// A task and the things that tasks share (include/linux/sched.h, sched/signal.h, mm_types.h,
// fdtable.h, fs_struct.h, cred.h). Names are the kernel's where the thing is.

#include "sim/base/types.hpp"
#include "sim/kernel/arguments.hpp"
#include "sim/kernel/library.hpp"
#include "sim/kernel/object.hpp"
#include "sim/kernel/signals.hpp"
#include "sim/kernel/stack.hpp"

#include <map>
#include <string>
#include <vector>

namespace kflow::kernel {

/// task_struct.__state and exit_state, with the kernel's bits.
inline constexpr unsigned TASK_RUNNING_ = 0, TASK_INTERRUPTIBLE_ = 1, TASK_UNINTERRUPTIBLE_ = 2,
                          TASK_STOPPED_BIT = 4, TASK_TRACED_BIT = 8, EXIT_DEAD_ = 0x10,
                          EXIT_ZOMBIE_ = 0x20, TASK_PARKED_ = 0x40, TASK_DEAD_ = 0x80,
                          TASK_WAKEKILL_ = 0x100, TASK_WAKING_ = 0x200, TASK_NOLOAD_ = 0x400,
                          TASK_NEW_ = 0x800, TASK_FREEZABLE_ = 0x2000;
inline constexpr unsigned TASK_STOPPED_ = TASK_WAKEKILL_ | TASK_STOPPED_BIT;
inline constexpr unsigned TASK_IDLE_ = TASK_UNINTERRUPTIBLE_ | TASK_NOLOAD_;
inline constexpr unsigned TASK_KILLABLE_ = TASK_WAKEKILL_ | TASK_UNINTERRUPTIBLE_;

/// task_struct.flags, the bits that decide something here.
inline constexpr std::uint32_t PF_IDLE_ = 2, PF_EXITING_ = 4, PF_SUPERPRIV_ = 0x100,
                               PF_FORKNOEXEC_ = 0x40, PF_DUMPCORE_ = 0x200, PF_SIGNALED_ = 0x400,
                               PF_KTHREAD_ = 0x200000;

/// clone flags (include/uapi/linux/sched.h).
inline constexpr std::uint64_t CLONE_VM_ = 0x100, CLONE_FS_ = 0x200, CLONE_FILES_ = 0x400,
                               CLONE_SIGHAND_ = 0x800, CLONE_PIDFD_ = 0x1000,
                               CLONE_PTRACE_ = 0x2000, CLONE_VFORK_ = 0x4000,
                               CLONE_PARENT_ = 0x8000, CLONE_THREAD_ = 0x10000,
                               CLONE_NEWNS_ = 0x20000, CLONE_SYSVSEM_ = 0x40000,
                               CLONE_SETTLS_ = 0x80000, CLONE_PARENT_SETTID_ = 0x100000,
                               CLONE_CHILD_CLEARTID_ = 0x200000, CLONE_DETACHED_ = 0x400000,
                               CLONE_UNTRACED_ = 0x800000, CLONE_CHILD_SETTID_ = 0x1000000,
                               CLONE_NEWCGROUP_ = 0x2000000, CLONE_NEWUTS_ = 0x4000000,
                               CLONE_NEWIPC_ = 0x8000000, CLONE_NEWUSER_ = 0x10000000,
                               CLONE_NEWPID_ = 0x20000000, CLONE_NEWNET_ = 0x40000000,
                               CLONE_IO_ = 0x80000000, CLONE_CLEAR_SIGHAND_ = 0x100000000,
                               CLONE_INTO_CGROUP_ = 0x200000000, CLONE_NEWTIME_ = 0x80,
                               CLONE_AUTOREAP_ = 0x400000000, CLONE_NNP_ = 0x800000000,
                               CLONE_PIDFD_AUTOKILL_ = 0x1000000000,
                               CLONE_EMPTY_MNTNS_ = 0x2000000000; // since 7.2

/// wait options and id types (include/uapi/linux/wait.h).
inline constexpr std::int64_t WNOHANG_ = 1, WUNTRACED_ = 2, WSTOPPED_ = 2, WEXITED_ = 4,
                              WCONTINUED_ = 8, WNOWAIT_ = 0x1000000, __WNOTHREAD_ = 0x20000000,
                              __WALL_ = 0x40000000, __WCLONE_ = 0x80000000;

/// thread_info of arm64: what the flag columns are made of, besides the CPU's interrupt mask.
struct ThreadInfo {
    std::uint16_t preempt = 0;      ///< PREEMPT_MASK part of preempt_count
    std::uint16_t bh_off = 0;       ///< local_bh_disable depth (SOFTIRQ_DISABLE_OFFSET)
    std::uint16_t migration = 0;    ///< migrate_disable depth (task_struct's migration_disabled)
    bool softirq = false;           ///< serving a soft interrupt (SOFTIRQ_OFFSET)
    std::uint8_t hardirq = 0;       ///< HARDIRQ_MASK part
    bool need_resched = false;      ///< TIF_NEED_RESCHED
    bool need_resched_lazy = false; ///< TIF_NEED_RESCHED_LAZY
    bool preempt_resched = false;   ///< preempt.need_resched
    bool sigpending = false;        ///< TIF_SIGPENDING
    bool notify_resume = false;     ///< TIF_NOTIFY_RESUME
    std::vector<bool> saved_irqs;   ///< irqs_save … irqs_restore, innermost last
    bool operator==(ThreadInfo const&) const = default;
};

/// A function of the program that the library has called (a thread's, a handler of atexit or
/// fork): where the program's own code goes on once it returns.
struct ProgramCall {
    std::uint32_t op = 0;
    bool in_call = false;
    std::uint32_t base = 0;
    Arguments arguments;
    bool operator==(ProgramCall const&) const = default;
};

/// Where a task is in its program. The frames of the glibc function it is in are on its stack.
struct UserPosition {
    std::int32_t program = -1; ///< index of World's programs; -1: none (kernel thread, idle)
    std::uint32_t op = 0;      ///< the operation that is executed, or next
    bool in_call = false;      ///< inside operation `op`: its call has not come back
    std::vector<std::int64_t> variables;
    Arguments arguments;       ///< of the call in progress, variables resolved
    std::int64_t result = 0;   ///< of the last system call: value or -errno
    int error = 0;             ///< errno
    std::int64_t line = -1;    ///< that the last read gave: index of World's strings; -1: none
    std::int64_t cpu_left = 0; ///< nanoseconds of computing that are left
    std::uint32_t base = 0;    ///< glibc frames that stand below the program's code that runs now
    std::vector<ProgramCall> callers; ///< of that code, the innermost last
    std::int64_t kept_result = 0;     ///< of a system call, while the library makes further ones
    SignalSet kept_mask = 0;          ///< that the library puts back
    PendingText text;
    std::string offered; ///< what the library's next write hands over
    bool operator==(UserPosition const&) const = default;
};

/// What a signal frame on the user stack keeps until rt_sigreturn.
struct SavedContext {
    UserPosition position;
    std::vector<Frame> frames;
    std::vector<Object> places;
    SignalSet blocked = 0;
    std::int64_t result = 0;
    std::string syscall;  ///< that was interrupted; empty: none
    Arguments arguments;  ///< of it
    bool restart = false; ///< it is entered again
    bool operator==(SavedContext const&) const = default;
};

/// What a sleeping task sleeps for: the model's condition (or a name of the machine's own), and of
/// what.
struct Sleep {
    std::string condition; ///< empty: it does not sleep on anything that is named
    Object owner;
    bool operator==(Sleep const&) const = default;
};

/// ioctl commands of job control (include/uapi/asm-generic/ioctls.h).
inline constexpr std::int64_t TIOCSCTTY_ = 0x540e, TIOCGPGRP_ = 0x540f, TIOCSPGRP_ = 0x5410,
                              TIOCNOTTY_ = 0x5422, TIOCGSID_ = 0x5429;

/// How often a frame has called one function without a body: at full depth the next call looks as
/// the next one did in captures.
struct HelperCount {
    std::uint32_t frame = 0; ///< in Stack::frames
    Nanos entered;           ///< its own: a later frame may stand at the same place
    std::uint64_t symbol = 0;
    std::uint32_t calls = 0;
    bool operator==(HelperCount const&) const = default;
};

struct Task {
    Pid pid;  ///< in the root pid namespace
    Pid tgid; ///< likewise
    PidId pid_struct = kNobody<PidId>;
    std::string comm; ///< at most 15 bytes
    TaskId leader = kNobody<TaskId>;
    TaskId real_parent = kNobody<TaskId>;
    TaskId parent = kNobody<TaskId>;
    std::vector<TaskId> children; ///< group leaders and threads, oldest first
    ThreadGroupId group = kNobody<ThreadGroupId>;
    SighandId sighand = kNobody<SighandId>; ///< nobody after __exit_signal
    MmId mm = kNobody<MmId>;
    MmId active_mm = kNobody<MmId>;
    FilesId files = kNobody<FilesId>;
    FsId fs = kNobody<FsId>;
    CredId cred = kNobody<CredId>;
    NsproxyId nsproxy = kNobody<NsproxyId>;

    unsigned state = TASK_RUNNING_;
    unsigned exit_state = 0;
    bool left_zombie_leader = false; ///< as it left the list of its group, the last thread but the
                                     ///< leader, that one was a zombie: kernel/exit.c, release_task
    int exit_code = 0;   ///< as wait4 gives it: status << 8, or the signal, | 0x80 with a core dump
    int exit_signal = 0; ///< -1: a thread that is not the leader
    int pdeath_signal = 0;
    std::uint32_t flags = 0;       ///< PF_*
    std::uint64_t clone_flags = 0; ///< it was made with
    int usage = 2;                 ///< rcu_users: release_task() and the last switch drop one each
    bool vfork_waits = false;      ///< its parent waits for vfork_done
    TaskId vfork_parent = kNobody<TaskId>;
    std::uint64_t clear_child_tid = 0;
    std::uint64_t set_child_tid = 0;

    SignalSet blocked = 0;
    SignalSet real_blocked = 0;
    SignalSet next_blocked = 0; ///< the mask that a system call is about to set
    bool next_blocked_given = false;
    SigInfo delivered;       ///< the signal whose handler is being set up
    Action delivered_action; ///< and that handler
    int fault_signal = 0;    ///< of the fault that is being handled, 0: none
    int fault_code = 0;
    bool restore_sigmask = false;
    SignalSet saved_sigmask = 0;
    Pending pending;
    int jobctl_stop = 0;              ///< signal of a group stop that is pending, 0: none
    bool stop_dequeued = false;       ///< JOBCTL_STOP_DEQUEUED: SIGCONT has not called the stop off
    bool left_group_stopped = false;  ///< its end completed a group stop
    int cld_news = 0;                 ///< CLD_*: what it tells its parent of a stop; 0: CLD_STOPPED
    bool group_dead = false;          ///< do_exit()'s: it was the last living thread
    bool autoreaped = false;          ///< do_notify_parent() said that nobody will wait
    bool stopped = false;             ///< it sleeps in a group stop
    bool counted = false;             ///< for its user's RLIMIT_NPROC
    bool dies_of_signal = false;      ///< get_signal() ends it: its exit code is the signal
    bool in_pids_cgroup = false;      ///< counted by the pids controller
    bool switched_out = false;        ///< cpu_switch_to() has left this stack
    bool jobctl_stop_consume = false; ///< this task still counts in group_stop_count

    bool on_rq = false;
    unsigned left_rq_in = 0; ///< __state when it left its queue: what __schedule() read, whoever
                             ///< has woken it since
    bool on_cpu = false;
    bool never_ran = false;    ///< made, but not yet switched to: its kernel stack is still to come
    bool wake_pending = false; ///< queued for a remote CPU (ttwu_queue), not yet activated there
    Cpu cpu;
    Cpu next_cpu; ///< where the wake-up that is under way will queue it
    int prio = 120;
    std::int64_t vruntime = 0;
    Nanos exec_start;
    bool exec_failed = false;    ///< before the new memory was taken
    bool past_no_return = false; ///< of an exec: a failure now kills
    Pid exec_old_pid;            ///< its number before an exec made it the leader

    ThreadInfo thread;
    Sleep sleep;
    bool timer_fired = false;        ///< the hrtimer it sleeps on has run
    Nanos sleep_until;               ///< when the nanosleep that was begun ends
    Cpu timer_cpu;                   ///< whose queue the timer is on
    std::vector<TaskId> noted;       ///< wake_q: whom it wakes when it has let its lock go
    Nanos timer_expires{-1};         ///< of the hrtimer it sleeps on; -1: none
    std::string syscall;             ///< name of the system call it is in; empty: none
    Arguments args;                  ///< of that call
    std::int64_t syscall_result = 0; ///< set by effects; what the call returns if it succeeds
    int wait_status = 0;             ///< of the child that the last wait reported
    bool wait_reported = false;      ///< this wait has found a child to report
    bool restart_syscall = false;    ///< ERESTARTSYS and the like

    UserPosition user;
    std::vector<SavedContext> signal_frames;
    bool waits_for_device = false; ///< its timer is a device's answer
    std::uint8_t disk_step = 0;    ///< how far its write to the disk is
    bool flushes_stats = false;    ///< a kworker: the memory controller's work item is queued
    bool has_work = false;         ///< a kworker: something is queued for it
    bool user_work_done = false;   ///< exit_to_user_mode has run since it was last in its program
    bool resumes = false;          ///< rt_sigreturn has put back an older position
    bool resume_restart = false;   ///< and the system call in it is entered again
    std::string resume_syscall;
    Arguments resume_args;
    std::vector<Object> resume_places;
    Stack stack;
    std::vector<HelperCount> helper_counts; ///< of its frames; full depth alone
    std::vector<OpenShape> open_shapes;     ///< likewise, outermost first
    std::uint32_t works = 0;         ///< put off until it goes back to its program (task_works)
    std::uint32_t works_at_hand = 0; ///< of those that were taken, how many are still to be done
    std::uint32_t released_pipe = 0; ///< whose last writer it was, until ____fput() tells readers
    std::uint32_t told_by = ~std::uint32_t{0}; ///< the capture that told last what its helpers do
    bool operator==(Task const&) const = default;
};

/// signal_struct
struct ThreadGroup {
    std::vector<TaskId> threads; ///< leader first, then in the order of creation
    TaskId leader = kNobody<TaskId>;
    int live = 0;
    Pending shared_pending;
    std::uint32_t flags = 0; ///< SIGNAL_*
    int group_exit_code = 0;
    int group_stop_count = 0;
    TaskId group_exec_task = kNobody<TaskId>;
    int notify_count = 0;
    PidId pgrp = kNobody<PidId>;
    PidId session = kNobody<PidId>;
    /// When it came into them, by Machine::attached: the last one stands first on a list.
    std::uint64_t pgrp_since = 0;
    std::uint64_t session_since = 0;
    bool session_leader = false;
    bool job_of_shell = false;           ///< its parent is a shell, for whom init stands
    bool has_ctty = false;               ///< signal->tty: the machine's terminal controls it
    PidId tty_old_pgrp = kNobody<PidId>; ///< what was in the foreground when the line was hung up
    bool child_subreaper = false;
    bool has_child_subreaper = false;
    bool unkillable = false;
    bool autoreap = false; ///< CLONE_AUTOREAP: the kernel reaps it, its parent gets no signal
    TaskId curr_target = kNobody<TaskId>;
    std::map<int, std::int64_t> rlimits; ///< soft limits that are set; others are unlimited
    std::uint64_t oom_score_adj = 0;
    bool operator==(ThreadGroup const&) const = default;
};

inline constexpr std::uint32_t SIGNAL_STOP_STOPPED_ = 1, SIGNAL_STOP_CONTINUED_ = 2,
                               SIGNAL_GROUP_EXIT_ = 4, SIGNAL_CLD_STOPPED_ = 0x10,
                               SIGNAL_CLD_CONTINUED_ = 0x20, SIGNAL_UNKILLABLE_ = 0x40;

/// mm_struct: mappings are numbers.
struct Mm {
    int users = 1;
    int count = 1;
    std::uint32_t vmas = 15;
    std::uint32_t shown_vmas = 15; ///< by what a run at full depth has shown
    bool has_exe_file = true;      ///< it runs a program's file
    Library library;
    bool operator==(Mm const&) const = default;
};

/// files_struct: open files by number; what a file is, as far as writing to it matters.
enum class FileKind : std::uint8_t {
    tty,
    regular,
    pipe,
    device,
    disk, ///< a regular file that is written through: the writer sleeps until the disk has it
};
struct Files {
    int count = 1;
    std::map<int, FileKind> open;
    std::uint32_t pipe = 0; ///< number of the pipe whose ends are kPipeRead and kPipeWrite; 0: none
    bool writes_pipe = false; ///< the end to write to is open
    bool operator==(Files const&) const = default;
};

/// Descriptors of the pipe that a process made last.
inline constexpr int kPipeRead = 11, kPipeWrite = 12;

/// Descriptors of every process that has the terminal's other side, as script(1) does.
inline constexpr int kTerminalMaster = 9, kTerminalSlave = 10;

/// What a ppoll() looks at: bits of its argument `mask`.
inline constexpr std::int64_t kPollsInput = 1, ///< file 0, a pipe
    kPollsTerminal = 2,                        ///< the terminal's other side
    kPollsSignal = 4;                          ///< a signalfd for SIGCHLD

/// tty_struct of the one terminal that a machine has, as far as job control and reading go.
struct Terminal {
    PidId session = kNobody<PidId>; ///< ctrl.session: whom it controls; nobody: it is free
    PidId pgrp = kNobody<PidId>;    ///< ctrl.pgrp: the foreground process group
    /// Lines that were typed and not yet read: strings of the world.
    std::vector<std::int64_t> lines;
    std::int64_t written = 0; ///< bytes that programs wrote and no worker has handed on yet
    std::int64_t output = 0;  ///< bytes that wait to be read from the other side
    bool operator==(Terminal const&) const = default;
};

struct Fs {
    int users = 1;
    bool operator==(Fs const&) const = default;
};

struct Cred {
    int usage = 1;
    int uid = 0;
    int gid = 0;
    int user_namespace_level = 0;
    bool capable = true; ///< CAP_SYS_ADMIN and CAP_SYS_RESOURCE
    bool operator==(Cred const&) const = default;
};

/// struct pid: its number in every namespace from the root down.
struct PidEntry {
    std::vector<PidNamespaceId> namespaces;
    std::vector<std::int32_t> numbers;
    int count = 1;
    bool operator==(PidEntry const&) const = default;
};

struct PidNamespace {
    PidNamespaceId parent = kNobody<PidNamespaceId>;
    int level = 0;
    std::int32_t last = 0; ///< idr_cursor: the number that was given out last
    std::int32_t pid_max = kPidMaxLimit;
    std::map<std::int32_t, PidId> used;
    TaskId child_reaper = kNobody<TaskId>;
    bool allocation_disabled = false; ///< PIDNS_ADDING is off
    bool operator==(PidNamespace const&) const = default;
};

struct Nsproxy {
    int count = 1;
    PidNamespaceId pid_ns_for_children = kNobody<PidNamespaceId>;
    bool operator==(Nsproxy const&) const = default;
};

/// The pids controller's view of a group of tasks.
struct PidsCgroup {
    std::int64_t limit = -1; ///< -1: max
    std::int64_t charged = 0;
    bool operator==(PidsCgroup const&) const = default;
};

} // namespace kflow::kernel
