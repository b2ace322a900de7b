#include "sim/trace/forest_builder.hpp"

#include "sim/trace/carried_trees.hpp"
#include "sim/trace/forest_order.hpp"
#include "sim/trace/name_table.hpp"
#include "sim/trace/noise_marking.hpp"
#include "sim/trace/task_lives.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace kflow::trace {

namespace {

/// Most calls that call anything make up to so many calls.
constexpr std::size_t kUsualChildren = 4;

/// A call with more than so many below it, that is still open at a window's end, is judged by what
/// it has shown: what a kernel thread does from its birth on stands in one call.
constexpr std::uint32_t kLargestCarried = 1u << 17;

/// include/linux/sched.h: EXIT_ZOMBIE, and EXIT_DEAD or TASK_DEAD, as sched_switch prints them.
bool is_last_switch(TraceEvent const& fields) {
    auto const state = fields.text("prev_state");
    return state.starts_with('Z') || state.starts_with('X');
}

} // namespace

class ForestBuilder::Impl {
public:
    CallForest build(EventWindow const& events, bool is_last) {
        events_ = events;
        forest_.calls.reserve(forest_.calls.size() + events.events().size() / 2);
        for (auto number = events.first(); number < events.end(); ++number) {
            take(number);
        }
        count_calls(forest_);
        if (std::exchange(entries_missing_, false)) {
            auto const numbers = put_in_order(forest_);
            lives_.each([&](TaskLife& life) {
                std::ranges::transform(life.open, life.open.begin(),
                                       [&](std::uint32_t call) { return numbers[call]; });
            });
        }
        mark_noise(forest_);
        kept_events_.clear();
        auto next = is_last ? CallForest() : carry_on();
        return std::exchange(forest_, std::move(next));
    }

    std::vector<std::uint32_t> const& kept_events() const { return kept_events_; }

private:
    void take(std::uint32_t index) {
        Event const& event = events_[index];
        lives_.note_running(event);
        if (event.as<LostEvents>() || event.as<BufferStarted>()) {
            note_loss(event.cpu);
            return;
        }
        if (auto const* entry = event.as<GraphEntry>()) {
            enter(lives_.of(event), index, entry->function, std::nullopt, true);
        } else if (auto const* leaf = event.as<GraphLeaf>()) {
            enter(lives_.of(event), index, leaf->function, leaf->duration, false);
        } else if (auto const* exit = event.as<GraphExit>()) {
            leave(lives_.of(event), index, *exit);
        } else if (auto const* fields = event.as<TraceEvent>()) {
            TaskLife& life = lives_.of(event);
            add_child(life, {CallChild::Kind::event, index, NoiseKind::none});
            if (fields->name.view() == "sched_switch") {
                life.died = life.died || is_last_switch(*fields);
                note_unseen_after_takeover(life);
            }
        } else {
            return;
        }
        lives_.note_place(event, index);
    }

    /// Any task that was not on another cpu all the while may have run on this one while its
    /// records were lost, or before its buffer's oldest one.
    void note_loss(std::optional<Cpu> cpu) {
        ++forest_.lost_markers;
        auto const from = lives_.end_of(cpu);
        lives_.each_that_may_run_on(cpu, [&](TaskLife& life) {
            life.uncertain = true;
            for (std::uint32_t const open : life.open) {
                Call& call = forest_.calls[open];
                call.lost_from = call.lost ? std::min(call.lost_from, from) : from;
                call.lost = true;
            }
        });
    }

    std::vector<CallChild>& siblings(TaskLife const& life) {
        return life.open.empty() ? forest_.tasks[life.task].roots
                                 : forest_.calls[life.open.back()].children;
    }

    void add_child(TaskLife& life, CallChild child) {
        auto& list = siblings(life);
        if (list.empty()) {
            list.reserve(kUsualChildren);
        }
        list.push_back(child);
        if (!life.open.empty()) {
            touch(forest_.calls[life.open.back()], child.kind == CallChild::Kind::event
                                                       ? child.index
                                                       : forest_.calls[child.index].first_event);
        }
    }

    void touch(Call& call, std::uint32_t event) {
        call.last_event = event;
        call.last_line = events_[event].line;
    }

    /// A new call cannot be less deep than one that is still open: that one's return is missing. A
    /// task that died leaves calls open; if its pid is used again, its first call is schedule_tail
    /// at depth 0.
    void close_missed(TaskLife& life, Event const& event, Name function) {
        static Name const schedule_tail("schedule_tail");
        if (function == schedule_tail && event.depth == 0 && !life.open.empty()) {
            lives_.begin(life, event);
            return;
        }
        if (!event.pid && ends_switch(function)) {
            change_task(life, event);
            return;
        }
        while (!life.open.empty()) {
            Call& top = forest_.calls[life.open.back()];
            if (top.depth < event.depth || (top.depth == event.depth && !life.uncertain)) {
                break;
            }
            top.lost = true;
            ++forest_.resyncs;
            life.open.pop_back();
        }
        life.uncertain = false;
    }

