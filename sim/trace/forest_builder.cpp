#include "sim/trace/forest_builder.hpp"

#include "sim/trace/carried_trees.hpp"
#include "sim/trace/forest_order.hpp"
#include "sim/trace/name_table.hpp"
#include "sim/trace/noise_marking.hpp"

#include <algorithm>
#include <deque>
#include <span>
#include <unordered_map>
#include <utility>

namespace kflow::trace {

namespace {

/// One life of a task while its records are read.
struct Thread {
    std::uint32_t task = 0;
    std::vector<std::uint32_t> open;       ///< calls without return, outermost first
    std::int32_t cpu = -1;                 ///< of its last record; -1: not known
    std::optional<std::int32_t> switching; ///< since it began to give its cpu up, at that depth
    bool uncertain = false;                ///< records were lost since the last one
    bool entered = false;                  ///< it showed a call
    bool took_over = false;   ///< nothing was called yet since its number became another
    bool lost_number = false; ///< a leader that is not off its CPU yet: a thread has its number
    bool died = false; ///< it gave its CPU up for good, or called do_task_dead() in another window
};

/// A task's number, or for an idle task that of its cpu.
struct Key {
    bool named = false; ///< by a pid that is not 0
    std::int32_t number = -1;
    bool operator==(Key const&) const = default;
};

struct KeyHash {
    std::size_t operator()(Key key) const {
        return static_cast<std::size_t>(static_cast<std::uint32_t>(key.number)) * 2 +
               (key.named ? 1 : 0);
    }
};

/// What is known of a cpu while records are read.
struct CpuState {
    std::int32_t running = 0; ///< the task of its last record that is not of its idle task; 0: none
    std::uint32_t end = 0;    ///< behind its last record
    Key last;                 ///< whose that was
};

/// No kernel is made for more (CONFIG_NR_CPUS).
constexpr std::int32_t kMostCpus = 8192;

/// So many records behind its last one a task that is in do_task_dead() will show no more.
constexpr std::uint32_t kDeadFor = 4096;

/// So many of those are remembered: one may be a leader whose number a thread takes over.
constexpr std::size_t kMostDead = 4096;

/// Most calls that call anything make up to so many calls.
constexpr std::size_t kUsualChildren = 4;

/// A call with more than so many below it, that is still open at a window's end, is judged by what
/// it has shown: what a kernel thread does from its birth on stands in one call.
constexpr std::uint32_t kLargestCarried = 1u << 17;

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
            for (Thread& thread : threads_) {
                std::ranges::transform(thread.open, thread.open.begin(),
                                       [&](std::uint32_t call) { return numbers[call]; });
            }
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
        note_running(event);
        if (event.as<LostEvents>() || event.as<BufferStarted>()) {
            note_loss(event.cpu);
            return;
        }
        if (auto const* entry = event.as<GraphEntry>()) {
            enter(thread_of(event), index, entry->function, std::nullopt, true);
        } else if (auto const* leaf = event.as<GraphLeaf>()) {
            enter(thread_of(event), index, leaf->function, leaf->duration, false);
        } else if (auto const* exit = event.as<GraphExit>()) {
            leave(thread_of(event), index, *exit);
        } else if (event.as<TraceEvent>()) {
            Thread& thread = thread_of(event);
            add_child(thread, {CallChild::Kind::event, index, NoiseKind::none});
            thread.died = thread.died || is_last_switch(event);
            if (event.as<TraceEvent>()->name.view() == "sched_switch") {
                note_unseen_after_takeover(thread);
            }
        } else {
            return;
        }
        note_place(event, index);
    }

    static bool is_known(std::optional<Cpu> cpu) {
        return cpu && cpu->value >= 0 && cpu->value < kMostCpus;
    }

    CpuState& state_of(Cpu cpu) {
        auto const number = static_cast<std::size_t>(cpu.value);
        if (number >= cpus_.size()) {
            cpus_.resize(number + 1);
        }
        return cpus_[number];
    }

    /// Where the task of the record just taken is.
    void note_place(Event const& event, std::uint32_t index) {
        if (is_known(event.cpu)) {
            last_->cpu = event.cpu->value;
            CpuState& state = state_of(*event.cpu);
            state.end = index + 1;
            state.last = last_key_;
        }
    }

