// What `each` runs over, and what `wait` waits for.

#include "sim/kernel/words.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace kflow::kernel {

namespace {

std::vector<Object> objects(std::vector<TaskId> const& tasks) {
    std::vector<Object> result;
    result.reserve(tasks.size());
    for (auto const id : tasks) {
        result.push_back(object_of(id));
    }
    return result;
}

std::vector<Object> numbered(std::uint32_t count) {
    std::vector<Object> result;
    for (std::uint32_t n = 0; n < count; ++n) {
        result.push_back({ObjectKind::member, n});
    }
    return result;
}

std::vector<Object> threads(Scope const& s) {
    return objects(s.group().threads);
}

std::vector<Object> threads_but(Scope const& s, ThreadGroup const& group, TaskId but) {
    (void)s;
    auto others = group.threads;
    std::erase(others, but);
    return objects(others);
}

std::vector<Object> other_threads(Scope const& s) {
    return threads_but(s, s.group(), s.task_id());
}

std::vector<Object> target_threads(Scope const& s) {
    auto const target = signal_target(s);
    return target == kNobody<TaskId>
               ? std::vector<Object>()
               : objects(s.machine.groups[s.machine.tasks[target].group].threads);
}

std::vector<Object> children(Scope const& s) {
    return objects(s.task().children);
}

std::vector<Object> siblings(Scope const& s) {
    auto const parent = s.task().real_parent;
    if (!s.machine.tasks.has(parent)) {
        return {};
    }
    auto all = s.machine.tasks[parent].children;
    std::erase(all, s.task_id());
    return objects(all);
}

template <class Keep>
std::vector<TaskId> processes(Scope const& s, Keep keep) {
    std::vector<TaskId> found;
    s.machine.tasks.for_each([&](TaskId id, Task const& task) {
        if (task.leader == id && (task.flags & PF_IDLE_) == 0 && !is_unhashed(task) &&
            keep(id, task)) {
            found.push_back(id);
        }
    });
    return found;
}

/// In the order of attach_pid()'s list: who came last is the first.
std::vector<Object> latest_first(Scope const& s, std::vector<TaskId> found,
                                 std::uint64_t ThreadGroup::*since) {
    std::ranges::sort(found, std::greater{}, [&](TaskId id) {
        return s.machine.groups[s.machine.tasks[id].group].*since;
    });
    return objects(found);
}

/// kill(-1): all but init and the caller's own process.
std::vector<Object> every_process(Scope const& s) {
    return objects(processes(s, [&](TaskId id, Task const& task) {
        return id != s.machine.init && id != s.self().leader && (task.flags & PF_KTHREAD_) == 0;
    }));
}

/// The group behind role `pgrp`, else what kill() names.
PidId signalled_group(Scope const& s) {
    if (s.object("pgrp").kind == ObjectKind::pid) {
        return s.id_of<PidId>("pgrp", ObjectKind::pid);
    }
    auto const pid = s.self().args.get(Arg::pid);
    if (s.self().syscall != "kill" || pid == 0) {
        return s.group("current").pgrp;
    }
    auto const& used = s.machine.namespaces[s.machine.namespace_of(s.current)].used;
    auto const found = used.find(static_cast<std::int32_t>(-pid));
    return found == used.end() ? kNobody<PidId> : found->second;
}

std::vector<Object> group_members(Scope const& s) {
    auto const group = signalled_group(s);
    auto const is_member = [&](TaskId, Task const& task) {
        return group != kNobody<PidId> && s.machine.groups[task.group].pgrp == group;
    };
    return latest_first(s, processes(s, is_member), &ThreadGroup::pgrp_since);
}

/// Of the session that the terminal controls; in a leader that gives it up: its own.
std::vector<Object> session_members(Scope const& s) {
    auto const own = s.group("current").session;
    auto const session = s.machine.terminal.session;
    auto const is_member = [&](TaskId, Task const& task) {
        return s.machine.groups[task.group].session == (session == kNobody<PidId> ? own : session);
    };
    return latest_first(s, processes(s, is_member), &ThreadGroup::session_since);
}

std::vector<Object> ancestors(Scope const& s) {
    std::vector<TaskId> found;
    for (auto up = s.task().real_parent;
         s.machine.tasks.has(up) && s.machine.tasks[up].group != kNobody<ThreadGroupId>;
         up = s.machine.tasks[up].real_parent) {
        found.push_back(up);
        if (up == s.machine.namespaces[s.machine.namespace_of(s.task_id())].child_reaper) {
            break;
        }
    }
    return objects(found);
}

/// Children that exit_notify() found dead and that nobody will wait for.
std::vector<Object> dead_orphans(Scope const& s) {
    std::vector<TaskId> found;
    for (auto const id : s.machine.orphans) {
        if (s.machine.tasks.has(id) && s.machine.tasks[id].exit_state == EXIT_DEAD_ &&
            !is_unhashed(s.machine.tasks[id])) {
            found.push_back(id);
        }
    }
    s.machine.orphans.clear();
    return objects(found);
}

std::vector<Object> vmas(Scope const& s) {
    auto const mm = mm_of(s);
    return mm == kNobody<MmId> || !s.machine.mms.has(mm) ? std::vector<Object>()
                                                         : numbered(s.machine.mms[mm].vmas);
}

std::vector<Object> works_at_hand(Scope const& s) {
    return numbered(s.self().works_at_hand);
}

std::vector<Object> pid_levels(Scope const& s) {
    auto const id = s.id_of<PidId>("pid", ObjectKind::pid);
    auto const pid = id != kNobody<PidId> ? id : s.task().pid_struct;
    auto levels = numbered(pid != kNobody<PidId> && s.machine.pids.has(pid)
                               ? static_cast<std::uint32_t>(s.machine.pids[pid].numbers.size())
                               : 1);
    std::reverse(levels.begin(), levels.end()); // the task's own namespace first
    return levels;
}

std::vector<Object> pending_wakeups(Scope const& s) {
    auto const woken = s.machine.cpu(s.cpu).wake_list;
    s.machine.cpu(s.cpu).wake_list.clear();
    return objects(woken);
}

std::vector<Object> stack_pages(Scope const&) {
    return numbered(4);
}

std::vector<Object> mm_counters(Scope const&) {
    return numbered(4);
}

std::vector<Object> queued_signals(Scope const& s) {
    return numbered(static_cast<std::uint32_t>(s.task().pending.queue.size()));
}

/// The threads of a task's process for whom `is_one` holds.
template <class IsOne>
std::vector<Object> threads_of(Machine const& machine, TaskId task, IsOne is_one) {
    if (!machine.tasks.has(task) || machine.tasks[task].group == kNobody<ThreadGroupId>) {
        return {};
    }
    std::vector<TaskId> found;
    for (auto const thread : machine.groups[machine.tasks[task].group].threads) {
        if (is_one(machine.tasks[thread])) {
            found.push_back(thread);
        }
    }
    return objects(found);
}

/// The sleepers of the queue that is being woken: in __wake_up_parent() those of the parent's
/// threads that are in a wait, in signalfd_notify() those of the target's that poll a signalfd; of
/// other queues the machine knows nothing.
std::vector<Object> waiters(Scope const& s) {
    auto const& frames = s.self().stack.frames;
    for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
        if (frame->wakes_pollers) {
            return threads_of(s.machine, signal_target(s),
                              [](Task const& task) { return polls(task, kPollsSignal); });
        }
        if (frame->wakes_parent) {
            bool const named = s.object("parent").kind == ObjectKind::task;
            return threads_of(
                s.machine, named ? s.task_id("parent") : s.task().parent,
                [](Task const& task) { return task.sleep.condition == "child_event"; });
        }
    }
    return {};
}

