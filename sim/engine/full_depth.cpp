#include "sim/engine/full_depth.hpp"

#include "sim/engine/execution.hpp"

#include <algorithm>

namespace kflow::engine {

namespace {

using trace::CallShapes;
using Sightings = std::vector<CallShapes::Sighting>;

/// Keeps those that the rule is for, if there are any.
template <typename Rule>
void prefer(Sightings& sightings, Rule const& rule) {
    if (std::ranges::any_of(sightings, rule)) {
        std::erase_if(sightings, [&](auto const& one) { return !rule(one); });
    }
}

/// One of them, each as often as it was seen.
CallShapes::Sighting const& draw(Sightings const& sightings, Random& random) {
    std::uint64_t all = 0;
    for (auto const& one : sightings) {
        all += one.times;
    }
    auto left = random.below(all);
    return *std::ranges::find_if(sightings, [&](auto const& one) {
        auto const here = left < one.times;
        left -= one.times;
        return here;
    });
}

/// Lays calls out in time.
class Layout {
public:
    Layout(CallShapes const& shapes, Random& random, Nanos now)
        : shapes_(shapes), random_(random), now_(now) {}

    void add_below(CallShapes::Shape const& shape) {
        for (auto const id : shape.calls) {
            auto const& call = shapes_[id];
            auto const self = shapes_.draw_time(call.symbol, random_);
            auto const entered = now_;
            marks_.push_back({call.symbol, true, now_, entered});
            now_ = now_ + Nanos{self.count / 2};
            add_below(call);
            now_ = now_ + Nanos{self.count - self.count / 2};
            marks_.push_back({call.symbol, false, now_, entered});
        }
    }
    std::vector<HelperMark> take() { return std::move(marks_); }

private:
    CallShapes const& shapes_;
    Random& random_;
    Nanos now_;
    std::vector<HelperMark> marks_;
};

/// Mappings of the memory that a task had last; 0 where it has none.
std::uint32_t mappings(kernel::Machine const& machine, kernel::TaskId task) {
    auto const mm = machine.tasks[task].active_mm;
    return machine.mms.has(mm) ? machine.mms[mm].vmas : 0;
}

/// Where mappings are taken down, those that took down as many, or about as many.
void prefer_as_large(CallShapes const& shapes, std::uint32_t have, Sightings& sightings) {
    auto const off = [&](auto const& one) {
        auto const unmapped = shapes[one.shape].unmapped;
        return unmapped > have ? unmapped - have : have - unmapped;
    };
    auto const unmaps = [&](auto const& one) { return shapes[one.shape].unmapped != 0; };
    if (have != 0 && std::ranges::any_of(sightings, unmaps)) {
        auto const nearest = off(*std::ranges::min_element(sightings, {}, off));
        prefer(sightings, [&](auto const& one) { return off(one) == nearest; });
    }
}

} // namespace

std::vector<HelperMark> draw_helpers(CallShapes const& shapes, kernel::Machine& machine,
                                     kernel::TaskId task, CallShapes::Place const& place,
                                     Nanos now) {
    auto sightings = shapes.most_alike(place);
    if (sightings.empty()) {
        return {};
    }
    prefer_as_large(shapes, mappings(machine, task), sightings);
    auto& self = machine.tasks.edit(task);
    prefer(sightings,
           [&](auto const& one) { return shapes.is_of_program(one.capture, self.comm); });
    prefer(sightings, [&](auto const& one) { return one.capture == self.told_by; });
    auto const& chosen = draw(sightings, machine.random);
    self.told_by = chosen.capture;
    self.works += shapes[chosen.shape].works;
    Layout layout(shapes, machine.random, now);
    layout.add_below(shapes[chosen.shape]);
    return layout.take();
}

/// The place of the newest frame, whose function has no body, as a tracer sees it.
CallShapes::Place Execution::helper_place() {
    auto const& stack = seen().stack;
    CallShapes::Place place;
    place.has_execed = (seen().flags & kernel::PF_FORKNOEXEC_) == 0;
    auto caller = stack.frames.size();
    for (auto n = stack.frames.size();
         n-- > stack.user_depth && place.chain.size() <= CallShapes::kCallers;) {
        auto const& frame = stack.frames[n];
        if (frame.show != kernel::Show::visible) {
            continue;
        }
        if (place.chain.size() == 1) {
            caller = n;
        }
        place.chain.emplace_back(impl_.mask.symbol(frame.symbol).name);
    }
    if (caller < stack.frames.size()) {
        place.nth = count_helper(static_cast<std::uint32_t>(caller));
    }
    return place;
}

/// How often the frame at `caller` has called the symbol of the newest one before.
std::uint32_t Execution::count_helper(std::uint32_t caller) {
    auto const& frames = seen().stack.frames;
    kernel::HelperCount const wanted{caller, frames[caller].entered, frames.back().symbol, 0};
    auto& counts = task().helper_counts;
    std::erase_if(counts, [&](auto const& count) {
        return count.frame > caller || (count.frame == caller && count.entered != wanted.entered);
    });
    auto const found = std::ranges::find_if(counts, [&](auto const& count) {
        return count.frame == caller && count.symbol == wanted.symbol;
    });
    if (found != counts.end()) {
        return ++found->calls;
    }
    counts.push_back(wanted);
    return 0;
}

void Execution::show_helpers() {
    helpers_shown_ = true;
    if (!impl_.world.shapes || seen().stack.frames.back().show != kernel::Show::visible) {
        return;
    }
    auto const marks = draw_helpers(*impl_.world.shapes, machine_, me(), helper_place(), here_.now);
    if (marks.empty()) {
        return;
    }
    if (wanted_.has(StepKind::helpers)) {
        Step step;
        step.kind = StepKind::helpers;
        step.time = here_.now;
        step.cpu = cpu_;
        step.task = me();
        step.function = frame_function(me());
        step.helpers = marks;
        show_step(step);
    }
    spend(marks.back().at - here_.now);
}

} // namespace kflow::engine
