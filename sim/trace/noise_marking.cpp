#include "sim/trace/noise_marking.hpp"

namespace kflow::trace {

namespace {

using Siblings = std::vector<CallChild>;

class Marking {
public:
    explicit Marking(CallForest& forest) : forest_(forest) {}

    void run() {
        for (TaskCalls& task : forest_.tasks) {
            descend(task.roots);
        }
    }

private:
    static bool is_call(CallChild const& child) { return child.kind == CallChild::Kind::call; }

    Name name_of(CallChild const& child) const { return forest_.calls[child.index].name; }

    /// Top down without recursion: below noise everything is noise.
    void descend(Siblings& roots) {
        mark_siblings(roots, Name());
        std::vector<std::uint32_t> waiting;
        enter(roots, NoiseKind::none, waiting);
        while (!waiting.empty()) {
            Call& call = forest_.calls[waiting.back()];
            waiting.pop_back();
            mark_siblings(call.children, call.name);
            enter(call.children, call.noise, waiting);
        }
    }

    /// Hands the noise of a list down to its calls; noise inside of noise is counted once, with the
    /// outer one.
    void enter(Siblings const& siblings, NoiseKind around, std::vector<std::uint32_t>& waiting) {
        NoiseKind before = NoiseKind::none;
        for (CallChild const& child : siblings) {
            if (around == NoiseKind::none && child.noise != NoiseKind::none) {
                NoiseCount& counted = forest_.noise[static_cast<std::size_t>(child.noise)];
                counted.groups += child.noise != before ? 1 : 0;
                counted.calls += is_call(child) ? forest_.calls[child.index].calls : 0;
            }
            before = child.noise;
            if (is_call(child)) {
                forest_.calls[child.index].noise = around != NoiseKind::none ? around : child.noise;
                waiting.push_back(child.index);
            }
        }
    }

    void mark_siblings(Siblings& siblings, Name caller) {
        for (CallChild& child : siblings) {
            if (is_call(child)) {
                child.noise = noise_root(name_of(child), caller);
            }
        }
        mark_hidden_exits(siblings);
        if (caller.empty() || calls_schedule(caller)) {
            return;
        }
        for (std::size_t i = 0; i < siblings.size(); ++i) {
            if (is_call(siblings[i]) && begins_switch(name_of(siblings[i]))) {
                i = mark_switch(siblings, i);
            }
        }
    }

    /// Without funcgraph-irqs nothing shows that is called in hardirq context, irq_exit_rcu()
    /// itself included: what it calls once it has left that context stands right behind
    /// irq_enter_rcu.
    void mark_hidden_exits(Siblings& siblings) {
        bool behind_entry = false;
        for (CallChild& child : siblings) {
            if (!is_call(child)) {
                continue;
            }
            Name const name = name_of(child);
            if (behind_entry && called_by_irq_exit(name)) {
                child.noise = NoiseKind::interrupt;
            } else {
                behind_entry = enters_interrupt(name);
            }
        }
    }

    /// Marks the visible calls of one __schedule() from `from` on, and the events between them
    /// (sched_switch). Returns the last one.
    std::size_t mark_switch(Siblings& siblings, std::size_t from) {
        std::size_t last = from;
        bool over = false;
        for (std::size_t i = from; i < siblings.size() && !over; ++i) {
            if (!is_call(siblings[i]) || siblings[i].noise != NoiseKind::none) {
                continue;
            }
            Name const name = name_of(siblings[i]);
            over = ends_switch(name) || unlocks_run_queue(name);
            if (!over && (!belongs_to_switch(name) || (i > from && begins_switch(name)))) {
                break;
            }
            last = i;
        }
        // Switched away, and not back before the trace ends: the events behind the last call are
        // its own too.
        if (!over && no_calls_behind(siblings, last)) {
            last = siblings.size() - 1;
        }
        for (std::size_t i = from; i <= last; ++i) {
            if (siblings[i].noise == NoiseKind::none) {
                siblings[i].noise = NoiseKind::preemption;
            }
        }
        return last;
    }

    static bool no_calls_behind(Siblings const& siblings, std::size_t last) {
        for (std::size_t i = last + 1; i < siblings.size(); ++i) {
            if (is_call(siblings[i])) {
                return false;
            }
        }
        return true;
    }

    CallForest& forest_;
};

} // namespace

void mark_noise(CallForest& forest) {
    Marking(forest).run();
}

} // namespace kflow::trace