/// Who sleeps on the word of a thread that ends (pthread_join).
std::vector<Object> futex_waiters(Scope const& s) {
    std::vector<TaskId> found;
    s.machine.tasks.for_each([&](TaskId id, Task const& task) {
        if (task.sleep.condition == "futex" && task.sleep.owner == object_of(s.task_id())) {
            found.push_back(id);
        }
    });
    return objects(found);
}

std::vector<Object> noted_tasks(Scope const& s) {
    return objects(std::exchange(s.edit_self().noted, {}));
}

std::vector<Object> namespace_members(Scope const& s) {
    auto const ns = s.machine.namespace_of(s.task_id());
    std::vector<TaskId> found;
    s.machine.tasks.for_each([&](TaskId id, Task const& task) {
        if (is_unhashed(task) || id == s.task_id()) {
            return;
        }
        if (s.machine.number_in(task.pid_struct, ns) != 0) {
            found.push_back(id);
        }
    });
    return objects(found);
}

std::vector<Object> descendants(Scope const& s) {
    std::vector<TaskId> found = s.task().children;
    for (std::size_t n = 0; n < found.size(); ++n) {
        auto const& below = s.machine.tasks[found[n]].children;
        found.insert(found.end(), below.begin(), below.end());
    }
    return objects(found);
}

