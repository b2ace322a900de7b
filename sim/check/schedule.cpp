#include "sim/check/schedule.hpp"

#include "sim/check/schedule_run.hpp"
#include "sim/scenario/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace kflow::check {
namespace {

using kernel::TaskId;

constexpr std::size_t kWidestMaybes = 40; ///< latest open choices that are tried at one point
constexpr std::size_t kWidestAhead = 12;  ///< earlier records before which a task may run ahead
constexpr std::size_t kLongestExtra = 12; ///< what the run may do more before the two meet again
constexpr std::size_t kMostDivergences = 50;
constexpr Nanos kSlowestSwitch{20'000'000}; ///< from the start of a timer to the sleep, at most

/// A change of mind: before the item `at`, `task` runs ahead, or one of its open choices falls the
/// other way.
struct Change {
    std::size_t at = 0;
    TaskId task = kernel::kNobody<TaskId>;
    std::optional<std::uint64_t> maybe;
    auto operator<=>(Change const&) const = default;
};

/// Where the capture and the run part.
struct Parting {
    std::size_t at = 0; ///< item of the capture; their number: nowhere
    std::string reason;
    std::string stack;
    std::optional<MadeItem> made;
    TaskId task = kernel::kNobody<TaskId>;
    std::uint64_t maybes = 0; ///< that the task had come to
};

bool is_compared(CaptureItem const& item) {
    return item.kind == CaptureItem::Kind::function || item.kind == CaptureItem::Kind::event;
}

std::int32_t number_in(CaptureItem const& item, std::string_view key) {
    return static_cast<std::int32_t>(item.event->number(key).value_or(0));
}

/// Follows the capture, keeps snapshots, changes its mind.
class Search {
public:
    Search(scenario::Replay const& replay, CaptureItems const& capture, int program,
           std::map<int, Root> roots)
        : replay_(replay), capture_(capture), program_(program), roots_(roots),
          leader_(replay.engine(), capture.visible, std::move(roots)) {
        for (std::size_t at = 0; at < end(); ++at) {
            if (item(at).name.view() == "signal_generate") {
                signals_[item(at).pid].push_back(at);
            }
        }
    }

    ScenarioResult result();

private:
    std::size_t end() const { return capture_.items.size(); }
    CaptureItem const& item(std::size_t n) const { return capture_.items[n]; }
    LedState begin() const;
    bool belongs(LedState const& state, std::size_t at) const;
    bool is_before_root(std::size_t at) const;
    bool follow(LedState& state, std::size_t at, Parting& parting);
    bool slept_enough(LedState const& state, std::size_t at, TaskId task, Parting& parting) const;
    bool die(LedState& state, std::size_t at, TaskId task, Parting& parting);
    bool compare(LedState& state, std::size_t at, TaskId task, Parting& parting);
    CaptureItem const* signal_to_outside(LedState const& state, std::size_t at, TaskId task) const;
    template <class Go>
    void with_outside(LedState& state, std::size_t at, TaskId task, Go go) const;
    Parting follow_from(std::size_t at);
    std::vector<Change> changes_for(Parting const& parting) const;
    void adopt(Change const& change, bool yes);
    bool try_changes(Parting& best, int depth);
    Parting improve(Parting best);
    bool meet_again(Parting const& parting);
    void count();
    void describe(ScenarioResult& result, Parting const& parting) const;
    Divergence divergence(Parting const& parting) const;

