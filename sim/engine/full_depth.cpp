// Full depth: below a function that nobody wrote a body for, a run shows what captures showed there
// (trace/call_shapes.hpp). The machine knows nothing of those calls: they take time, and the
// work that they put off is done.

#include "sim/engine/execution.hpp"
#include "sim/trace/call_shapes.hpp"
#include "sim/trace/resized_shape.hpp"

#include <algorithm>
#include <optional>

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

/// Lays calls out in time. A call that the machine makes itself parts a shape.
class Layout {
public:
    /// `open`: the calls that the open one is below, for what comes behind it.
    Layout(CallShapes const& shapes, Random& random, Nanos now,
           std::vector<kernel::OpenShape::Call> open = {})
        : shapes_(shapes), random_(random), now_(now), open_(std::move(open)) {}

    /// The shape that is laid out takes so many mappings down, not as many as were seen.
    void resize(CallShapes::Id shape, std::uint32_t mappings) {
        if (mappings != shapes_[shape].unmapped) {
            resized_.emplace(shapes_, shape, mappings);
        }
    }

    /// A function's calls, up to the one that is left open, or all.
    void add_begin(CallShapes::Id shape) {
        pass(shapes_[shape].symbol);
        add_calls(shape, 0);
    }

    /// What comes behind the call that was left open, which is `depth` calls deep.
    void add_end(CallShapes::Id shape, std::size_t depth = 0) {
        auto const is_way = [&](auto id) { return shapes_.is_hole(id) || leads(id); };
        auto const& calls = calls_of(shape);
        auto const way = std::ranges::find_if(calls, is_way);
        if (depth < open_.size()) {
            add_end(*way, depth + 1);
            marks_.push_back({shapes_[*way].symbol, false, now_, open_[depth].entered});
        }
        pass(shapes_[shape].symbol);
        add_calls(shape, static_cast<std::size_t>(way + 1 - calls.begin()));
    }

    std::vector<HelperMark> take() { return std::move(marks_); }
    std::vector<kernel::OpenShape::Call> open() const { return open_; }

private:
    std::vector<CallShapes::Id> const& calls_of(CallShapes::Id shape) const {
        return resized_ ? resized_->calls(shape) : shapes_[shape].calls;
    }

    /// From the n-th on, behind each of them the function's own time.
    void add_calls(CallShapes::Id shape, std::size_t n) {
        auto const& calls = calls_of(shape);
        for (; n < calls.size(); ++n) {
            is_open_ = shapes_.is_hole(calls[n]);
            if (!is_open_) {
                add_call(calls[n]);
            }
            if (is_open_) {
                return;
            }
            pass(shapes_[shape].symbol);
        }
    }

    void add_call(CallShapes::Id call) {
        auto const symbol = shapes_[call].symbol;
        auto const entered = now_;
        marks_.push_back({symbol, true, now_, entered});
        open_.push_back({std::string(symbol.view()), entered});
        add_begin(call);
        if (!is_open_) {
            marks_.push_back({symbol, false, now_, entered});
            open_.pop_back();
        }
    }

    void pass(trace::Name symbol) { now_ = now_ + shapes_.draw_time(symbol, random_); }

    /// Whether the call that is left open is below this one.
    bool leads(CallShapes::Id id) const {
        return std::ranges::any_of(
            shapes_[id].calls, [&](auto below) { return shapes_.is_hole(below) || leads(below); });
    }

    CallShapes const& shapes_;
    std::optional<trace::ResizedShape> resized_;
    Random& random_;
    Nanos now_;
    std::vector<kernel::OpenShape::Call> open_;
    bool is_open_ = false;
    std::vector<HelperMark> marks_;
};