std::vector<Object> open_files(Scope const& s) {
    auto const files = s.id_of<FilesId>("files", ObjectKind::files) != kNobody<FilesId>
                           ? s.id_of<FilesId>("files", ObjectKind::files)
                           : s.task().files;
    return files == kNobody<FilesId> || !s.machine.files.has(files)
               ? std::vector<Object>()
               : numbered(static_cast<std::uint32_t>(s.machine.files[files].open.size()));
}

std::vector<Object> formats(Scope const&) {
    return numbered(2); // 0: ELF, 1: scripts, in the order of search_binary_handler
}

std::vector<Object> group_mates(Scope const& s) {
    return threads_but(s, s.group("current"), s.current);
}

std::vector<Object> one(Scope const&) {
    return numbered(1);
}

std::vector<Object> user_levels(Scope const& s) {
    return numbered(
        1U + static_cast<std::uint32_t>(s.machine.creds[s.self().cred].user_namespace_level));
}

/// Operations of the program: those of pthread_atfork()'s functions that it gave.
std::vector<Object> atfork_functions(Scope const& s, std::int64_t AtforkHandler::*which) {
    std::vector<Object> found;
    if (s.self().mm == kNobody<MmId>) {
        return found;
    }
    for (auto const& handler : s.machine.mms[s.self().mm].library.atfork) {
        if (handler.*which >= 0) {
            found.push_back({ObjectKind::member, static_cast<std::uint32_t>(handler.*which)});
        }
    }
    return found;
}

std::vector<Object> prepare_handlers(Scope const& s) {
    auto found = atfork_functions(s, &AtforkHandler::prepare);
    std::reverse(found.begin(), found.end());
    return found;
}

std::vector<Object> parent_handlers(Scope const& s) {
    return atfork_functions(s, &AtforkHandler::parent);
}

std::vector<Object> child_handlers(Scope const& s) {
    return atfork_functions(s, &AtforkHandler::child);
}

/// All signals that can be blocked: posix_spawn() has blocked them before it clones.
std::vector<Object> spawn_signals(Scope const&) {
    std::vector<Object> signals;
    for (int signal = 1; signal <= kSignals; ++signal) {
        if (signal != SIGKILL_ && signal != SIGSTOP_) {
            signals.push_back({ObjectKind::member, static_cast<std::uint32_t>(signal)});
        }
    }
    return signals;
}

std::vector<Object> text_lines(Scope const& s) {
    return numbered(static_cast<std::uint32_t>(s.self().user.text.lines.size()));
}

std::vector<Object> nothing(Scope const&) {
    return {};
}

