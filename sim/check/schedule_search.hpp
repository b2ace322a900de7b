#pragma once
// The search for a schedule of one of a scenario's starts (schedule.hpp): it follows the capture,
// keeps snapshots, and changes its mind where the two part.

#include "sim/check/report.hpp"
#include "sim/check/schedule_run.hpp"
#include "sim/scenario/replay.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kflow::check {

/// Whether the run must have the item as well.
inline bool is_compared(CaptureItem const& item) {
    return item.kind == CaptureItem::Kind::function || item.kind == CaptureItem::Kind::event;
}

/// A change of mind: before the item `at`, `task` runs ahead, or one of its open choices falls the
/// other way.
struct Change {
    std::size_t at = 0;
    kernel::TaskId task = kernel::kNobody<kernel::TaskId>;
    std::optional<std::uint64_t> maybe;
    bool in_user = false; ///< runs ahead as far as the system call that would show it
    auto operator<=>(Change const&) const = default;
};

/// Where the capture and the run part.
struct Parting {
    std::size_t at = 0; ///< item of the capture; their number: nowhere
    std::string reason;
    std::string stack;
    std::optional<MadeItem> made;
    kernel::TaskId task = kernel::kNobody<kernel::TaskId>;
    std::uint64_t maybes = 0; ///< that the task had come to
};

/// Follows the capture, keeps snapshots, changes its mind.
class Search {
public:
    Search(scenario::Replay const& replay, CaptureItems const& capture, int program,
           std::map<int, Root> roots);

    ScenarioResult result();

private:
    std::size_t end() const { return capture_.items.size(); }
    CaptureItem const& item(std::size_t n) const { return capture_.items[n]; }
    LedState begin() const;
    bool belongs(LedState const& state, std::size_t at) const;
    bool is_before_root(std::size_t at) const;
    void exchange_numbers(LedState& state, std::size_t at) const;
    bool follow(LedState& state, std::size_t at, Parting& parting);
    bool slept_enough(LedState const& state, std::size_t at, kernel::TaskId task,
                      Parting& parting) const;
    bool die(LedState& state, std::size_t at, kernel::TaskId task, Parting& parting);
    bool compare(LedState& state, std::size_t at, kernel::TaskId task, Parting& parting);
    bool wakes_for_lock(LedState& state, std::int32_t whom) const;
    CaptureItem const* signal_to_outside(LedState const& state, std::size_t at,
                                         kernel::TaskId task) const;
    template <class Go>
    void with_outside(LedState& state, std::size_t at, kernel::TaskId task, Go go) const;
    Parting follow_from(std::size_t at);
    std::vector<Change> changes_for(Parting const& parting) const;
    void add_signals(std::vector<Change>& changes, Parting const& parting) const;
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
    std::vector<LedState> before_;                             ///< of each item that was reached
    std::set<Change> adopted_;
    std::map<std::size_t, bool> skipped_; ///< items that no run has, after a parting
    std::set<std::size_t> counted_;       ///< items of the scenario's tasks
    int tries_ = 0;
};

} // namespace kflow::check
