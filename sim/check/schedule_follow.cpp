// One item of the capture after the other: what the run does at it, and where it cannot.
#include "sim/check/schedule_search.hpp"

#include "sim/check/schedule.hpp"
#include "sim/scenario/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kflow::check {

using kernel::TaskId;

namespace {

constexpr Nanos kSlowestSwitch{20'000'000}; ///< from the start of a timer to the sleep, at most

std::int32_t number_in(CaptureItem const& item, std::string_view key) {
    return static_cast<std::int32_t>(item.event->number(key).value_or(0));
}

} // namespace

Search::Search(scenario::Replay const& replay, CaptureItems const& capture, int program,
               std::map<int, Root> roots)
    : replay_(replay), capture_(capture), program_(program), roots_(roots),
      leader_(replay.engine(), capture.visible, std::move(roots)) {
    for (std::size_t at = 0; at < end(); ++at) {
        if (item(at).name.view() == "signal_generate") {
            signals_[item(at).pid].push_back(at);
        }
    }
}

LedState Search::begin() const {
    auto const& scenario = replay_.scenario();
    engine::RunOptions options;
    options.cpus = static_cast<int>(capture_.forks + scenario.programs.size()) + 8;
    options.first_pid = scenario.machine.first_pid;
    options.pid_max = scenario.machine.pid_max;
    for (auto const& failure : scenario.machine.failures) {
        options.failures.push_back({failure.function, failure.caller, failure.nth,
                                    scenario::errno_number(failure.error), 0});
    }
    return leader_.begin(options, program_);
}

/// Whether the item is of a task of the scenario.
bool Search::belongs(LedState const& state, std::size_t at) const {
    auto const pid = item(at).pid;
    auto const is_root = std::any_of(roots_.begin(), roots_.end(), [&](auto const& entry) {
        return entry.second.pid == pid && at >= entry.second.from;
    });
    return is_root || (state.tasks.contains(pid) && !is_before_root(at));
}

/// The capture's task is one of the scenario's, but runs another program yet.
bool Search::is_before_root(std::size_t at) const {
    return std::any_of(roots_.begin(), roots_.end(), [&](auto const& entry) {
        return entry.second.pid == item(at).pid && at < entry.second.from;
    });
}

/// The next signal that a task sends, if it goes to somebody outside.
CaptureItem const* Search::signal_to_outside(LedState const& state, std::size_t at,
                                             TaskId task) const {
    auto const is_his = [&](auto const& entry) { return entry.second == task; };
    auto const known = std::find_if(state.tasks.begin(), state.tasks.end(), is_his);
    auto const sent = known == state.tasks.end() ? signals_.end() : signals_.find(known->first);
    if (sent == signals_.end()) {
        return nullptr;
    }
    auto const next = std::lower_bound(sent->second.begin(), sent->second.end(), at);
    if (next == sent->second.end() ||
        state.counterparts.knows_captured(number_in(item(*next), "pid"))) {
        return nullptr;
    }
    return &item(*next);
}

/// Lets a task go on, by `go`, while those outside are as the capture says.
template <class Go>
void Search::with_outside(LedState& state, std::size_t at, TaskId task, Go go) const {
    auto const* const sent = signal_to_outside(state, at, task);
    Outside const outside(state, sent ? number_in(*sent, "sig") : 0,
                          sent ? number_in(*sent, "result") : 0);
    go();
}

/// A real-time kernel's locks wake who waits for them, as the end of a sleep does: but that one has
/// not gone to sleep by itself since it was woken last. The run's tasks wait for no lock.
bool Search::wakes_for_lock(LedState& state, std::int32_t whom) const {
    if (replay_.engine().build().preemption() != build::Preemption::rt) {
        return false;
    }
    auto const woken = state.tasks.find(whom);
    auto const follower =
        woken == state.tasks.end() ? state.followers.end() : state.followers.find(woken->second);
    return follower != state.followers.end() && follower->second.compared &&
           !std::exchange(follower->second.sleeps, false);
}

/// Whose the numbers are from the item on. The run's thread may take its leader's later than that.
void Search::exchange_numbers(LedState& state, std::size_t at) const {
    for (auto const& [from, leader, thread] : capture_.exchanges) {
        if (from == at && state.tasks.contains(leader) && state.tasks.contains(thread)) {
            std::swap(state.tasks.at(leader), state.tasks.at(thread));
        }
    }
}