    /// Records that name no task: with the first call behind a switch another one runs on the CPU,
    /// in the middle of what it was doing.
    void change_task(TaskLife& life, Event const& event) {
        for (std::uint32_t const call : life.open) {
            forest_.calls[call].lost = true;
        }
        lives_.begin(life, event);
    }

    /// With set_ftrace_pid a CPU remembers the number of the task that it traces until it switches
    /// (kernel/trace/fgraph.c, fgraph_pid_func), and with function-fork the number is forgotten
    /// when its task exits (kernel/trace/trace_pid.c, trace_filter_add_remove_task): a task that
    /// has another one meanwhile shows returns, but no calls any more, some until it was switched
    /// out and in again. The kernel's next call of the thread would be transfer_pid: a return or a
    /// switch without any call before is behind calls that were not shown.
    void note_unseen_after_takeover(TaskLife& life) {
        if (!std::exchange(life.took_over, false)) {
            return;
        }
        for (std::uint32_t const call : life.open) {
            forest_.calls[call].lost = true;
        }
    }

    void enter(TaskLife& life, std::uint32_t index, GraphFunction const& function,
               std::optional<Nanos> duration, bool opens) {
        Event const& event = events_[index];
        SourceName const& name = named(function.name);
        if (ends_switch(name.name)) {
            note_unseen_after_takeover(life);
        }
        life.took_over = false;
        life.entered = true;
        close_missed(life, event, name.name);
        lives_.note_switch(life, name.name, event.depth);
        auto const number = static_cast<std::uint32_t>(forest_.calls.size());
        Call call;
        call.name = name.name;
        call.partial = name.partial;
        call.symbol = function.name;
        call.parent = life.open.empty() ? Call::kNone : life.open.back();
        call.task = life.task;
        call.depth = event.depth;
        call.cpu = event.cpu;
        call.duration = duration;
        call.returned = !opens;
        call.first_event = call.last_event = index;
        call.first_line = call.last_line = event.line;
        forest_.calls.push_back(std::move(call));
        add_child(life, {CallChild::Kind::call, number, NoiseKind::none});
        if (opens) {
            life.open.push_back(number);
        }
    }

    bool closes(Call const& call, Event const& event, GraphExit const& exit) const {
        return call.depth == event.depth &&
               (exit.function.name.empty() || exit.function.name == call.symbol);
    }

    void leave(TaskLife& life, std::uint32_t index, GraphExit const& exit) {
        Event const& event = events_[index];
        life.uncertain = false;
        std::size_t match = life.open.size();
        while (match > 0 && !closes(forest_.calls[life.open[match - 1]], event, exit)) {
            --match;
        }
        if (match == 0) {
            leave_unknown(life, index, exit);
            return;
        }
        while (life.open.size() > match) {
            forest_.calls[life.open.back()].lost = true;
            life.open.pop_back();
            ++forest_.resyncs;
        }
        if (forest_.calls[life.open.back()].name.view() != "exchange_tids") {
            note_unseen_after_takeover(life);
        }
        finish(life.open.back(), index, exit);
        life.open.pop_back();
    }

    void finish(std::uint32_t number, std::uint32_t index, GraphExit const& exit) {
        Call& call = forest_.calls[number];
        call.returned = true;
        call.duration = exit.duration;
        touch(call, index);
        if (call.parent != Call::kNone) {
            touch(forest_.calls[call.parent], index);
        }
    }

    /// A return without an entry: what was deeper since is its own. The calls around it, whose
    /// entries are shown, miss records: those from before the oldest one of another CPU.
    void leave_unknown(TaskLife& life, std::uint32_t index, GraphExit const& exit) {
        Event const& event = events_[index];
        while (!life.open.empty() && forest_.calls[life.open.back()].depth >= event.depth) {
            forest_.calls[life.open.back()].lost = true;
            life.open.pop_back();
            ++forest_.resyncs;
        }
        for (std::uint32_t const open : life.open) {
            forest_.calls[open].lost = true;
        }
        auto const number = static_cast<std::uint32_t>(forest_.calls.size());
        SourceName const& name = named(exit.function.name);
        Call call;
        call.name = name.name;
        call.partial = name.partial;
        call.symbol = exit.function.name;
        call.entered = false;
        // What was lost may have been below it. A task that is not traced any more shows the
        // returns of what it was in when it was, and no calls (kernel/trace/fgraph.c).
        call.lost = forest_.lost_markers > 0 || !life.entered;
        entries_missing_ = true;
        call.parent = life.open.empty() ? Call::kNone : life.open.back();
        call.task = life.task;
        call.depth = event.depth;
        call.cpu = event.cpu;
        call.first_event = index;
        call.first_line = event.line;
        std::vector<CallChild>& around = siblings(life);
        std::size_t const from = first_deeper(around, event.depth);
        call.children.assign(around.begin() + static_cast<std::ptrdiff_t>(from), around.end());
        around.resize(from);
        if (!call.children.empty()) {
            auto const& first = call.children.front();
            bool const is_event = first.kind == CallChild::Kind::event;
            call.first_event = is_event ? first.index : forest_.calls[first.index].first_event;
            call.first_line =
                is_event ? events_[first.index].line : forest_.calls[first.index].first_line;
        }
        for (CallChild const& child : call.children) {
            if (child.kind == CallChild::Kind::call) {
                forest_.calls[child.index].parent = number;
            }
        }
        around.push_back({CallChild::Kind::call, number, NoiseKind::none});
        forest_.calls.push_back(std::move(call));
        finish(number, index, exit);
    }