trace::Name exit_mmap() {
    static trace::Name const name("exit_mmap");
    return name;
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

/// Whether the task's memory is of a program that it or, if it is a thread, its leader executed.
bool runs_program(kernel::Machine const& machine, kernel::TaskId task,
                  CallShapes::Place const& place) {
    auto const leader = machine.tasks[task].leader;
    return place.has_execed ||
           (leader != task && (machine.tasks[leader].flags & kernel::PF_FORKNOEXEC_) == 0);
}

/// Where an address space ends: what captures of that program showed there, whichever of its tasks
/// let go of it last: whoever called do_exit(), and a thread like its leader. The places most like
/// that one where there is no such capture.
Sightings seen_to_end(CallShapes const& shapes, kernel::Machine const& machine, kernel::TaskId task,
                      CallShapes::Place const& place) {
    static trace::Name const do_exit("do_exit");
    auto below = place;
    auto const exits = std::ranges::find(below.chain, do_exit);
    below.chain.erase(exits == below.chain.end() ? exits : exits + 1, below.chain.end());
    for (bool const has_execed : {place.has_execed, runs_program(machine, task, place)}) {
        below.has_execed = has_execed;
        auto sightings = shapes.most_alike(below);
        std::erase_if(sightings, [&](auto const& one) {
            return !shapes.is_of_program(one.capture, machine.tasks[task].comm);
        });
        if (!sightings.empty()) {
            return sightings;
        }
    }
    return shapes.most_alike(place);
}

/// How many an address space that ends has: what a fork copied is taken down as far as it was
/// shown.
std::uint32_t mappings_to_end(kernel::Machine const& machine, kernel::TaskId task,
                              kernel::Mm const& memory, CallShapes::Place const& place) {
    return runs_program(machine, task, place) ? memory.vmas : memory.shown_vmas;
}

void note_mappings(CallShapes::Shape const& shape, kernel::Mm& memory) {
    auto const shown = std::int64_t{memory.shown_vmas} + shape.mapped;
    memory.shown_vmas = static_cast<std::uint32_t>(std::max<std::int64_t>(shown, 0));
}

struct Drawn {
    CallShapes::Id shape = 0;
    std::uint32_t mappings = 0; ///< to take down, where an address space ends; 0: as it was seen
};

/// The shape of what the task calls below the function at the place, by the machine's own
/// generator: from a capture of its program or that told of this task before, where it knows the
/// place. The machine's tasks are all of the fair class. `memory`: whose mappings are made or taken
/// down there. Nothing where nothing is known.
std::optional<Drawn> draw_shape(CallShapes const& shapes, kernel::Machine& machine,
                                kernel::TaskId task, kernel::MmId memory,
                                CallShapes::Place const& place) {
    auto& self = machine.tasks.edit(task);
    bool const ends = place.chain.front() == exit_mmap();
    auto sightings = ends ? seen_to_end(shapes, machine, task, place) : shapes.most_alike(place);
    if (sightings.empty()) {
        return std::nullopt;
    }
    auto const* const mm = machine.mms.has(memory) ? &machine.mms[memory] : nullptr;
    Drawn drawn;
    if (mm && ends) {
        drawn.mappings = mappings_to_end(machine, task, *mm, place);
        prefer_as_large(shapes, drawn.mappings, sightings);
    }
    prefer(sightings, [&](auto const& one) { return !shapes[one.shape].is_of_rank; });
    prefer(sightings,
           [&](auto const& one) { return shapes.is_of_program(one.capture, self.comm); });
    if (mm && !ends) { // It makes what the machine has made and nothing has shown yet.
        auto const more = static_cast<std::int64_t>(mm->vmas) - mm->shown_vmas;
        prefer(sightings, [&](auto const& one) { return shapes[one.shape].mapped == more; });
    }
    prefer(sightings, [&](auto const& one) { return one.capture == self.told_by; });
    auto const& chosen = draw(sightings, machine.random);
    self.told_by = chosen.capture;
    self.works += shapes[chosen.shape].works;
    if (mm && shapes[chosen.shape].mapped != 0) {
        note_mappings(shapes[chosen.shape], machine.mms.edit(memory));
    }
    drawn.shape = chosen.shape;
    return drawn;
}

} // namespace

