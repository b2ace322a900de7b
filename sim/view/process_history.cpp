#include "sim/view/process_history.hpp"

#include "sim/scenario/verbs.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace kflow::view {

namespace {

constexpr std::uint64_t kCloneThread = 0x10000; // include/uapi/linux/sched.h
constexpr std::size_t kCommLetters = 15;        // TASK_COMM_LEN - 1
constexpr std::int64_t kExit = 93;              // include/uapi/asm-generic/unistd.h
constexpr std::int64_t kExitGroup = 94;

class Historian {
public:
    std::vector<Process> write(trace::Capture const& capture) {
        for (auto const& event : capture.events) {
            now_ = event.time.value_or(Nanos{});
            if (auto const* const named = event.as<trace::TraceEvent>()) {
                named_event(event, *named);
            } else if (auto const* const call = event.as<trace::FunctionEntry>()) {
                function(event, call->ip.symbol.view());
            } else if (auto const* const leaf = event.as<trace::GraphLeaf>()) {
                function(event, leaf->function.name.view());
            } else if (auto const* const entry = event.as<trace::GraphEntry>()) {
                function(event, entry->function.name.view());
            }
        }
        return std::move(all_);
    }

private:
    Process& process(std::int64_t pid) {
        auto const [place, fresh] = index_.try_emplace(pid, all_.size());
        if (fresh) {
            all_.emplace_back().pid = Pid{static_cast<std::int32_t>(pid)};
        }
        return all_[place->second];
    }

    static void name(Process& process, std::string_view comm) {
        if (comm.empty() || comm == "<...>") {
            return;
        }
        process.comm = comm;
        if (process.first_comm.empty()) {
            process.first_comm = comm;
        }
    }

    void named_event(trace::Event const& event, trace::TraceEvent const& named) {
        std::string_view const what = named.name.view();
        if (what == "sched_process_fork") {
            forked(named);
        } else if (what == "task_newtask") {
            if (event.pid && event.pid->value != 0) {
                process(event.pid->value); // who forks appears before the child
            }
            Process& child = process(named.number("pid").value_or(0));
            child.clone_flags = static_cast<std::uint64_t>(named.number("clone_flags").value_or(0));
            child.thread = (child.clone_flags & kCloneThread) != 0;
        } else if (what == "task_rename") {
            auto const pid = named.number("pid").value_or(event.pid.value_or(Pid{}).value);
            name(process(pid), named.text("newcomm"));
        } else if (what == "sched_process_exec") {
            executed(process(named.number("pid").value_or(0)), named.text("filename"));
        } else if (what == "signal_generate") {
            generated(event, named);
        } else if (what == "signal_deliver") {
            delivered(event, named);
        } else if (what == "sched_process_exit") {
            Process& dead = process(named.number("pid").value_or(0));
            name(dead, named.text("comm"));
            dead.died = now_;
        } else if (what == "sched_process_free") {
            if (auto const found = index_.find(named.number("pid").value_or(0));
                found != index_.end()) {
                all_[found->second].freed = now_;
            }
        } else {
            system_call(event, named);
        }
    }

    /// The new name is the path's last part, cut to a comm (fs/exec.c, begin_new_exec).
    void executed(Process& process, std::string_view path) {
        process.execs.push_back({now_, std::string(path)});
        if (!path.empty()) {
            name(process, path.substr(path.rfind('/') + 1).substr(0, kCommLetters));
        }
    }

    void forked(trace::TraceEvent const& named) {
        auto const parent =
            named.number(named.find("parent_pid") ? "parent_pid" : "pid").value_or(0);
        auto const comm = named.text(named.find("parent_comm") ? "parent_comm" : "comm");
        name(process(parent), comm);
        Process& child = process(named.number("child_pid").value_or(0));
        name(child, named.text("child_comm"));
        child.parent = Pid{static_cast<std::int32_t>(parent)};
        child.born = now_;
    }

    void generated(trace::Event const& event, trace::TraceEvent const& named) {
        Process& target = process(named.number("pid").value_or(0));
        name(target, named.text("comm"));
        Signal signal;
        signal.number = static_cast<int>(named.number("sig").value_or(0));
        signal.code = static_cast<int>(named.number("code").value_or(0));
        signal.from = event.pid.value_or(Pid{});
        signal.sent = now_;
        signal.ignored = named.number(named.find("result") ? "result" : "res").value_or(0) == 1;
        target.signals.push_back(signal);
    }

    void delivered(trace::Event const& event, trace::TraceEvent const& named) {
        if (!event.pid || event.pid->value == 0) {
            return;
        }
        Process& target = process(event.pid->value);
        int const number = static_cast<int>(named.number("sig").value_or(0));
        for (auto& signal : target.signals) {
            if (signal.number == number && !signal.delivered) {
                signal.delivered = now_;
                break;
            }
        }
        // The default action: what ends the process is the last of these before its exit.
        if (named.number(named.find("sa_handler") ? "sa_handler" : "sa").value_or(-1) == 0 &&
            !target.died) {
            target.killed_by = number;
        }
    }

    void system_call(trace::Event const& event, trace::TraceEvent const& named) {
        if (!event.pid || event.pid->value == 0) {
            return;
        }
        std::string_view const what = named.name.view();
        auto const number = named.number("id");
        bool const exits = (what == "sys_enter" && (number == kExit || number == kExitGroup)) ||
                           what == "sys_enter_exit" || what == "sys_enter_exit_group";
        if (!exits) {
            return;
        }
        for (std::string_view const key : {"error_code", "args", "arg0"}) {
            if (auto const code = named.number(key)) {
                process(event.pid->value).exit_status = static_cast<int>(*code & 0xff);
                return;
            }
        }
    }

    /// Who runs release_task reaps: itself, or the child that died first and is not reaped yet.
    void function(trace::Event const& event, std::string_view symbol) {
        if (symbol != "release_task" || !event.pid || event.pid->value == 0) {
            return;
        }
        Process* oldest = nullptr;
        for (auto& candidate : all_) {
            bool const mine = candidate.parent == event.pid || candidate.pid == *event.pid;
            if (mine && candidate.died && !candidate.reaped &&
                (!oldest || candidate.died < oldest->died)) {
                oldest = &candidate;
            }
        }
        if (oldest) {
            oldest->reaped = now_;
            oldest->reaped_by = event.pid;
        }
    }

    std::vector<Process> all_;
    std::map<std::int64_t, std::size_t> index_;
    Nanos now_;
};

} // namespace

std::vector<Process> process_history(trace::Capture const& capture) {
    return Historian().write(capture);
}

std::string signal_text(int number) {
    auto const name = scenario::signal_name(number);
    return name.empty() ? fmt::format("signal {}", number) : std::string(name);
}

} // namespace kflow::view