    /// Where the last run of siblings begins that are deeper than `depth`; events go with the calls
    /// around them.
    std::size_t first_deeper(std::vector<CallChild> const& around, std::int32_t depth) const {
        std::size_t from = around.size();
        while (from > 0) {
            CallChild const& child = around[from - 1];
            std::int32_t const own = child.kind == CallChild::Kind::call
                                         ? forest_.calls[child.index].depth
                                         : events_[child.index].depth;
            if (own <= depth) {
                break;
            }
            --from;
        }
        return from;
    }

    /// What the next window begins with: the trees that are not finished. They are in this window's
    /// forest as well.
    CallForest carry_on() {
        CallForest next;
        next.lost_markers = forest_.lost_markers;
        next.told_apart = forest_.told_apart;
        next.resyncs = forest_.resyncs;
        CarriedTrees trees(forest_, next);
        lives_.go_on(events_.end(), [&](TaskLife& life) {
            auto const roots = unfinished_roots(life);
            if (!roots.empty()) {
                carry_on(life, roots, trees);
            }
            return !roots.empty();
        });
        kept_events_ = std::move(trees.events());
        std::ranges::sort(kept_events_);
        return next;
    }

    /// The root that the task is in, and the beginning of an interrupt that may not be over. A
    /// thread that took its leader's number over is in a root of the task that it was.
    std::vector<std::uint32_t> unfinished_roots(TaskLife const& life) const {
        std::vector<std::uint32_t> unfinished;
        auto const task = life.open.empty() ? life.task : forest_.calls[life.open.front()].task;
        auto const& roots = forest_.tasks[task].roots;
        std::size_t certain = 0;
        for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
            if (root->kind == CallChild::Kind::event) {
                continue;
            }
            Name const name = forest_.calls[root->index].name;
            bool const is_open = !life.open.empty() && root->index == life.open.front();
            if (!is_open && !called_by_irq_exit(name) && !enters_interrupt(name)) {
                break;
            }
            unfinished.push_back(root->index);
            certain = is_open || enters_interrupt(name) ? unfinished.size() : certain;
            if (enters_interrupt(name)) {
                break;
            }
        }
        unfinished.resize(certain);
        std::ranges::reverse(unfinished);
        return unfinished;
    }

    void carry_on(TaskLife& life, std::vector<std::uint32_t> const& roots, CarriedTrees& trees) {
        life.task = trees.task(life.task);
        if (!life.open.empty() && forest_.calls[life.open.front()].calls > kLargestCarried) {
            trees.copy_path(life.open);
        } else {
            for (std::uint32_t const root : roots) {
                forest_.unfinished.push_back(root);
                trees.copy(root);
            }
        }
        auto const last = events_.end() - 1;
        for (std::uint32_t& call : life.open) {
            forest_.calls[call].last_event = last; // It goes on behind the window's end.
            forest_.calls[call].last_line = events_[last].line;
            call = trees.number_of(call);
        }
    }

    SourceName const& named(Name symbol) {
        auto& known = names_.at(symbol);
        if (known.name.empty()) {
            known = source_name(symbol);
        }
        return known;
    }

    EventWindow events_{std::span<Event const>()};
    CallForest forest_;
    std::vector<std::uint32_t> kept_events_;
    bool entries_missing_ = false;
    TaskLives lives_{forest_};
    NameTable<SourceName> names_; ///< of symbols
};

ForestBuilder::ForestBuilder() : impl_(std::make_unique<Impl>()) {}
ForestBuilder::~ForestBuilder() = default;

CallForest ForestBuilder::build(EventWindow const& events, bool is_last) {
    return impl_->build(events, is_last);
}

std::vector<std::uint32_t> const& ForestBuilder::kept_events() const {
    return impl_->kept_events();
}

} // namespace kflow::trace
