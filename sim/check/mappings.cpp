#include "sim/check/mappings.hpp"

#include "sim/trace/mapping_calls.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {
namespace {

constexpr std::uint64_t kCloneVm = 0x00000100; // include/uapi/linux/sched.h

/// Who shows the copies as its own children, as the build inlines dup_mmap() or not.
constexpr std::array kCopiers{"dup_mmap", "dup_mm", "copy_mm", "copy_process"};
constexpr std::string_view kLater = "vm_area_free_rcu_cb";

template <std::size_t N>
bool is_one_of(trace::Name name, std::array<trace::Name, N> const& names) {
    return std::ranges::find(names, name) != names.end();
}

template <std::size_t N>
std::array<trace::Name, N> named(std::array<char const*, N> const& texts) {
    std::array<trace::Name, N> names;
    std::ranges::transform(texts, names.begin(),
                           [](char const* text) { return trace::Name(text); });
    return names;
}

std::array const kCopierNames = named(kCopiers);

/// What the window shows.
class Window {
public:
    explicit Window(Evidence const& evidence) : evidence_(evidence), forest_(evidence.forest) {}

    bool copies(CallIndex c) const {
        auto const& call = forest_[c];
        return is_one_of(call.name, kCopierNames) && forest_.noise[c] == 0 && call.entered &&
               call.returned && !call.lost && copies_in(c) > 0;
    }

    /// The child of the fork around the call, if it has an address space of its own.
    Life const* child_of(CallIndex copy) const {
        auto const clone = evidence_.around(copy, "copy_process");
        auto const* event = evidence_.event_inside(clone, "task_newtask");
        auto const pid = event ? event->number("pid") : std::nullopt;
        if (!pid) {
            return nullptr;
        }
        auto const* life =
            evidence_.history.life(static_cast<std::int32_t>(*pid), forest_[clone].last_event);
        auto const own = life && life->clone_flags && (*life->clone_flags & kCloneVm) == 0;
        return own ? life : nullptr;
    }

    std::uint64_t copies_in(CallIndex call) const {
        static trace::Name const vm_area_dup("vm_area_dup");
        auto const& children = forest_[call].children;
        return static_cast<std::uint64_t>(std::ranges::count_if(children, [&](Child const& c) {
            return !Forest::is_event(c) && !forest_.set_aside(c) &&
                   forest_[c.index].name == vm_area_dup;
        }));
    }

    bool is_below(CallIndex call, std::string_view function) const {
        return call != kNoCall && evidence_.around(call, function) != kNoCall;
    }

    /// fs/exec.c, free_bprm(): an exec that failed drops the address space that it had begun.
    bool is_of_failed_exec(CallIndex call) const {
        return is_below(call, "do_execveat_common") && !is_below(call, "bprm_execve");
    }

private:
    Evidence const& evidence_;
    Forest const& forest_;
};

} // namespace

void Mappings::check(Evidence const& evidence, ConformanceResult& result) {
    auto const& forest = evidence.forest;
    open_ledgers(evidence, result);
    note_sharers(evidence);
    counts_before_ = result.counts.size();
    for (CallIndex c = 0; c < forest.calls().size() && !open_.empty(); ++c) {
        auto const ledgers = open_.find(evidence.pid_of(c));
        if (ledgers == open_.end() || forest.is_unfinished(c)) {
            continue;
        }
        std::erase_if(ledgers->second, [&](Ledger& ledger) {
            auto const step = enter(ledger, evidence, c);
            if (step == Step::done) {
                judge(ledger, evidence, result);
            }
            return step != Step::goes_on;
        });
        if (ledgers->second.empty()) {
            open_.erase(ledgers);
        }
    }
    if (forest.is_last) {
        for (auto const& [pid, ledgers] : open_) {
            for (auto const& ledger : ledgers) {
                judge(ledger, evidence, result);
            }
        }
        open_.clear();
    }
}

