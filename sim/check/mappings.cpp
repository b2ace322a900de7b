#include "sim/check/mappings.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {
namespace {

constexpr std::uint64_t kCloneVm = 0x00000100; // include/uapi/linux/sched.h

// kernel/fork.c, mm/vma_init.c: vm_area_free() is __vm_area_free() behind RCU where mappings have
// locks of their own; exit_mmap() calls the latter at once.
constexpr std::array kMakers{"vm_area_alloc", "vm_area_dup"};
constexpr std::array kTakers{"vm_area_free", "__vm_area_free"};
/// Who shows the copies as its own children, as the build inlines dup_mmap() or not.
constexpr std::array kCopiers{"dup_mmap", "dup_mm", "copy_mm", "copy_process"};
constexpr std::string_view kLater = "vm_area_free_rcu_cb";

template <std::size_t N>
bool is_one_of(std::string_view name, std::array<char const*, N> const& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// What became of the mappings of one child.
struct Ledger {
    std::uint64_t copied = 0; ///< by dup_mmap()
    std::uint64_t made = 0;   ///< by the child, before its exit_mmap()
    std::uint64_t taken = 0;  ///< likewise
    std::uint64_t rest = 0;   ///< by its exit_mmap()
    CallIndex end = kNoCall;  ///< the exit_mmap()
};

class Mappings {
public:
    Mappings(Evidence const& evidence, ConformanceResult& result)
        : evidence_(evidence), forest_(evidence.forest), out_(result) {}

    void run() {
        for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
            auto const& call = forest_[c];
            if (is_one_of(call.name.view(), kCopiers) && forest_.noise[c] == 0 && call.entered &&
                call.returned && !call.lost && copies_in(c) > 0) {
                if (auto const ledger = follow(c)) {
                    judge(c, *ledger);
                }
            }
        }
    }

private:
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

    /// Whether another task used the child's address space as well.
    bool is_shared(Life const& child, std::uint32_t end) const {
        auto const& lives = evidence_.history.lives();
        return std::any_of(lives.begin(), lives.end(), [&](Life const& other) {
            return other.parent == child.pid && other.born > child.born && other.born < end &&
                   (!other.clone_flags || (*other.clone_flags & kCloneVm) != 0);
        });
    }

    bool is_below(CallIndex call, std::string_view function) const {
        return call != kNoCall && evidence_.around(call, function) != kNoCall;
    }

    /// fs/exec.c, free_bprm(): an exec that failed drops the address space that it had begun.
    bool is_of_failed_exec(CallIndex call) const {
        return is_below(call, "do_execveat_common") && !is_below(call, "bprm_execve");
    }

    std::uint64_t copies_in(CallIndex call) const {
        auto const& children = forest_[call].children;
        return static_cast<std::uint64_t>(
            std::count_if(children.begin(), children.end(), [&](Child const& c) {
                return !Forest::is_event(c) && !forest_.set_aside(c) &&
                       forest_[c.index].name.view() == "vm_area_dup";
            }));
    }

    /// Nothing where the capture does not show the child's whole life up to its exit_mmap().
    std::optional<Ledger> follow(CallIndex copy) const {
        auto const* child = child_of(copy);
        if (!child) {
            return std::nullopt;
        }
        Ledger ledger;
        ledger.copied = copies_in(copy);
        bool first = true;
        for (auto c = copy; c < forest_.calls().size(); ++c) {
            auto const& call = forest_[c];
            if (evidence_.pid_of(c) != child->pid || call.first_event < child->born) {
                continue;
            }
            if (call.lost || (first && call.name.view() != "schedule_tail")) {
                return std::nullopt;
            }
            first = false;
            auto const done =
                ledger.end != kNoCall && call.first_event > forest_[ledger.end].last_event;
            if (done) {
                break;
            }
            if (forest_.noise[c] == 0) {
                enter(ledger, c);
            }
        }
        if (ledger.end == kNoCall || !forest_[ledger.end].returned || ledger.rest == 0 ||
            is_shared(*child, forest_[ledger.end].first_event)) {
            return std::nullopt;
        }
        return ledger;
    }

    void enter(Ledger& ledger, CallIndex c) const {
        auto const& call = forest_[c];
        auto const name = call.name.view();
        if (name == "exit_mmap") {
            if (is_of_failed_exec(call.parent)) {
                return;
            }
            ledger.end = ledger.end == kNoCall ? c : ledger.end;
            return;
        }
        auto const made = is_one_of(name, kMakers);
        auto const taken = is_one_of(name, kTakers);
        if ((!made && !taken) || is_below(call.parent, kLater) ||
            is_below(call.parent, "copy_process")) {
            return;
        }
        if (taken && call.parent != kNoCall &&
            is_one_of(forest_[call.parent].name.view(), kTakers)) {
            return;
        }
        if (ledger.end != kNoCall) {
            ledger.rest += taken ? 1U : 0U;
        } else if (!is_below(call.parent, "bprm_execve") &&
                   !is_below(call.parent, "do_execveat_common")) {
            // What an exec makes before it drops the old address space is the new one's.
            (made ? ledger.made : ledger.taken) += 1;
        }
    }

    void judge(CallIndex copy, Ledger const& ledger) {
        auto const known = ledger.rest + ledger.taken - ledger.made;
        auto const line = forest_[copy].first_line;
        for (auto& count : out_.counts) {
            if (count.capture_line == line && count.function == "dup_mmap") {
                count.known = known;
            }
        }
        if (known == ledger.copied) {
            return;
        }
        Divergence d;
        d.kind = known > ledger.copied ? DifferenceKind::missing : DifferenceKind::extra;
        d.function = "vm_area_dup";
        d.parent = forest_[copy].name.view();
        d.capture_line = line;
        auto const function = evidence_.program.find_function("dup_mmap");
        if (function != model::kNone<model::FunctionId>) {
            d.model_file = evidence_.program[evidence_.program[function].file];
            d.model_line = evidence_.program[function].line;
        }
        d.reason = "dup_mmap copies " + std::to_string(ledger.copied) +
                   " mappings, but the child gives back " + std::to_string(known) +
                   " copies: its exit_mmap stands in line " +
                   std::to_string(forest_[ledger.end].first_line);
        out_.divergences.push_back(std::move(d));
    }

    Evidence const& evidence_;
    Forest const& forest_;
    ConformanceResult& out_;
};

} // namespace

void check_mappings(Evidence const& evidence, ConformanceResult& result) {
    Mappings(evidence, result).run();
}

} // namespace kflow::check