/// One item of the capture; false where the run cannot do it.
bool Search::follow(LedState& state, std::size_t at, Parting& parting) {
    if (skipped_.contains(at)) {
        return true;
    }
    if (!belongs(state, at)) {
        auto const woken = state.tasks.find(item(at).other);
        if (item(at).kind == CaptureItem::Kind::wakes && woken != state.tasks.end()) {
            // One that waited for a lock or a disk goes on in the run anyway.
            auto const follower = state.followers.find(woken->second);
            if (follower != state.followers.end() &&
                std::exchange(follower->second.sleeps, false)) {
                leader_.wake_from_outside(state, woken->second);
            }
        }
        return true;
    }
    if (!state.followers.contains(leader_.find(state, item(at).pid))) {
        if (!is_compared(item(at))) {
            return true;
        }
        parting = {at,
                   "no task of the run comes to run this program",
                   "",
                   std::nullopt,
                   kernel::kNobody<TaskId>,
                   0};
        return false;
    }
    auto const task = state.tasks.at(item(at).pid);
    for (auto const& change : adopted_) {
        if (change.at == at && !change.maybe && state.followers.contains(change.task)) {
            with_outside(state, at, change.task, [&] {
                change.in_user ? leader_.advance_in_user(state, change.task)
                               : static_cast<void>(leader_.advance(state, change.task));
            });
        }
    }
    if (item(at).kind != CaptureItem::Kind::expires) {
        auto& follower = state.followers.at(task);
        follower.last_time = item(at).time;
        follower.sleeps = item(at).kind == CaptureItem::Kind::sleeps;
    }
    bool good = true;
    with_outside(state, at, task, [&] {
        switch (item(at).kind) {
        case CaptureItem::Kind::sleeps:
            leader_.advance_to_sleep(state, task);
            break;
        case CaptureItem::Kind::dies:
            good = die(state, at, task, parting);
            break;
        case CaptureItem::Kind::expires:
            good = slept_enough(state, at, task, parting);
            if (good) {
                leader_.expire(state, task);
            }
            break;
        case CaptureItem::Kind::wakes:
            if (!wakes_for_lock(state, item(at).other)) {
                leader_.advance_to_waking(state, task, item(at).other);
            }
            break;
        default:
            good = compare(state, at, task, parting);
        }
    });
    return good;
}

/// A timer never comes early. The task's last record may stand behind the timer's start, by what it
/// takes from there to the switch.
bool Search::slept_enough(LedState const& state, std::size_t at, TaskId task,
                          Parting& parting) const {
    auto const asked = leader_.asked_sleep(state, task);
    auto const since = state.followers.at(task).last_time;
    if (!asked || !since || !item(at).time) {
        return true;
    }
    auto const slept = item(at).time->count - since->count;
    if (slept >= asked->count - std::max(asked->count / 10, kSlowestSwitch.count)) {
        return true;
    }
    parting = {at,
               fmt::format("the task slept {:.3f} s in the capture and asked for {:.3f} s",
                           static_cast<double>(slept) / 1e9,
                           static_cast<double>(asked->count) / 1e9),
               stack_text(replay_.engine(), state.machine, task),
               std::nullopt,
               kernel::kNobody<TaskId>,
               0};
    return false;
}

bool Search::compare(LedState& state, std::size_t at, TaskId task, Parting& parting) {
    auto const came = leader_.advance_waking(state, task);
    auto& follower = state.followers.at(task);
    parting = {at, {}, {}, std::nullopt, task, follower.maybes};
    if (came != Leader::Came::item) {
        parting.reason = came == Leader::Came::asleep ? "the task sleeps, and nobody wakes it"
                                                      : "the task does nothing that can be seen";
        parting.stack = stack_text(replay_.engine(), state.machine, task);
        return false;
    }
    auto const& made = follower.made.front();
    if (auto reason = difference(item(at), made, state.counterparts)) {
        parting.reason = std::move(*reason);
        parting.stack = made.stack;
        parting.made = made;
        return false;
    }
    if (made.child != kernel::kNobody<TaskId>) {
        auto const key = made.name.view() == "task_newtask" ? "pid" : "child_pid";
        auto const pid = static_cast<std::int32_t>(item(at).event->number(key).value_or(0));
        state.tasks.emplace(pid, made.child);
    }
    follower.last_item = at + 1;
    follower.made.erase(follower.made.begin());
    return true;
}

/// The capture's task is dead: nothing that can be compared may be left for the run's to do.
bool Search::die(LedState& state, std::size_t at, TaskId task, Parting& parting) {
    auto const is_dead = [&] {
        auto const& tasks = state.machine.tasks;
        return !tasks.has(task) || tasks[task].state == kernel::TASK_DEAD_;
    };
    auto came = leader_.advance(state, task);
    if (came == Leader::Came::asleep && !is_dead()) {
        came = leader_.advance_waking(state, task);
    }
    if (came != Leader::Came::item) {
        return true;
    }
    auto const& follower = state.followers.at(task);
    auto const& made = follower.made.front();
    parting = {at, {}, made.stack, made, task, follower.maybes};
    parting.reason = fmt::format("the task is dead where the run has {}", made.name.view());
    return false;
}

/// From a snapshot to the end or to where they part.
Parting Search::follow_from(std::size_t at) {
    auto state = before_[at];
    before_.resize(at);
    Parting parting;
    for (; at < end(); ++at) {
        before_.push_back(state);
        if (!follow(state, at, parting)) {
            return parting;
        }
        exchange_numbers(state, at + 1);
    }
    before_.push_back(std::move(state));
    parting.at = end();
    return parting;
}

} // namespace kflow::check