    /// A thread that calls exec takes the number of its leader, which is dead, in the middle of
    /// what it does (fs/exec.c, de_thread): the calls that it is in stay its own. The leader may
    /// still be on its way to its last switch; it goes on under the thread's number.
    void note_running(Event const& event) {
        if (!event.pid || event.pid->value == 0 || !is_known(event.cpu)) {
            return;
        }
        auto const before = std::exchange(state_of(*event.cpu).running, event.pid->value);
        if (before == event.pid->value) {
            return;
        }
        Key const key{true, event.pid->value};
        auto leader = numbers_.find(key);
        auto const other = numbers_.find(Key{true, before});
        if (leader == numbers_.end() && std::ranges::find(dead_, key) != dead_.end()) {
            thread_of(event).died = true;
            leader = numbers_.find(key);
        }
        if (leader == numbers_.end() || other == numbers_.end()) {
            return;
        }
        Thread& dead = threads_[leader->second];
        Thread& thread = threads_[other->second];
        bool const is_off = dead.died || is_inside(dead, "do_task_dead");
        bool const is_overtaken = is_inside(dead, "do_exit") && !dead.lost_number &&
                                  !thread.open.empty() &&
                                  forest_.calls[thread.open.back()].name.view() == "exchange_tids";
        bool const is_in_exec = is_inside(thread, "begin_new_exec") ||
                                is_inside(thread, "__arm64_sys_execve") ||
                                is_inside(thread, "__arm64_sys_execveat");
        if (!is_in_exec || !(is_off || is_overtaken)) {
            return;
        }
        auto open = std::exchange(thread.open, {});
        last_ = nullptr;
        if (is_off) {
            numbers_.erase(other);
        } else {
            thread = dead;
            thread.lost_number = true;
            thread.took_over = true;
        }
        begin_life(dead, event);
        dead.open = std::move(open);
        dead.took_over = true;
    }

    /// include/linux/sched.h: EXIT_ZOMBIE, and EXIT_DEAD or TASK_DEAD, as sched_switch prints them.
    static bool is_last_switch(Event const& event) {
        auto const* fields = event.as<TraceEvent>();
        if (fields->name.view() != "sched_switch") {
            return false;
        }
        auto const state = fields->text("prev_state");
        return state.starts_with('Z') || state.starts_with('X');
    }

    bool is_inside(Thread const& thread, std::string_view function) const {
        return std::any_of(thread.open.begin(), thread.open.end(), [&](std::uint32_t call) {
            return forest_.calls[call].name.view() == function;
        });
    }

    /// Any task that was not on another cpu all the while may have run on this one while its
    /// records were lost, or before its buffer's oldest one.
    void note_loss(std::optional<Cpu> cpu) {
        ++forest_.lost_markers;
        std::uint32_t const from = is_known(cpu) ? state_of(*cpu).end : 0;
        for (auto const& [key, number] : numbers_) {
            Thread& thread = threads_[number];
            if (is_known(cpu) && stays_elsewhere(key, thread, *cpu)) {
                continue;
            }
            thread.uncertain = true;
            for (std::uint32_t const open : thread.open) {
                Call& call = forest_.calls[open];
                call.lost_from = call.lost ? std::min(call.lost_from, from) : from;
                call.lost = true;
            }
        }
    }

    /// Whether the task has a cpu that is not this one, and would show how it gives that up.
    bool stays_elsewhere(Key key, Thread const& thread, Cpu cpu) const {
        return shows_switches_ && !thread.switching && thread.cpu >= 0 && thread.cpu != cpu.value &&
               cpus_[static_cast<std::size_t>(thread.cpu)].last == key;
    }

    Thread& thread_of(Event const& event) {
        bool const named = event.pid.has_value() && event.pid->value != 0;
        forest_.told_apart = forest_.told_apart && (event.pid || event.cpu);
        Key const key{named, named ? event.pid->value : event.cpu ? event.cpu->value : -1};
        if (last_ && key == last_key_) {
            return *last_;
        }
        auto const [found, fresh] =
            numbers_.try_emplace(key, static_cast<std::uint32_t>(threads_.size()));
        if (fresh) {
            begin_life(threads_.emplace_back(), event);
        }
        last_key_ = key;
        last_ = &threads_[found->second];
        return *last_;
    }