/// The place of the frame `helper`, whose function has no body, as a tracer sees it.
CallShapes::Place Execution::helper_place(std::size_t helper) {
    auto const& stack = seen().stack;
    CallShapes::Place place;
    // Captures tell of an exec when begin_new_exec() is over.
    auto const begins = impl_.function("begin_new_exec");
    place.has_execed =
        (seen().flags & kernel::PF_FORKNOEXEC_) == 0 &&
        std::ranges::find(stack.frames, begins, &kernel::Frame::function) == stack.frames.end();
    auto caller = stack.frames.size();
    for (auto n = helper + 1;
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
        place.nth = count_helper(static_cast<std::uint32_t>(caller), stack.frames[helper].symbol);
    }
    return place;
}

/// Whose mappings change there: of the memory that is put, or the task's. What an exec makes
/// belongs to a memory that nobody has yet.
kernel::MmId Execution::helper_memory() {
    auto const put = scope({}).id_of<kernel::MmId>("mm", kernel::ObjectKind::mm);
    auto const is_exec = seen().syscall.starts_with("exec");
    return put != kernel::kNobody<kernel::MmId> || is_exec ? put : seen().mm;
}

/// How often the frame at `caller` has called that symbol before.
std::uint32_t Execution::count_helper(std::uint32_t caller, std::uint64_t symbol) {
    auto const& frames = seen().stack.frames;
    kernel::HelperCount const wanted{caller, frames[caller].entered, symbol, 0};
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
    auto const& shapes = *impl_.world.shapes;
    auto const newest = seen().stack.frames.size() - 1;
    auto const drawn = draw_shape(shapes, machine_, me(), helper_memory(), helper_place(newest));
    if (!drawn) {
        return;
    }
    Layout layout(shapes, machine_.random, here_.now);
    if (drawn->mappings != 0) {
        layout.resize(drawn->shape, drawn->mappings);
    }
    layout.add_begin(drawn->shape);
    show_marks(layout.take());
}

/// A function without a body is about to call one of the model's: what captures showed before such
/// a call, down to who makes it.
void Execution::open_shape(model::FunctionId called) {
    auto const& stack = seen().stack;
    if (!impl_.world.shapes || stack.frames.empty() || !stack.in_kernel()) {
        return;
    }
    // What lets go of locks behind the call stands above it already (hold()).
    auto const enable = impl_.function("sched_preempt_enable_no_resched");
    auto helper = stack.frames.size() - 1;
    while (helper > 0 && stack.frames[helper].function == enable) {
        --helper;
    }
    auto const& frame = stack.frames[helper];
    if (impl_.model[frame.function].has_body || frame.show != kernel::Show::visible) {
        return;
    }
    auto const& shapes = *impl_.world.shapes;
    auto place = helper_place(helper);
    place.chain.front() =
        CallShapes::with_hole(place.chain.front(), trace::Name(impl_.model[called].name));
    auto const drawn = draw_shape(shapes, machine_, me(), helper_memory(), place);
    if (!drawn) {
        return;
    }
    Layout layout(shapes, machine_.random, here_.now);
    layout.add_begin(drawn->shape);
    show_marks(layout.take());
    task().open_shapes.push_back({static_cast<std::uint32_t>(helper),
                                  seen().stack.frames[helper].entered, drawn->shape,
                                  layout.open()});
}

/// The call came back: what captures showed behind it.
void Execution::close_shape() {
    auto& open = task().open_shapes;
    auto const& stack = seen().stack;
    while (!open.empty() && !stack.has(open.back())) {
        open.pop_back(); // The task never came back there.
    }
    if (open.empty() || open.back().frame + 1 != stack.frames.size()) {
        return;
    }
    auto const last = open.back();
    auto const& shapes = *impl_.world.shapes;
    Layout layout(shapes, machine_.random, here_.now, last.calls);
    layout.add_end(last.shape);
    show_marks(layout.take());
    task().open_shapes.pop_back();
}

void Execution::show_marks(std::vector<HelperMark> const& marks) {
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