    scenario::Replay const& replay_;
    CaptureItems const& capture_;
    int program_; ///< that init starts: index of the world
    std::map<int, Root> roots_;
    Leader leader_;
    std::map<std::int32_t, std::vector<std::size_t>> signals_; ///< items of each sender
    std::vector<LedState> before_; ///< of each item that was reached
    std::set<Change> adopted_;
    std::map<std::size_t, bool> skipped_; ///< items that no run has, after a parting
    std::set<std::size_t> counted_;       ///< items of the scenario's tasks
    int tries_ = 0;
};

LedState Search::begin() const {
    auto const& scenario = replay_.scenario();
    engine::RunOptions options;
    options.cpus = static_cast<int>(capture_.forks + scenario.programs.size()) + 8;
    options.first_pid = scenario.machine.first_pid;
    options.pid_max = scenario.machine.pid_max;
    for (auto const& failure : scenario.machine.failures) {
        options.failures.push_back(
            {failure.function, failure.caller, failure.nth, scenario::errno_number(failure.error), 0});
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
            if (follower != state.followers.end() && std::exchange(follower->second.sleeps, false)) {
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
            with_outside(state, at, change.task, [&] { leader_.advance(state, change.task); });
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
            leader_.advance_to_waking(state, task, item(at).other);
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
    }
    before_.push_back(std::move(state));
    parting.at = end();
    return parting;
}

/// What could be done otherwise: the task may have been further when another one's records came, or
/// another one may be, or an open choice of its last stretch may fall the other way.
std::vector<Change> Search::changes_for(Parting const& parting) const {
    std::vector<Change> changes;
    if (parting.task == kernel::kNobody<TaskId>) {
        return changes;
    }
    auto const pid = item(parting.at).pid;
    auto last = parting.at;
    while (last > 0 && !(item(last - 1).pid == pid && is_compared(item(last - 1)))) {
        --last;
    }
    auto const& then = before_[last].followers;
    auto const known = then.find(parting.task);
    auto const from = known == then.end() ? std::uint64_t{0} : known->second.maybes;
    for (auto n = parting.maybes; n > from && changes.size() < kWidestMaybes; --n) {
        changes.push_back({last, parting.task, n - 1});
    }
    std::size_t ahead = 0;
    for (auto at = last; at < parting.at && ahead < kWidestAhead; ++at) {
        if (item(at).pid != pid && before_[at].tasks.contains(item(at).pid)) {
            changes.push_back({at, parting.task, std::nullopt});
            ++ahead;
        }
    }
    // Others may have been further: what they did since their last records decides what it does.
    for (auto const& [other, follower] : before_[parting.at].followers) {
        if (other != parting.task && follower.compared && follower.made.empty()) {
            changes.push_back({parting.at, other, std::nullopt});
        }
    }
    std::erase_if(changes, [&](Change const& change) { return adopted_.contains(change); });
    return changes;
}

void Search::adopt(Change const& change, bool yes) {
    if (yes) {
        adopted_.insert(change);
    } else {
        adopted_.erase(change);
    }
    if (change.maybe) {
        TakenMaybe const taken{change.task, *change.maybe};
        if (yes) {
            leader_.taken.insert(taken);
        } else {
            leader_.taken.erase(taken);
        }
    }
}

/// Snapshots from there on may change.
std::ptrdiff_t first_of(std::vector<Change> const& changes, std::size_t otherwise) {
    for (auto const& change : changes) {
        otherwise = std::min(otherwise, change.at);
    }
    return static_cast<std::ptrdiff_t>(otherwise);
}

/// Tries what could be done otherwise, one thing (`depth` 1) or two together; keeps what leads
/// further, and tells whether anything did.
bool Search::try_changes(Parting& best, int depth) {
    auto const changes = changes_for(best);
    auto const from = first_of(changes, best.at);
    std::vector<LedState> const kept(before_.begin() + from, before_.end());
    for (auto const& change : changes) {
        if (++tries_ > kMostTries) {
            return false;
        }
        adopt(change, true);
        auto parting = follow_from(change.at);
        bool const more = depth > 1 && parting.at == best.at;
        if (parting.at > best.at || (more && try_changes(parting, depth - 1))) {
            best = std::move(parting);
            return true;
        }
        adopt(change, false);
        before_.resize(static_cast<std::size_t>(from));
        before_.insert(before_.end(), kept.begin(), kept.end());
    }
    return false;
}

Parting Search::improve(Parting best) {
    while (best.at < end() && (try_changes(best, 1) || try_changes(best, 2))) {
    }
    return best;
}

/// Behind a parting: either the run did more than the capture shows, or the capture has an item
/// that no run has. Leaves a snapshot to go on from behind the parting.
bool Search::meet_again(Parting const& parting) {
    auto state = before_[parting.at];
    for (std::size_t n = 0; n < kLongestExtra && state.followers.contains(parting.task); ++n) {
        if (leader_.advance(state, parting.task) != Leader::Came::item) {
            break;
        }
        auto tasks = state.counterparts;
        auto& made = state.followers.at(parting.task).made;
        if (!difference(item(parting.at), made.front(), tasks)) {
            before_[parting.at] = std::move(state);
            return true;
        }
        made.erase(made.begin());
    }
    skipped_.emplace(parting.at, true);
    return false;
}

/// Which items belong to the scenario's tasks: those of the roots and of their descendants.
void Search::count() {
    std::set<std::int32_t> pids;
    for (std::size_t at = 0; at < end(); ++at) {
        auto const& found = item(at);
        for (auto const& [program, root] : roots_) {
            if (at >= root.from) {
                pids.insert(root.pid);
            }
        }
        if (!pids.contains(found.pid) || !is_compared(found)) {
            continue;
        }
        counted_.insert(at);
        if (found.name.view() == "sched_process_fork" || found.name.view() == "task_newtask") {
            auto const key = found.event->find("child_pid") ? "child_pid" : "pid";
            pids.insert(static_cast<std::int32_t>(found.event->number(key).value_or(0)));
        }
    }
}

Divergence Search::divergence(Parting const& parting) const {
    Divergence found;
    found.kind = !parting.made ? DifferenceKind::extra : DifferenceKind::renamed;
    found.function = item(parting.at).name.view();
    found.parent = fmt::format("task {}", item(parting.at).pid);
    found.capture_line = item(parting.at).line;
    if (parting.made) {
        found.model_file = parting.made->model_file;
        found.model_line = parting.made->model_line;
    }
    found.reason = fmt::format("{} ({})", parting.reason, parting.stack);
    return found;
}

void Search::describe(ScenarioResult& result, Parting const& parting) const {
    result.tasks = before_.back().tasks.size();
    result.tries = tries_;
    for (auto const& change : adopted_) {
        (change.maybe ? result.choices : result.ahead) += 1U;
    }
    if (result.found) {
        result.explanation = fmt::format(
            "schedule of {} records of {} tasks: {} times a task was further than its last record, "
            "{} open choices fell the other way, after {} tries",
            counted_.size(), result.tasks, result.ahead, result.choices, tries_);
        return;
    }
    result.given_up = tries_ >= kMostTries;
    auto const& there = item(parting.at);
    result.explanation =
        fmt::format("line {}: {} of task {}: {}; {}stack {}{}", there.line, there.name.view(),
                    there.pid, parting.reason,
                    parting.made ? fmt::format("model/{}:{}, ", parting.made->model_file,
                                               parting.made->model_line)
                                 : "",
                    parting.stack, result.given_up ? "; the search was given up" : "");
}

ScenarioResult Search::result() {
    ScenarioResult result;
    count();
    before_.push_back(begin());
    auto parting = improve(follow_from(0));
    result.found = parting.at == end();
    describe(result, parting);
    while (parting.at < end()) {
        if (result.divergences.size() < kMostDivergences) {
            result.divergences.push_back(divergence(parting));
        }
        auto const again = parting.at;
        meet_again(parting);
        parting = follow_from(again);
    }
    for (auto const at : counted_) {
        bool const is_event = item(at).event != nullptr;
        bool const matched = !skipped_.contains(at) && before_.back().tasks.contains(item(at).pid);
        (is_event ? result.events_total : result.spine_total)++;
        (is_event ? result.events_matched : result.spine_matched) += matched ? 1U : 0U;
    }
    if (counted_.empty()) {
        result.found = false;
        result.explanation = "the capture shows nothing that the scenario's programs do";
    }
    return result;
}

} // namespace

namespace {

/// One of the ways to begin the scenario, and what of it the capture shows.
struct Beginning {
    int program = 0;
    bool seen = false; ///< the program that it starts begins in the capture
    std::map<int, Root> roots;
};

/// Where a start's own program is in the capture, that start is meant; else any of them may be.
std::vector<Beginning> beginnings(scenario::Scenario const& scenario, engine::World const& world,
                                  CaptureItems const& items) {
    std::vector<Beginning> all;
    for (auto const& start : scenario.starts) {
        auto const program = scenario.find_program(start) - scenario.programs.data();
        Beginning one{static_cast<int>(program), false, {}};
        one.seen = begins(items, world, one.program);
        one.roots = find_roots(items, world, one.program);
        all.push_back(std::move(one));
    }
    if (std::ranges::any_of(all, &Beginning::seen)) {
        std::erase_if(all, [](Beginning const& one) { return !one.seen; });
    }
    return all;
}

std::size_t matched(ScenarioResult const& result) {
    return result.spine_matched + result.events_matched;
}

} // namespace

ScenarioResult find_schedule(scenario::Replay const& replay, trace::Capture const& capture) {
    auto const items = list_items(capture, replay.program());
    auto const& scenario = replay.scenario();
    ScenarioResult best;
    best.start = scenario.start;
    best.explanation = "no task of the capture runs a program of the scenario";
    for (auto& beginning : beginnings(scenario, replay.world(), items)) {
        if (best.found || beginning.roots.empty()) {
            continue;
        }
        auto result =
            Search(replay, items, beginning.program, std::move(beginning.roots)).result();
        result.start = scenario.programs[static_cast<std::size_t>(beginning.program)].name;
        if (result.found || best.spine_total + best.events_total == 0 ||
            matched(result) > matched(best)) {
            best = std::move(result);
        }
    }
    best.scenario = scenario.file;
    return best;
}

} // namespace kflow::check
