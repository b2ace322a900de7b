// What the tracepoints hand over (include/trace/events/{sched,signal,task,syscalls}.h). Layouts say
// which of it is printed and in which order.

#include "sim/engine/impl.hpp"
#include "sim/engine/registers.hpp"
#include "sim/kernel/words.hpp"
#include "sim/trace/event_layout.hpp"

#include <algorithm>
#include <array>

namespace kflow::engine {

using kernel::ObjectKind;
using kernel::Scope;
using kernel::Task;
using kernel::TaskId;

namespace {

class Fields {
public:
    explicit Fields(trace::TraceEvent& event) : event_(event) {}
    Fields& number(std::string_view key, std::int64_t value) {
        event_.fields.push_back({trace::Name(key), value});
        return *this;
    }
    Fields& unsigned_number(std::string_view key, std::uint64_t value) {
        event_.fields.push_back({trace::Name(key), value});
        return *this;
    }
    Fields& text(std::string_view key, std::string_view value) {
        event_.fields.push_back({trace::Name(key), trace::Name(value)});
        return *this;
    }

private:
    trace::TraceEvent& event_;
};

void task_fields(Fields fields, Task const& task) {
    fields.text("comm", task.comm).number("pid", task.pid.value).number("prio", task.prio);
}

void about_task(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    task_fields(Fields(event), s.task());
}

void wakeup(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    auto const& task = s.object("child").kind == ObjectKind::task &&
                               event.name.view() == "sched_wakeup_new" &&
                               s.object("task").kind != ObjectKind::task
                           ? s.task("child")
                           : s.task();
    task_fields(Fields(event), task);
    Fields(event).number("target_cpu", task.cpu.value);
}

/// prev_state as sched_switch prints it (TP_printk with __print_flags).
std::string_view state_letter(Task const& task, bool preempted) {
    if (preempted) {
        return "R+";
    }
    auto const own = task.on_rq ? task.state : task.left_rq_in;
    auto const state = own | task.exit_state;
    if ((own & kernel::TASK_NOLOAD_) != 0) {
        return "I";
    }
    if ((task.exit_state & kernel::EXIT_DEAD_) != 0) {
        return "X";
    }
    if ((task.exit_state & kernel::EXIT_ZOMBIE_) != 0) {
        return "Z";
    }
    if ((state & kernel::TASK_INTERRUPTIBLE_) != 0) {
        return "S";
    }
    if ((state & kernel::TASK_UNINTERRUPTIBLE_) != 0) {
        return "D";
    }
    if ((state & kernel::TASK_STOPPED_BIT) != 0) {
        return "T";
    }
    if ((state & kernel::TASK_TRACED_BIT) != 0) {
        return "t";
    }
    if ((state & kernel::TASK_DEAD_) != 0) {
        return "X";
    }
    return "R";
}

void sched_switch(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    auto const& prev = s.object("prev").kind == ObjectKind::task ? s.task("prev") : s.self();
    auto const& next = s.task("next");
    Fields(event)
        .text("prev_comm", prev.comm)
        .number("prev_pid", prev.pid.value)
        .number("prev_prio", prev.prio)
        .text("prev_state", state_letter(prev, s.machine.cpu(s.cpu).preempting))
        .text("next_comm", next.comm)
        .number("next_pid", next.pid.value)
        .number("next_prio", next.prio);
}

void migrate(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    task_fields(Fields(event), s.task());
    auto const& woken = s.task();
    Fields(event).number("orig_cpu", woken.cpu.value).number("dest_cpu", woken.next_cpu.value);
}

void process_exit(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    task_fields(Fields(event), s.task());
    Fields(event).text("group_dead", s.task().group_dead ? "true" : "false");
}

/// The pid is that of the struct pid that is waited for, 0 for none.
void process_wait(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    auto const& self = s.self();
    auto const asked = self.args.get(Arg::pid, -1);
    auto const idtype = self.args.find(Arg::idtype);
    bool const one = idtype ? *idtype != 0 : asked != -1;
    std::int64_t number = 0;
    if (one) {
        number = asked > 0    ? asked
                 : asked < -1 ? -asked
                              : s.machine.number_in(s.group("current").pgrp,
                                                    s.machine.namespace_of(s.current));
    }
    Fields(event).text("comm", self.comm).number("pid", number).number("prio", self.prio);
}

void process_fork(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    auto const& parent = s.self();
    auto const& child = s.task("child");
    Fields(event)
        .text("parent_comm", parent.comm)
        .number("parent_pid", parent.pid.value)
        .text("child_comm", child.comm)
        .number("child_pid", child.pid.value);
}

void process_exec(Scope const& s, Engine::Impl const& impl, trace::TraceEvent& event) {
    auto const& self = s.self();
    auto const path = self.args.get(Arg::path, -1);
    std::string_view name;
    if (path >= 0 && static_cast<std::size_t>(path) < impl.world.strings.size()) {
        name = impl.world.strings[static_cast<std::size_t>(path)];
    }
    Fields(event)
        .text("interp", name)
        .text("filename", name)
        .number("pid", self.pid.value)
        .number("old_pid", self.exec_old_pid.value)
        .text("comm", self.comm);
}

kernel::SigInfo const* siginfo(Scope const& s) {
    auto const found = s.object("sig");
    return found.kind == ObjectKind::siginfo && found.id < s.machine.siginfos.size()
               ? &s.machine.siginfos[found.id]
               : nullptr;
}

void signal_generate(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    auto const* info = siginfo(s);
    auto const found = kernel::signal_target(s);
    auto const& task = s.machine.tasks[found == kernel::kNobody<TaskId> ? s.current : found];
    Fields(event)
        .number("sig", info ? info->signal : 0)
        .number("errno", info ? info->error : 0)
        .number("code", info ? info->code : 0)
        .text("comm", task.comm)
        .number("pid", task.pid.value)
        .number("group", info && info->for_thread ? 0 : 1)
        .number("result", info ? info->result : 0);
}

void signal_deliver(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    auto const* info = siginfo(s);
    auto const number = info ? info->signal : 0;
    kernel::Action action;
    if (s.self().sighand != kernel::kNobody<kernel::SighandId>) {
        action = s.machine.sighands[s.self().sighand].actions[static_cast<std::size_t>(number)];
    }
    // User code lies at addresses that the machine does not know: one of its own stands for them.
    constexpr std::uint64_t text_start = 0xaaaaaaaa0000;
    auto const handler = action.handler < 2
                             ? static_cast<std::uint64_t>(action.handler)
                             : text_start + 4 * static_cast<std::uint64_t>(action.handler);
    Fields(event)
        .number("sig", number)
        .number("errno", info ? info->error : 0)
        .number("code", info ? info->code : 0)
        .unsigned_number("sa_handler", handler)
        .unsigned_number("sa_flags", action.flags);
}

void newtask(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    auto const& child = s.task("child");
    Fields(event)
        .number("pid", child.pid.value)
        .text("comm", child.comm)
        .unsigned_number("clone_flags", child.clone_flags)
        .number("oom_score_adj", static_cast<std::int64_t>(s.group("child").oom_score_adj));
}

void rename(Scope const& s, Engine::Impl const& impl, trace::TraceEvent& event) {
    auto const& task = s.task();
    std::string_view next = task.comm;
    auto const path = task.args.get(Arg::path, -1);
    if (path >= 0 && static_cast<std::size_t>(path) < impl.world.strings.size()) {
        next = impl.world.strings[static_cast<std::size_t>(path)];
        next.remove_prefix(next.rfind('/') + 1);
        next = next.substr(0, 15);
    }
    Fields(event)
        .number("pid", task.pid.value)
        .text("oldcomm", task.comm)
        .text("newcomm", next)
        .number("oom_score_adj", static_cast<std::int64_t>(s.group().oom_score_adj));
}

void sys_enter(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    auto const registers = registers_of(s.self().syscall, s.self().args);
    Fields fields(event);
    fields.number("id", system_call_number(s.self().syscall));
    constexpr std::array<std::string_view, 6> keys{"args0", "args1", "args2",
                                                   "args3", "args4", "args5"};
    for (std::size_t n = 0; n < keys.size(); ++n) {
        fields.unsigned_number(keys[n], registers[n]);
    }
}

/// rt_sigreturn's number is gone with the registers that it gave back (forget_syscall).
void sys_exit(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    Fields(event)
        .number("id", s.self().resumes ? -1 : system_call_number(s.self().syscall))
        .number("ret", s.self().user.result);
}

void rseq_update(Scope const& s, Engine::Impl const&, trace::TraceEvent& event) {
    Fields(event).number("cpu_id", s.cpu.value).number("node_id", 0).number("mm_cid", 0);
}

struct Entry {
    std::string_view system;
    std::string_view event;
    FieldFunction fields;
};

constexpr std::array kEvents{
    Entry{"sched", "sched_switch", sched_switch},
    Entry{"sched", "sched_waking", wakeup},
    Entry{"sched", "sched_wakeup", wakeup},
    Entry{"sched", "sched_wakeup_new", wakeup},
    Entry{"sched", "sched_migrate_task", migrate},
    Entry{"sched", "sched_process_free", about_task},
    Entry{"sched", "sched_process_exit", process_exit},
    Entry{"sched", "sched_wait_task", about_task},
    Entry{"sched", "sched_process_wait", process_wait},
    Entry{"sched", "sched_process_fork", process_fork},
    Entry{"sched", "sched_process_exec", process_exec},
    Entry{"sched", "sched_prepare_exec", process_exec},
    Entry{"signal", "signal_generate", signal_generate},
    Entry{"signal", "signal_deliver", signal_deliver},
    Entry{"rseq", "rseq_update", rseq_update},
    Entry{"task", "task_newtask", newtask},
    Entry{"task", "task_rename", rename},
    Entry{"raw_syscalls", "sys_enter", sys_enter},
    Entry{"raw_syscalls", "sys_exit", sys_exit},
};

} // namespace

void arrange_fields(trace::TraceEvent& event) {
    if (event.layout.empty()) {
        return;
    }
    std::vector<trace::Field> ordered;
    ordered.reserve(event.fields.size());
    for (auto const key : trace::EventLayout::of(event.layout).keys()) {
        auto const found =
            std::find_if(event.fields.begin(), event.fields.end(),
                         [&](trace::Field const& field) { return field.key == key; });
        if (found != event.fields.end()) {
            ordered.push_back(*found);
        }
    }
    event.fields = std::move(ordered);
}

FieldFunction find_fields(std::string_view event) {
    for (auto const& entry : kEvents) {
        if (entry.event == event) {
            return entry.fields;
        }
    }
    return nullptr;
}

std::string_view system_of_event(std::string_view event) {
    for (auto const& entry : kEvents) {
        if (entry.event == event) {
            return entry.system;
        }
    }
    return event.substr(0, event.find('_'));
}

} // namespace kflow::engine