    void begin_life(Thread& thread, Event const& event) {
        thread = Thread();
        thread.task = static_cast<std::uint32_t>(forest_.tasks.size());
        bool const named = event.pid.has_value() && event.pid->value != 0;
        forest_.tasks.push_back({event.pid, named ? std::nullopt : event.cpu, event.comm, {}});
    }

    std::vector<CallChild>& siblings(Thread const& thread) {
        return thread.open.empty() ? forest_.tasks[thread.task].roots
                                   : forest_.calls[thread.open.back()].children;
    }

    void add_child(Thread& thread, CallChild child) {
        auto& list = siblings(thread);
        if (list.empty()) {
            list.reserve(kUsualChildren);
        }
        list.push_back(child);
        if (!thread.open.empty()) {
            touch(forest_.calls[thread.open.back()], child.kind == CallChild::Kind::event
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
    void close_missed(Thread& thread, Event const& event, Name function) {
        static Name const schedule_tail("schedule_tail");
        if (function == schedule_tail && event.depth == 0 && !thread.open.empty()) {
            begin_life(thread, event);
            return;
        }
        if (!event.pid && ends_switch(function)) {
            change_task(thread, event);
            return;
        }
        while (!thread.open.empty()) {
            Call& top = forest_.calls[thread.open.back()];
            if (top.depth < event.depth || (top.depth == event.depth && !thread.uncertain)) {
                break;
            }
            top.lost = true;
            ++forest_.resyncs;
            thread.open.pop_back();
        }
        thread.uncertain = false;
    }

    /// Records that name no task: with the first call behind a switch another one runs on the CPU,
    /// in the middle of what it was doing.
    void change_task(Thread& thread, Event const& event) {
        for (std::uint32_t const call : thread.open) {
            forest_.calls[call].lost = true;
        }
        begin_life(thread, event);
    }

    /// With set_ftrace_pid a CPU remembers the number of the task that it traces until it switches
    /// (kernel/trace/fgraph.c, fgraph_pid_func), and with function-fork the number is forgotten
    /// when its task exits (kernel/trace/trace_pid.c, trace_filter_add_remove_task): a task that
    /// has another one meanwhile shows returns, but no calls any more, some until it was switched
    /// out and in again. The kernel's next call of the thread would be transfer_pid: a return or a
    /// switch without any call before is behind calls that were not shown.
    void note_unseen_after_takeover(Thread& thread) {
        if (!std::exchange(thread.took_over, false)) {
            return;
        }
        for (std::uint32_t const call : thread.open) {
            forest_.calls[call].lost = true;
        }
    }

    void note_switch(Thread& thread, Name function, std::int32_t depth) {
        if (begins_switch(function)) {
            shows_switches_ = true;
            thread.switching = depth;
        } else if (thread.switching &&
                   (ends_switch(function) || depth < *thread.switching ||
                    (depth == *thread.switching && unlocks_run_queue(function)))) {
            thread.switching.reset();
        }
    }

    void enter(Thread& thread, std::uint32_t index, GraphFunction const& function,
               std::optional<Nanos> duration, bool opens) {
        Event const& event = events_[index];
        SourceName const& name = named(function.name);
        if (ends_switch(name.name)) {
            note_unseen_after_takeover(thread);
        }
        thread.took_over = false;
        thread.entered = true;
        close_missed(thread, event, name.name);
        note_switch(thread, name.name, event.depth);
        auto const number = static_cast<std::uint32_t>(forest_.calls.size());
        Call call;
        call.name = name.name;
        call.partial = name.partial;
        call.symbol = function.name;
        call.parent = thread.open.empty() ? Call::kNone : thread.open.back();
        call.task = thread.task;
        call.depth = event.depth;
        call.cpu = event.cpu;
        call.duration = duration;
        call.returned = !opens;
        call.first_event = call.last_event = index;
        call.first_line = call.last_line = event.line;
        forest_.calls.push_back(std::move(call));
        add_child(thread, {CallChild::Kind::call, number, NoiseKind::none});
        if (opens) {
            thread.open.push_back(number);
        }
    }

    bool closes(Call const& call, Event const& event, GraphExit const& exit) const {
        return call.depth == event.depth &&
               (exit.function.name.empty() || exit.function.name == call.symbol);
    }

    void leave(Thread& thread, std::uint32_t index, GraphExit const& exit) {
        Event const& event = events_[index];
        thread.uncertain = false;
        std::size_t match = thread.open.size();
        while (match > 0 && !closes(forest_.calls[thread.open[match - 1]], event, exit)) {
            --match;
        }
        if (match == 0) {
            leave_unknown(thread, index, exit);
            return;
        }
        while (thread.open.size() > match) {
            forest_.calls[thread.open.back()].lost = true;
            thread.open.pop_back();
            ++forest_.resyncs;
        }
        if (forest_.calls[thread.open.back()].name.view() != "exchange_tids") {
            note_unseen_after_takeover(thread);
        }
        finish(thread.open.back(), index, exit);
        thread.open.pop_back();
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

    /// A return without an entry: what was deeper since is its own.
    void leave_unknown(Thread& thread, std::uint32_t index, GraphExit const& exit) {
        Event const& event = events_[index];
        while (!thread.open.empty() && forest_.calls[thread.open.back()].depth >= event.depth) {
            forest_.calls[thread.open.back()].lost = true;
            thread.open.pop_back();
            ++forest_.resyncs;
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
        call.lost = forest_.lost_markers > 0 || !thread.entered;
        entries_missing_ = true;
        call.parent = thread.open.empty() ? Call::kNone : thread.open.back();
        call.task = thread.task;
        call.depth = event.depth;
        call.cpu = event.cpu;
        call.first_event = index;
        call.first_line = event.line;
        std::vector<CallChild>& around = siblings(thread);
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
        std::deque<Thread> threads;
        std::unordered_map<Key, std::uint32_t, KeyHash> numbers;
        std::vector<std::pair<Key, std::uint32_t>> order(numbers_.begin(), numbers_.end());
        std::ranges::sort(order, {}, &std::pair<Key, std::uint32_t>::second);
        for (auto const& [key, number] : order) {
            Thread& thread = threads_[number];
            if (is_dead_for_good(thread)) {
                remember_dead(key);
                continue;
            }
            auto const roots = unfinished_roots(thread);
            if (roots.empty()) {
                continue;
            }
            carry_on(thread, roots, trees);
            numbers.emplace(key, static_cast<std::uint32_t>(threads.size()));
            threads.push_back(std::move(thread));
        }
        kept_events_ = std::move(trees.events());
        std::ranges::sort(kept_events_);
        threads_ = std::move(threads);
        numbers_ = std::move(numbers);
        last_ = nullptr;
        return next;
    }

    void remember_dead(Key key) {
        dead_.push_back(key);
        if (dead_.size() > kMostDead) {
            dead_.pop_front();
        }
    }

    bool is_dead_for_good(Thread const& thread) const {
        return !thread.open.empty() &&
               forest_.calls[thread.open.front()].last_event + kDeadFor < events_.end() &&
               is_inside(thread, "do_task_dead");
    }

    /// The root that the task is in, and the beginning of an interrupt that may not be over. A
    /// thread that took its leader's number over is in a root of the task that it was.
    std::vector<std::uint32_t> unfinished_roots(Thread const& thread) const {
        std::vector<std::uint32_t> unfinished;
        auto const task =
            thread.open.empty() ? thread.task : forest_.calls[thread.open.front()].task;
        auto const& roots = forest_.tasks[task].roots;
        std::size_t certain = 0;
        for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
            if (root->kind == CallChild::Kind::event) {
                continue;
            }
            Name const name = forest_.calls[root->index].name;
            bool const is_open = !thread.open.empty() && root->index == thread.open.front();
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

    void carry_on(Thread& thread, std::vector<std::uint32_t> const& roots, CarriedTrees& trees) {
        thread.task = trees.task(thread.task);
        if (!thread.open.empty() && forest_.calls[thread.open.front()].calls > kLargestCarried) {
            trees.copy_path(thread.open);
        } else {
            for (std::uint32_t const root : roots) {
                forest_.unfinished.push_back(root);
                trees.copy(root);
            }
        }
        auto const last = events_.end() - 1;
        for (std::uint32_t& call : thread.open) {
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
    std::deque<Thread> threads_;                              ///< stay where they are
    std::unordered_map<Key, std::uint32_t, KeyHash> numbers_; ///< of the threads
    Key last_key_;                                            ///< whose record was the last one
    Thread* last_ = nullptr;                                  ///< that one, or null
    std::deque<Key> dead_;        ///< in windows before this one, the last ones
    std::vector<CpuState> cpus_;  ///< by their numbers
    bool shows_switches_ = false; ///< some task's switch was seen to begin
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
