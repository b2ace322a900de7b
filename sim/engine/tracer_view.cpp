// What a tracer sees of a machine: places, stacks, flag columns.

#include "sim/engine/impl.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Machine;
using model::kNone;

namespace {

bool is_of_module(build::Symbol const& symbol) {
    return symbol.file.starts_with('[');
}

trace::Location location(build::Symbol const& symbol, std::uint32_t offset) {
    trace::Location place;
    if (symbol.name.empty()) {
        return place;
    }
    place.symbol = trace::Name(symbol.name);
    if (is_of_module(symbol)) {
        place.module = trace::Name(symbol.file.substr(1, symbol.file.size() - 2));
    }
    place.offset = offset;
    place.size = static_cast<std::uint32_t>(symbol.size);
    place.address = symbol.address + offset;
    return place;
}

/// Where a return address prints: a noreturn call's is the next function's first byte.
trace::Location return_location(Engine::Impl const& impl, build::Symbol const& caller,
                                std::uint32_t offset) {
    if (auto const place = impl.build.return_place(caller, offset)) {
        return location(place->symbol, place->offset);
    }
    return location(caller, offset);
}

/// Whether it stands in stacks. Where in a module's function somebody is, no build says.
bool has_frame(Engine::Impl const& impl, kernel::Frame const& frame) {
    return (frame.show == kernel::Show::visible || frame.show == kernel::Show::hidden) &&
           !is_of_module(impl.mask.symbol(frame.symbol));
}

} // namespace

std::vector<trace::Location> Engine::stack_of(Machine const& machine, kernel::TaskId task) const {
    auto const& stack = machine.tasks[task].stack;
    std::vector<trace::Location> places;
    std::uint32_t offset = impl_->build.stack_entry_offset();
    for (auto n = stack.frames.size(); n-- > stack.user_depth;) {
        auto const& frame = stack.frames[n];
        if (!has_frame(*impl_, frame)) {
            continue;
        }
        auto const symbol = impl_->mask.symbol(frame.symbol);
        places.push_back(places.empty() ? location(symbol, offset)
                                        : return_location(*impl_, symbol, offset));
        offset = frame.return_offset;
    }
    return places;
}

trace::Location Engine::place_of(Machine const& machine, kernel::TaskId task) const {
    auto const& frame = machine.tasks[task].stack.frames.back();
    return location(impl_->mask.symbol(frame.symbol), impl_->build.entry_offset());
}

build::Symbol Engine::symbol_of(kernel::Frame const& frame) const {
    return impl_->mask.symbol(frame.symbol);
}

trace::Location Engine::caller_of(Machine const& machine, kernel::TaskId task) const {
    auto const& stack = machine.tasks[task].stack;
    auto const offset = stack.frames.back().return_offset;
    for (auto n = stack.frames.size() - 1; n-- > stack.user_depth;) {
        if (has_frame(*impl_, stack.frames[n])) {
            return return_location(*impl_, impl_->mask.symbol(stack.frames[n].symbol), offset);
        }
    }
    return {};
}

trace::Location Engine::innermost(Machine const& machine, kernel::TaskId task) const {
    auto const& stack = machine.tasks[task].stack;
    for (auto n = stack.frames.size(); n-- > stack.user_depth;) {
        if (has_frame(*impl_, stack.frames[n])) {
            return location(impl_->mask.symbol(stack.frames[n].symbol),
                            impl_->build.entry_offset());
        }
    }
    return {};
}

trace::Location Engine::iterator_of(Machine const& machine, Step const& step,
                                    std::string_view event) const {
    auto const& frames = machine.tasks[step.task].stack.frames;
    if (frames.empty() || step.function == kNone<model::FunctionId> ||
        step.pc >= impl_->model.code.size()) {
        return {};
    }
    auto const name = "__traceiter_" + std::string(event);
    auto const outer = impl_->mask.symbol(frames.back().symbol);
    build::Edge edge;
    edge.caller = impl_->model[step.function].name;
    edge.caller_file = impl_->mask.source_of(step.function);
    edge.callee = name;
    edge.outer = build::function_of_symbol(outer.name);
    edge.outer_file = outer.file;
    auto const seen = impl_->build.edge(edge);
    auto const symbol = impl_->build.symbol(name);
    return seen.kind == build::EdgeKind::visible && symbol && symbol->traced
               ? location(*symbol, impl_->build.entry_offset())
               : trace::Location{};
}

trace::ContextFlags Engine::flags_of(Machine const& machine, Cpu cpu) const {
    auto const& state = machine.cpu(cpu);
    auto const& thread = machine.tasks[state.current].thread;
    trace::ContextFlags flags;
    flags.irqs_off = state.irqs_off;
    flags.bh_off = thread.bh_off != 0;
    flags.need_resched = thread.need_resched;
    flags.need_resched_lazy = thread.need_resched_lazy;
    flags.preempt_resched = thread.preempt_resched;
    flags.hardirq = thread.hardirq != 0;
    flags.softirq = thread.softirq;
    flags.preempt_depth = static_cast<std::uint8_t>(std::min<unsigned>(thread.preempt, 15));
    flags.migrate_disable = static_cast<std::uint8_t>(std::min<unsigned>(thread.migration, 15));
    return flags;
}

} // namespace kflow::engine
