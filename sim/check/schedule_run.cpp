#include "sim/check/schedule_run.hpp"

#include "sim/check/schedule_watcher.hpp"

#include <algorithm>

namespace kflow::check {

using kernel::Machine;
using kernel::TaskId;

namespace {

constexpr int kLongestQuiet = 100'000; ///< steps without anything to compare
constexpr int kWakingRounds = 200;     ///< things that are tried to wake a task

/// Whether a step of the CPU would do something: a task in its queue is not enough, its waker has
/// yet to ask for the switch.
bool is_awake(Machine const& machine, Cpu cpu) {
    auto const& state = machine.cpu(cpu);
    auto const& idle = machine.tasks[state.idle].thread;
    return state.current != state.idle || !state.pending.empty() || idle.need_resched ||
           idle.need_resched_lazy;
}

} // namespace

Outside::Outside(LedState& state, int signal, int result) : state_(state), signal_(signal) {
    if (signal < 1 || signal > kernel::kSignals) {
        return;
    }
    change(state.machine.init, result);
    for (auto const& [id, follower] : state.followers) {
        if (follower.free && state.machine.tasks.has(id)) {
            change(id, result);
        }
    }
}

void Outside::change(TaskId task, int result) {
    constexpr int ignored = 1;
    constexpr int already_pending = 2;
    auto& machine = state_.machine;
    auto const sighand = machine.tasks[task].sighand;
    if (sighand == kernel::kNobody<kernel::SighandId>) {
        return; // it is dead
    }
    auto& action = machine.sighands.edit(sighand).actions[static_cast<std::size_t>(signal_)];
    handlers_.emplace_back(task, action.handler);
    action.handler = result == ignored ? 0 : 2;
    auto& pending = machine.groups.edit(machine.tasks[task].group).shared_pending;
    std::erase_if(pending.queue, [&](kernel::SigInfo const& one) { return one.signal == signal_; });
    pending.set &= ~kernel::set_of(signal_);
    if (result == already_pending) {
        pending.set |= kernel::set_of(signal_);
    }
}

Outside::~Outside() {
    auto& machine = state_.machine;
    for (auto const& [task, handler] : handlers_) {
        if (!machine.tasks.has(task) ||
            machine.tasks[task].sighand == kernel::kNobody<kernel::SighandId>) {
            continue;
        }
        auto& sighand = machine.sighands.edit(machine.tasks[task].sighand);
        sighand.actions[static_cast<std::size_t>(signal_)].handler = handler;
        auto& pending = machine.groups.edit(machine.tasks[task].group).shared_pending;
        auto const is_same = [&](kernel::SigInfo const& one) { return one.signal == signal_; };
        if (std::ranges::none_of(pending.queue,
                                 is_same)) { // said to be pending, but nobody sent it
            pending.set &= ~kernel::set_of(signal_);
        }
    }
}

Leader::Leader(engine::Engine const& engine, Visible const& visible, std::map<int, Root> roots)
    : engine_(engine), visible_(visible), roots_(std::move(roots)) {}

LedState Leader::begin(engine::RunOptions const& options, int program) const {
    LedState state;
    state.machine = engine_.boot(options);
    auto const first = engine_.add(state.machine, program);
    auto& follower = state.followers[first];
    auto const root = roots_.find(program);
    follower.compared = root != roots_.end();
    follower.free = !follower.compared;
    if (follower.compared) {
        state.tasks[root->second.pid] = first;
        state.counterparts.bind(root->second.pid, state.machine.tasks[first].pid.value);
    }
    return state;
}

/// What others raised for a CPU arrives at once.
void Leader::deliver_interrupts(LedState& state, Cpu cpu) const {
    auto& queue = state.machine.queue;
    auto const is_ipi = [&](kernel::Happening const& h) {
        return h.kind == kernel::HappeningKind::ipi && h.cpu == cpu;
    };
    auto const here = std::find_if(queue.begin(), queue.end(), is_ipi);
    if (here == queue.end()) {
        return;
    }
    std::erase_if(queue, is_ipi);
    engine_.interrupt(state.machine, cpu, kernel::Interrupt::reschedule);
}

bool Leader::step(LedState& state, TaskId task) const {
    auto const cpu = state.followers.at(task).cpu;
    deliver_interrupts(state, cpu);
    Policy policy(state, taken);
    Watcher watcher(state, engine_, visible_, roots_);
    return engine_.step_cpu(state.machine, cpu, policy, &watcher);
}

bool Leader::can_run(LedState const& state, TaskId task) const {
    auto const cpu = state.followers.at(task).cpu;
    return state.machine.tasks.has(task) && is_awake(state.machine, cpu);
}

Leader::Came Leader::advance(LedState& state, TaskId task) const {
    auto const& made = state.followers.at(task).made;
    for (int n = 0; n < kLongestQuiet; ++n) {
        if (!made.empty()) {
            return Came::item;
        }
        if (!step(state, task)) {
            return Came::asleep;
        }
    }
    return Came::nowhere;
}

void Leader::advance_in_user(LedState& state, TaskId task) const {
    auto ahead = state;
    int in_user = 0; // after how many steps it was there last
    for (int n = 1; n <= kLongestQuiet && ahead.followers.at(task).made.empty(); ++n) {
        if (!step(ahead, task)) {
            break;
        }
        if (ahead.machine.tasks.has(task) && !ahead.machine.tasks[task].stack.in_kernel()) {
            in_user = n;
        }
    }
    for (int n = 0; n < in_user; ++n) {
        step(state, task);
    }
}

/// Time jumps to where the task's timer is due; other timers wait until they are asked for.
bool Leader::fire_timer(LedState& state, TaskId task) const {
    auto& machine = state.machine;
    if (!machine.tasks.has(task) || machine.tasks[task].timer_expires.count < 0) {
        return false;
    }
    auto const& sleeper = machine.tasks[task];
    auto const cpu = sleeper.timer_cpu;
    machine.now = std::max(machine.now, sleeper.timer_expires);
    machine.cpu(cpu).now = std::max(machine.cpu(cpu).now, machine.now);
    engine_.interrupt(machine, cpu, kernel::Interrupt::timer);
    auto const own = state.followers.at(task).cpu;
    Policy policy(state, taken);
    Watcher watcher(state, engine_, visible_, roots_);
    for (int n = 0; n < kLongestQuiet && cpu != own && !can_run(state, task); ++n) {
        if (!engine_.step_cpu(machine, cpu, policy, &watcher)) { // a device interrupts another CPU
            break;
        }
        deliver_interrupts(state, own);
    }
    return step(state, task);
}

void Leader::expire(LedState& state, TaskId task) const {
    if (!can_run(state, task)) {
        fire_timer(state, task);
    }
}

void Leader::advance_to_sleep(LedState& state, TaskId task) const {
    if (state.machine.tasks.has(task) && state.machine.tasks[task].never_ran &&
        !can_run(state, task)) {
        run_others(state, task, true);
    }
    advance(state, task);
}

std::optional<Nanos> Leader::asked_sleep(LedState const& state, TaskId task) const {
    if (!state.machine.tasks.has(task) || can_run(state, task)) {
        return std::nullopt;
    }
    auto const expires = state.machine.tasks[task].timer_expires;
    auto const since = state.machine.cpu(state.followers.at(task).cpu).now;
    return expires.count < 0 ? std::nullopt : std::optional(Nanos{expires.count - since.count});
}

/// Whose timer is due next: of the tasks that stand for nobody, or of the compared ones.
TaskId Leader::next_timer(LedState const& state, bool free) const {
    auto next = kernel::kNobody<TaskId>;
    for (auto const& [id, follower] : state.followers) {
        if (follower.free != free || !state.machine.tasks.has(id)) {
            continue;
        }
        auto const expires = state.machine.tasks[id].timer_expires;
        if (expires.count >= 0 && (next == kernel::kNobody<TaskId> ||
                                   expires < state.machine.tasks[next].timer_expires)) {
            next = id;
        }
    }
    return next;
}

bool Leader::fire_timer_of_others(LedState& state, TaskId task) const {
    auto const sleeper = next_timer(state, false);
    return sleeper != kernel::kNobody<TaskId> && sleeper != task && fire_timer(state, sleeper);
}

/// Lets other compared tasks go on, those first that came last; stops as soon as `task` can run.
bool Leader::run_others(LedState& state, TaskId task, bool in_kernel) const {
    std::vector<std::pair<std::uint64_t, TaskId>> others;
    for (auto const& [id, follower] : state.followers) {
        if (id != task && follower.compared && state.machine.tasks.has(id) &&
            (!in_kernel || state.machine.tasks[id].stack.in_kernel())) {
            others.emplace_back(follower.last_item, id);
        }
    }
    std::sort(others.rbegin(), others.rend());
    for (auto const& [when, id] : others) {
        for (int n = 0; n < kLongestQuiet && state.followers.at(id).made.empty(); ++n) {
            bool const went = step(state, id);
            deliver_interrupts(state, state.followers.at(task).cpu);
            if (can_run(state, task)) {
                return true;
            }
            if (!went || (in_kernel && !state.machine.tasks[id].stack.in_kernel())) {
                break;
            }
        }
    }
    return false;
}

/// Lets tasks that stand for nobody go on until `until` can run (nobody: until each sleeps); where
/// all of them sleep, the next of their timers is due.
bool Leader::run_free(LedState& state, TaskId until) const {
    auto const wanted = [&] { return until != kernel::kNobody<TaskId> && can_run(state, until); };
    std::vector<TaskId> free;
    for (auto const& [id, follower] : state.followers) {
        if (follower.free) {
            free.push_back(id);
        }
    }
    bool went = false;
    for (auto const id : free) {
        for (int n = 0; n < kLongestQuiet && state.followers.at(id).free; ++n) {
            if (!step(state, id)) {
                break;
            }
            went = true;
            if (until != kernel::kNobody<TaskId>) {
                deliver_interrupts(state, state.followers.at(until).cpu);
            }
            if (wanted()) {
                return true;
            }
        }
    }
    auto const sleeper = next_timer(state, true);
    return went || (sleeper != kernel::kNobody<TaskId> && fire_timer(state, sleeper));
}

/// One thing that may wake the task; false where nothing is left to try. Where the capture shows
/// who wakes whom, timers were due when it said so, and come last.
bool Leader::wake(LedState& state, TaskId task) const {
    if (visible_.wakings) {
        return run_others(state, task, true) || run_others(state, task, false) ||
               fire_timer(state, task) || fire_timer_of_others(state, task) ||
               run_free(state, task);
    }
    return run_others(state, task, true) || fire_timer(state, task) ||
           run_others(state, task, false) || fire_timer_of_others(state, task) ||
           run_free(state, task);
}

Leader::Came Leader::advance_waking(LedState& state, TaskId task) const {
    auto came = advance(state, task);
    for (int n = 0; n < kWakingRounds && came == Came::asleep; ++n) {
        if (!wake(state, task)) {
            return came;
        }
        came = advance(state, task);
    }
    return came;
}

void Leader::advance_to_waking(LedState& state, TaskId task, std::int32_t whom) const {
    auto& follower = state.followers.at(task);
    auto const target = state.tasks.find(whom);
    if (target == state.tasks.end() || !state.machine.tasks.has(target->second)) {
        return;
    }
    auto const pid = state.machine.tasks[target->second].pid.value;
    follower.woke = 0;
    auto const before = state;
    int rounds = 0;
    bool goes_on = true;
    for (int n = 0; n < kLongestQuiet && goes_on && follower.made.empty() && follower.woke != pid;
         ++n) {
        goes_on = step(state, task) || (++rounds <= kWakingRounds && wake(state, task));
    }
    if (follower.woke != pid) {
        // The other one waited for a lock (mmap_lock), as nobody does in a run, or does not sleep
        // yet.
        state = before;
    }
}

void Leader::wake_from_outside(LedState& state, TaskId task) const {
    for (int n = 0; n < kWakingRounds && state.machine.tasks.has(task); ++n) {
        deliver_interrupts(state, state.followers.at(task).cpu);
        if (can_run(state, task) || !run_free(state, task)) {
            return;
        }
    }
}

TaskId Leader::find(LedState& state, std::int32_t pid) const {
    for (int n = 0; n < kWakingRounds && !state.tasks.contains(pid); ++n) {
        if (!run_free(state, kernel::kNobody<TaskId>)) {
            break;
        }
    }
    auto const found = state.tasks.find(pid);
    return found == state.tasks.end() ? kernel::kNobody<TaskId> : found->second;
}

std::string stack_text(engine::Engine const& engine, Machine const& machine, TaskId task) {
    std::string text;
    if (!machine.tasks.has(task)) {
        return "it is gone";
    }
    auto const& stack = machine.tasks[task].stack;
    for (auto n = stack.frames.size(); n-- > stack.user_depth;) {
        text += text.empty() ? "" : " < ";
        text += engine.model()[stack.frames[n].function].name;
    }
    return text.empty() ? "in user space" : text;
}

} // namespace kflow::check
