#include "sim/check/seen_shapes.hpp"

#include "sim/check/curated.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kflow::check {
namespace {

class SeenShapes {
public:
    SeenShapes(model::Program const& program, Forest const& forest, trace::CallShapes& into)
        : forest_(forest), curated_(program), into_(into), execed_(forest.trees.tasks.size()) {
        for (auto const& task : forest.trees.tasks) {
            forked_.push_back(begins_forked(task));
        }
    }

    void add(std::string const& capture) {
        auto const number = into_.add_capture(capture);
        for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
            auto const& call = forest_[c];
            if (forest_.noise[c] != 0) {
                continue;
            }
            note_exec(call);
            note_time(call);
            bool const is_outermost =
                call.parent == kNoCall || curated_.has(forest_[call.parent].name);
            if (!is_outermost || curated_.has(call.name)) {
                continue;
            }
            auto const nth = count(call);
            open_ = trace::Name();
            if (auto const shape = shape_of(c)) {
                auto chain = chain_of(c);
                if (!open_.empty()) {
                    chain.front() = trace::CallShapes::with_hole(call.symbol, open_);
                }
                into_.see({std::move(chain), nth, runs_own_program(call)}, {number, *shape});
            }
        }
    }

private:
    /// A new task comes out of copy_process() and first finishes the switch to it.
    bool begins_forked(trace::TaskCalls const& task) const {
        static trace::Name const tail("schedule_tail");
        static trace::Name const from_fork("ret_from_fork");
        for (auto const& root : task.roots) {
            if (root.kind == trace::CallChild::Kind::call) {
                auto const name = forest_[root.index].name;
                return name == tail || name == from_fork;
            }
        }
        return false;
    }

    /// How often the caller had called that function before.
    std::uint32_t count(trace::Call const& call) {
        constexpr unsigned width = 32;
        auto const caller = std::uint64_t{call.parent} << width;
        return call.parent == kNoCall ? 0 : counts_[caller | call.symbol.number()]++;
    }

    void note_exec(trace::Call const& call) {
        static trace::Name const begins("begin_new_exec");
        if (call.name == begins && call.returned) {
            execed_[call.task] = call.last_event;
        }
    }

    bool runs_own_program(trace::Call const& call) const {
        auto const execed = execed_[call.task];
        return !forked_[call.task] || (execed && call.first_event > *execed);
    }

    void note_time(trace::Call const& call) {
        if (!call.duration || !call.entered || call.lost) {
            return;
        }
        auto self = *call.duration;
        std::int64_t parts = 1;
        for (auto const& child : call.children) {
            if (!Forest::is_event(child)) {
                self = self - forest_[child.index].duration.value_or(Nanos{});
                parts += forest_.set_aside(child) ? 0 : 1;
            }
        }
        if (self.count >= 0) {
            into_.spend(call.symbol, Nanos{self.count / parts});
        }
    }

    /// What a run does itself, in the middle of a function without a body: it gives the CPU away,
    /// or wakes a task that sleeps.
    bool is_runs_own(CallIndex c) const {
        static trace::Name const schedule("schedule");
        static trace::Name const wake("try_to_wake_up");
        auto const name = forest_[c].name;
        return name == schedule || (name == wake && tells_by_event(c));
    }

    bool tells_by_event(CallIndex c) const {
        return std::ranges::any_of(forest_[c].children, [&](auto const& child) {
            return Forest::is_event(child) ||
                   (!forest_.set_aside(child) && tells_by_event(child.index));
        });
    }

    std::vector<trace::Name> chain_of(CallIndex c) const {
        std::vector<trace::Name> chain;
        for (; c != kNoCall && chain.size() <= trace::CallShapes::kCallers; c = forest_[c].parent) {
            chain.push_back(forest_[c].symbol);
        }
        return chain;
    }

    /// Nothing if it is not whole, or it told something by an event: a run tells that itself. One
    /// call that a run makes itself may be left open in it.
    std::optional<trace::CallShapes::Id> shape_of(CallIndex c) {
        auto const& call = forest_[c];
        if (!call.entered || !call.returned || call.lost) {
            return std::nullopt;
        }
        if (is_runs_own(c)) {
            bool const is_second = !std::exchange(open_, call.name).empty();
            return is_second ? std::nullopt
                             : std::optional(into_.add(trace::CallShapes::hole(call.name), {}));
        }
        std::vector<trace::CallShapes::Id> calls;
        for (auto const& child : call.children) {
            if (Forest::is_event(child)) {
                return std::nullopt;
            }
            if (forest_.set_aside(child)) {
                continue;
            }
            auto const shape = shape_of(child.index);
            if (!shape) {
                return std::nullopt;
            }
            calls.push_back(*shape);
        }
        return into_.add(call.symbol, std::move(calls));
    }

    Forest const& forest_;
    CuratedNames curated_;
    trace::CallShapes& into_;
    std::vector<bool> forked_; ///< by task
    std::vector<std::optional<std::uint32_t>>
        execed_; ///< by task: the event that ended its last exec
    std::unordered_map<std::uint64_t, std::uint32_t> counts_; ///< by caller and symbol; for lookups
    trace::Name open_; ///< what the call that is looked at leaves open; empty: nothing
};

} // namespace

void add_shapes(model::Program const& program, Forest const& forest, std::string const& capture,
                trace::CallShapes& into) {
    SeenShapes(program, forest, into).add(capture);
}

} // namespace kflow::check