constexpr std::array kCollections{
    Word<CollectionFunction>{"atfork_prepare", prepare_handlers},
    Word<CollectionFunction>{"atfork_parent", parent_handlers},
    Word<CollectionFunction>{"atfork_child", child_handlers},
    Word<CollectionFunction>{"spawn_signal", spawn_signals},
    Word<CollectionFunction>{"spawn_file_action", nothing},
    Word<CollectionFunction>{"text_line", text_lines},
    Word<CollectionFunction>{"queued_timer_signal", nothing},
    Word<CollectionFunction>{"waiter", waiters},
    Word<CollectionFunction>{"futex_waiter", futex_waiters},
    Word<CollectionFunction>{"noted_task", noted_tasks},
    Word<CollectionFunction>{"ucounts_level", user_levels},
    Word<CollectionFunction>{"tracee", nothing},
    Word<CollectionFunction>{"task_work", works_at_hand},
    Word<CollectionFunction>{"string", one},
    Word<CollectionFunction>{"spare_node", nothing},
    Word<CollectionFunction>{"segment", one},
    Word<CollectionFunction>{"robust_lock", nothing},
    Word<CollectionFunction>{"replaced_node", nothing},
    Word<CollectionFunction>{"pid_ns_member", namespace_members},
    Word<CollectionFunction>{"open_file", open_files},
    Word<CollectionFunction>{"node_batch", nothing},
    Word<CollectionFunction>{"new_node", nothing},
    Word<CollectionFunction>{"inner_node", nothing},
    Word<CollectionFunction>{"hw_breakpoint", nothing},
    Word<CollectionFunction>{"group_mate", group_mates},
    Word<CollectionFunction>{"further_page", nothing},
    Word<CollectionFunction>{"filter", nothing},
    Word<CollectionFunction>{"emptied_pid", nothing},
    Word<CollectionFunction>{"descendant", descendants},
    Word<CollectionFunction>{"cpu_timer", nothing},
    Word<CollectionFunction>{"child_node", nothing},
    Word<CollectionFunction>{"cached_stack", nothing},
    Word<CollectionFunction>{"binfmt", formats},
    Word<CollectionFunction>{"accounting_namespace", one},
    Word<CollectionFunction>{"ancestor", ancestors},
    Word<CollectionFunction>{"charged_stack_page", nothing},
    Word<CollectionFunction>{"child", children},
    Word<CollectionFunction>{"dead_orphan", dead_orphans},
    Word<CollectionFunction>{"delayed_fork", nothing},
    Word<CollectionFunction>{"every_process", every_process},
    Word<CollectionFunction>{"ignored_timer", nothing},
    Word<CollectionFunction>{"mm_counter", mm_counters},
    Word<CollectionFunction>{"other_thread", other_threads},
    Word<CollectionFunction>{"pending_wakeup", pending_wakeups},
    Word<CollectionFunction>{"pgrp_member", group_members},
    Word<CollectionFunction>{"pid_level", pid_levels},
    Word<CollectionFunction>{"process_thread", threads},
    Word<CollectionFunction>{"ptracee", nothing},
    Word<CollectionFunction>{"queued_signal", queued_signals},
    Word<CollectionFunction>{"session_member", session_members},
    Word<CollectionFunction>{"sibling", siblings},
    Word<CollectionFunction>{"stack_page", stack_pages},
    Word<CollectionFunction>{"target_thread", target_threads},
    Word<CollectionFunction>{"thread", threads},
    Word<CollectionFunction>{"vma", vmas},
};

bool signal_is_pending(Scope const& s) {
    return s.self().thread.sigpending;
}

bool is_continued(Scope const& s) {
    return !s.self().stopped;
}

constexpr std::array kConditions{
    Word<ConditionFunction>{"continued", {is_continued, TASK_STOPPED_}},
    Word<ConditionFunction>{"signal_pending", {signal_is_pending, TASK_INTERRUPTIBLE_}},
};

} // namespace

std::span<Word<CollectionFunction> const> machine_collections() {
    return kCollections;
}

std::span<Word<ConditionFunction> const> machine_conditions() {
    return kConditions;
}

} // namespace kflow::kernel