void Mappings::open_ledgers(Evidence const& evidence, ConformanceResult const& result) {
    Window const window(evidence);
    for (CallIndex c = 0; c < evidence.forest.calls().size(); ++c) {
        if (evidence.forest.is_unfinished(c) || !window.copies(c)) {
            continue;
        }
        if (auto const* child = window.child_of(c)) {
            Ledger ledger;
            ledger.child = child->pid;
            ledger.born = child->born;
            ledger.line = evidence.forest[c].first_line;
            ledger.copier = evidence.forest[c].name;
            ledger.copied = window.copies_in(c);
            for (auto n = counts_before_; n < result.counts.size(); ++n) {
                auto const& count = result.counts[n];
                if (count.capture_line == ledger.line && count.function == "dup_mmap") {
                    ledger.counts.push_back(n);
                }
            }
            open_[child->pid].push_back(std::move(ledger));
        }
    }
}

/// In each window: the history forgets who is dead.
void Mappings::note_sharers(Evidence const& evidence) {
    for (auto& [child, ledgers] : open_) {
        auto const forked = evidence.history.forked_by(child);
        for (Ledger& ledger : ledgers) {
            for (Life const* other : forked) {
                auto const shares = !other->clone_flags || (*other->clone_flags & kCloneVm) != 0;
                if (shares && other->born > ledger.born) {
                    ledger.shared = std::min(ledger.shared, other->born);
                }
            }
        }
    }
}

/// The next call of the child. The capture must show its whole life up to its exit_mmap().
Mappings::Step Mappings::enter(Ledger& ledger, Evidence const& evidence, CallIndex c) const {
    static trace::Name const schedule_tail("schedule_tail");
    static trace::Name const exit_mmap("exit_mmap");
    auto const& forest = evidence.forest;
    auto const& call = forest[c];
    if (call.first_event < ledger.born) {
        return Step::goes_on;
    }
    if (call.lost || (!ledger.begun && call.name != schedule_tail)) {
        return Step::lost;
    }
    ledger.begun = true;
    if (ledger.ending && call.first_event > ledger.end_last) {
        return Step::done;
    }
    Window const window(evidence);
    auto const made = trace::mapped_by(call.name) > 0;
    auto const taken = trace::mapped_by(call.name) < 0;
    if (forest.noise[c] != 0) {
        return Step::goes_on;
    }
    if (call.name == exit_mmap && !ledger.ending && !window.is_of_failed_exec(call.parent)) {
        ledger.ending = true;
        ledger.end = call.first_event;
        ledger.end_last = call.last_event;
        ledger.end_line = call.first_line;
        ledger.end_returned = call.returned;
    }
    if ((!made && !taken) || window.is_below(call.parent, kLater) ||
        window.is_below(call.parent, "copy_process")) {
        return Step::goes_on;
    }
    if (taken && call.parent != kNoCall && trace::mapped_by(forest[call.parent].name) < 0) {
        return Step::goes_on;
    }
    if (ledger.ending) {
        ledger.rest += taken ? 1U : 0U;
    } else if (!window.is_below(call.parent, "bprm_execve") &&
               !window.is_below(call.parent, "do_execveat_common")) {
        // What an exec makes before it drops the old address space is the new one's.
        (made ? ledger.made : ledger.taken) += 1;
    }
    return Step::goes_on;
}

void Mappings::judge(Ledger const& ledger, Evidence const& evidence, ConformanceResult& result) {
    auto const is_shared = ledger.shared < ledger.end;
    if (!ledger.ending || !ledger.end_returned || ledger.rest == 0 || is_shared) {
        return;
    }
    auto const known = ledger.rest + ledger.taken - ledger.made;
    for (auto const n : ledger.counts) {
        result.counts[n].known = known;
    }
    if (known == ledger.copied) {
        return;
    }
    Divergence d;
    d.kind = known > ledger.copied ? DifferenceKind::missing : DifferenceKind::extra;
    d.function = "vm_area_dup";
    d.parent = ledger.copier.view();
    d.capture_line = ledger.line;
    auto const function = evidence.program.find_function("dup_mmap");
    if (function != model::kNone<model::FunctionId>) {
        d.model_file = evidence.program[evidence.program[function].file];
        d.model_line = evidence.program[function].line;
    }
    d.reason = "dup_mmap copies " + std::to_string(ledger.copied) +
               " mappings, but the child gives back " + std::to_string(known) +
               " copies: its exit_mmap stands in line " + std::to_string(ledger.end_line);
    result.divergences.push_back(std::move(d));
}

} // namespace kflow::check
