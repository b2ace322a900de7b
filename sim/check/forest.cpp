#include "sim/check/forest.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace kflow::check {
namespace {

using trace::Event;

// What the exception vectors call besides system calls. el1_interrupt and the like are not traced
// themselves in every build, so what they call stands here as well. softirqs run inside
// irq_exit_rcu, timers inside do_interrupt_handler.
constexpr std::array<std::string_view, 24> kNoise{
    "arm64_preempt_schedule_irq",
    "do_el0_irq_bp_hardening",
    "do_interrupt_handler",
    "do_mem_abort",
    "do_page_fault",
    "do_sp_pc_abort",
    "do_translation_fault",
    "do_serror",
    "el0_interrupt",
    "el1_abort",
    "el1_interrupt",
    "gic_handle_irq",
    "gic_handle_nmi",
    "irq_enter",
    "irq_enter_rcu",
    "irq_exit",
    "irq_exit_rcu",
    "irqentry_enter",
    "irqentry_exit",
    "ipi_handler",
    "nmi_enter",
    "nmi_exit",
    "preempt_schedule_irq",
    "raw_irqentry_exit_cond_resched",
};

class Builder {
public:
    explicit Builder(trace::Capture const& capture) : capture_(capture) {}

    Forest run() {
        for (std::uint32_t i = 0; i < capture_.events.size(); ++i) {
            see(i);
        }
        for (std::uint32_t t = 0; t < open_.size(); ++t) {
            abandon(t, false);
        }
        return std::move(out_);
    }

private:
    /// Who runs: the event's own pid, or (without funcgraph-proc) whom the last separator of its
    /// CPU named.
    std::optional<std::int32_t> pid_of(Event const& event) {
        if (event.pid) {
            return event.pid->value;
        }
        if (!event.cpu) {
            return std::nullopt;
        }
        auto const known = running_.find(*event.cpu);
        return known == running_.end() ? -1 - event.cpu->value : known->second;
    }

    std::uint32_t task_of(Event const& event, std::int32_t pid) {
        TaskKey const key{pid, pid == 0 && event.cpu ? event.cpu->value : -1};
        auto const [place, is_new] =
            tasks_.emplace(key, static_cast<std::uint32_t>(out_.tasks.size()));
        if (is_new) {
            out_.tasks.push_back({key, {}, {}});
            open_.emplace_back();
        }
        return place->second;
    }

    void see(std::uint32_t index) {
        auto const& event = capture_.events[index];
        if (event.as<trace::LostEvents>() || event.as<trace::BufferStarted>()) {
            // Whoever ran on that CPU may have entered and left anything: all trees end here.
            ++out_.gaps;
            for (std::uint32_t t = 0; t < open_.size(); ++t) {
                abandon(t, true);
            }
            return;
        }
        if (event.as<trace::TaskSwitchMark>() && event.cpu && event.pid) {
            running_[*event.cpu] = event.pid->value;
        }
        auto const pid = pid_of(event);
        if (!pid || event.as<trace::TaskSwitchMark>() || event.as<trace::InterruptMark>()) {
            return;
        }
        auto const task = task_of(event, *pid);
        out_.tasks[task].events.push_back(index);
        if (auto const* entry = event.as<trace::GraphEntry>()) {
            open_[task].push_back(enter(task, index, entry->function.name));
        } else if (auto const* leaf = event.as<trace::GraphLeaf>()) {
            auto const call = enter(task, index, leaf->function.name);
            out_.calls[call].closed = true;
        } else if (event.as<trace::GraphExit>()) {
            leave(task, index);
        } else if (event.as<trace::TraceEvent>()) {
            list(task).push_back({true, index});
        }
    }

    std::vector<Child>& list(std::uint32_t task) {
        return open_[task].empty() ? out_.tasks[task].roots
                                   : out_.calls[open_[task].back()].children;
    }

    CallIndex enter(std::uint32_t task, std::uint32_t index, trace::Name symbol) {
        Call call;
        call.symbol = symbol;
        call.task = task;
        call.parent = open_[task].empty() ? kNoCall : open_[task].back();
        call.first_line = call.last_line = capture_.events[index].line;
        call.first_event = call.last_event = index;
        auto const begins = is_noise(symbol.view());
        auto const inside = call.parent != kNoCall && out_.calls[call.parent].noise;
        call.noise = begins || inside;
        out_.noise += call.noise ? 1 : 0;
        out_.groups += begins && !inside ? 1 : 0;
        auto const number = static_cast<CallIndex>(out_.calls.size());
        list(task).push_back({false, number});
        out_.calls.push_back(std::move(call));
        return number;
    }

    void leave(std::uint32_t task, std::uint32_t index) {
        if (open_[task].empty()) {
            return;
        }
        auto& call = out_.calls[open_[task].back()];
        call.closed = true;
        call.last_event = index;
        call.last_line = capture_.events[index].line;
        open_[task].pop_back();
    }

    void abandon(std::uint32_t task, bool gap) {
        auto const& events = out_.tasks[task].events;
        for (auto const number : open_[task]) {
            auto& call = out_.calls[number];
            call.last_event = std::max(call.last_event, events.back());
            call.last_line = std::max(call.last_line, capture_.events[events.back()].line);
            call.before_gap = gap;
        }
        open_[task].clear();
    }

    trace::Capture const& capture_;
    Forest out_;
    std::map<TaskKey, std::uint32_t> tasks_;
    std::map<Cpu, std::int32_t> running_;
    std::vector<std::vector<CallIndex>> open_; ///< of each task, outermost first
};

} // namespace

bool is_noise(std::string_view symbol) {
    return std::find(kNoise.begin(), kNoise.end(), symbol) != kNoise.end();
}

Forest build_forest(trace::Capture const& capture) {
    return Builder(capture).run();
}

} // namespace kflow::check
