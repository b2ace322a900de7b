// The events of sched, signal, task and raw_syscalls, as the format files of the kernels 6.1, 6.12
// and 7.2 print them. Where kernels differ, the newer form comes first with the first release that
// prints so.
#include "sim/trace/event_layout.hpp"

#include <array>
#include <map>
#include <utility>

namespace kflow::trace {

namespace {

struct Entry {
    char const* layout;
    int major = 0; ///< the first kernel that prints so; 0: all that are known
    int minor = 0;
};

constexpr char const* kSchedSwitch =
    "sched_switch: prev_comm={prev_comm:s} prev_pid={prev_pid:d} prev_prio={prev_prio:d} "
    "prev_state={prev_state:s} ==> next_comm={next_comm:s} next_pid={next_pid:d} "
    "next_prio={next_prio:d}";

constexpr std::array kSched{
    Entry{kSchedSwitch},
    Entry{"sched_waking: comm={comm:s} pid={pid:d} prio={prio:d} target_cpu={target_cpu:03d}"},
    Entry{"sched_wakeup: comm={comm:s} pid={pid:d} prio={prio:d} target_cpu={target_cpu:03d}"},
    Entry{"sched_wakeup_new: comm={comm:s} pid={pid:d} prio={prio:d} target_cpu={target_cpu:03d}"},
    Entry{"sched_migrate_task: comm={comm:s} pid={pid:d} prio={prio:d} orig_cpu={orig_cpu:d} "
          "dest_cpu={dest_cpu:d}"},
    Entry{"sched_process_free: comm={comm:s} pid={pid:d} prio={prio:d}"},
    Entry{"sched_process_exit: comm={comm:s} pid={pid:d} prio={prio:d} group_dead={group_dead:s}",
          6, 16},
    Entry{"sched_process_exit: comm={comm:s} pid={pid:d} prio={prio:d}"},
    Entry{"sched_wait_task: comm={comm:s} pid={pid:d} prio={prio:d}"},
    Entry{"sched_process_wait: comm={comm:s} pid={pid:d} prio={prio:d}"},
    Entry{"sched_process_fork: comm={parent_comm:s} pid={parent_pid:d} child_comm={child_comm:s} "
          "child_pid={child_pid:d}"},
    Entry{"sched_process_exec: filename={filename:s} pid={pid:d} old_pid={old_pid:d}"},
    Entry{"sched_prepare_exec: interp={interp:s} filename={filename:s} pid={pid:d} comm={comm:s}",
          6, 10},
    Entry{"sched_process_hang: comm={comm:s} pid={pid:d}"},
    Entry{"sched_kthread_stop: comm={comm:s} pid={pid:d}"},
    Entry{"sched_kthread_stop_ret: ret={ret:d}"},
    Entry{"sched_pi_setprio: comm={comm:s} pid={pid:d} oldprio={oldprio:d} newprio={newprio:d}"},
    Entry{"sched_wake_idle_without_ipi: cpu={cpu:d}"},
    Entry{"sched_stat_wait: comm={comm:s} pid={pid:d} delay={delay:u} [ns]"},
    Entry{"sched_stat_sleep: comm={comm:s} pid={pid:d} delay={delay:u} [ns]"},
    Entry{"sched_stat_iowait: comm={comm:s} pid={pid:d} delay={delay:u} [ns]"},
    Entry{"sched_stat_blocked: comm={comm:s} pid={pid:d} delay={delay:u} [ns]"},
    Entry{"sched_stat_runtime: comm={comm:s} pid={pid:d} runtime={runtime:u} [ns]", 6, 8},
    Entry{"sched_stat_runtime: comm={comm:s} pid={pid:d} runtime={runtime:u} [ns] "
          "vruntime={vruntime:u} [ns]"},
};

constexpr std::array kOthers{
    Entry{"signal_generate: sig={sig:d} errno={errno:d} code={code:d} comm={comm:s} pid={pid:d} "
          "grp={group:d} res={result:d}"},
    Entry{"signal_deliver: sig={sig:d} errno={errno:d} code={code:d} sa_handler={sa_handler:x} "
          "sa_flags={sa_flags:x}"},
    Entry{"task_newtask: pid={pid:d} comm={comm:s} clone_flags={clone_flags:x} "
          "oom_score_adj={oom_score_adj:d}"},
    Entry{"task_rename: pid={pid:d} oldcomm={oldcomm:s} newcomm={newcomm:s} "
          "oom_score_adj={oom_score_adj:d}"},
    Entry{"task_prctl_unknown: option={option:d} arg2={arg2:d} arg3={arg3:d} arg4={arg4:d} "
          "arg5={arg5:d}",
          6, 16},
    Entry{
        "sys_enter: NR {id:d} ({args0:x}, {args1:x}, {args2:x}, {args3:x}, {args4:x}, {args5:x})"},
    Entry{"sys_exit: NR {id:d} = {ret:d}"},
};

struct Known {
    std::vector<Name> layouts;
    std::vector<Entry> entries;
};

using Table = std::map<std::string, Known, std::less<>>;

void add(Table& table, Entry const& entry) {
    std::string_view const text = entry.layout;
    Known& known = table[std::string(text.substr(0, text.find(':')))];
    known.layouts.emplace_back(text);
    known.entries.push_back(entry);
}

Table make_table() {
    Table table;
    for (Entry const& entry : kSched) {
        add(table, entry);
    }
    for (Entry const& entry : kOthers) {
        add(table, entry);
    }
    return table;
}

Table const& table() {
    static Table const the = make_table();
    return the;
}

} // namespace

Name event_layout(std::string_view event, int major, int minor) {
    auto const found = table().find(event);
    if (found == table().end()) {
        return Name();
    }
    for (std::size_t i = 0; i < found->second.entries.size(); ++i) {
        Entry const& entry = found->second.entries[i];
        if (std::pair(entry.major, entry.minor) <= std::pair(major, minor)) {
            return found->second.layouts[i];
        }
    }
    return Name();
}

Name syscall_enter_layout(std::string_view syscall, std::vector<SyscallArgument> const& arguments,
                          Dialect const& dialect) {
    bool const prefixed = dialect.syscall_args_prefixed;
    std::string layout = "sys_" + std::string(syscall) + "(";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string const name(arguments[i].name);
        layout += (i > 0 ? ", " : "") + name + ": {" + name + (prefixed ? ":a}" : ":x}");
        using enum SyscallArgument::Memory;
        if (prefixed && arguments[i].memory != none) {
            auto const* const quote = arguments[i].memory == text ? "\"" : "";
            layout += std::string(" ") + quote + "{" + name + "_memory:s}" + quote;
        }
    }
    return Name(layout + ")");
}

Name syscall_exit_layout(std::string_view syscall) {
    return Name("sys_" + std::string(syscall) + " -> {ret:#x}");
}

std::vector<Name> const& known_layouts(std::string_view event) {
    static std::vector<Name> const none;
    auto const found = table().find(event);
    return found == table().end() ? none : found->second.layouts;
}

} // namespace kflow::trace
