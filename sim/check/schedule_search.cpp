// What is tried where the run and the capture part.
#include "sim/check/schedule_search.hpp"

#include "sim/check/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kflow::check {

using kernel::TaskId;

namespace {

constexpr std::size_t kWidestMaybes = 40; ///< latest open choices that are tried at one point
constexpr std::size_t kWidestAhead = 12;  ///< earlier records before which a task may run ahead
constexpr std::size_t kMostSignals = 2;   ///< latest ones that may have come later in a program
constexpr std::size_t kSending = 2;       ///< their senders' records before: complete_signal, …
constexpr std::size_t kLongestExtra = 12; ///< what the run may do more before the two meet again
constexpr std::size_t kMostDivergences = 50;

} // namespace

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
        changes.push_back({last, parting.task, n - 1, false});
    }
    std::size_t ahead = 0;
    for (auto at = last; at < parting.at && ahead < kWidestAhead; ++at) {
        if (item(at).pid != pid && before_[at].tasks.contains(item(at).pid)) {
            changes.push_back({at, parting.task, std::nullopt, false});
            ++ahead;
        }
    }
    // Others may have been further: what they did since their last records decides what it does.
    for (auto const& [other, follower] : before_[parting.at].followers) {
        if (other != parting.task && follower.compared && follower.made.empty()) {
            changes.push_back({parting.at, other, std::nullopt, false});
        }
    }
    add_signals(changes, parting);
    std::erase_if(changes, [&](Change const& change) { return adopted_.contains(change); });
    return changes;
}

/// A signal that others sent to the task may have come later in its program: that shows long behind
/// it, in what the program does since its handler has run.
void Search::add_signals(std::vector<Change>& changes, Parting const& parting) const {
    auto const pid = item(parting.at).pid;
    std::size_t signals = 0;
    for (auto at = parting.at; at-- > 0 && signals < kMostSignals;) {
        auto const& sent = item(at);
        if (sent.name.view() != "signal_generate" || sent.pid == pid ||
            sent.event->number("pid").value_or(0) != pid ||
            !before_[at].followers.contains(parting.task)) {
            continue;
        }
        ++signals;
        auto first = at; // of what the sender does to send it
        for (std::size_t records = 0; first > 0 && records < kSending;) {
            --first;
            records += item(first).pid == sent.pid && is_compared(item(first)) ? 1U : 0U;
        }
        if (before_[first].followers.contains(parting.task)) {
            changes.push_back({first, parting.task, std::nullopt, true});
        }
    }
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

} // namespace kflow::check
