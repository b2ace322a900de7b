#include "sim/check/seen_pairs.hpp"

namespace kflow::check {
namespace {

/// What returns to a symbol's first byte is a noreturn call at the end of the one before.
bool names_its_caller(trace::Location const& place) {
    return place.has_offset() && place.offset != 0 && place.module.empty() && !place.symbol.empty();
}

} // namespace

void SeenPairs::add(trace::Capture const& capture, Forest const& forest) {
    for (CallIndex c = 0; c < forest.calls().size(); ++c) {
        auto const& call = forest[c];
        if (call.parent != kNoCall && forest.noise[c] == 0) {
            children_.emplace(forest[call.parent].name, call.name);
        }
    }
    for (auto const& event : capture.events) {
        if (auto const* entry = event.as<trace::FunctionEntry>()) {
            add_frames(entry->ip, entry->parent, capture, event.line);
        } else if (auto const* stack = event.as<trace::StackTrace>(); stack && !stack->user) {
            for (std::size_t i = 0; i + 1 < stack->frames.size(); ++i) {
                add_frames(stack->frames[i], stack->frames[i + 1], capture, event.line);
            }
        }
    }
}

void SeenPairs::add_frames(trace::Location const& callee, trace::Location const& caller,
                           trace::Capture const& capture, std::uint32_t line) {
    if (!names_its_caller(callee) || !names_its_caller(caller)) {
        return;
    }
    auto const below = trace::source_name(callee.symbol);
    auto const above = trace::source_name(caller.symbol);
    if (below.partial) {
        return; // The head that calls it is the same function's, inlined or not.
    }
    auto& seen = frames_[{above.name, below.name}];
    if (seen.times++ == 0) {
        seen.file = capture.file;
        seen.line = line;
    }
}

bool SeenPairs::is_child(std::string_view caller, std::string_view callee) const {
    return children_.contains({trace::Name(caller), trace::Name(callee)});
}

bool SeenPairs::is_frame(std::string_view caller, std::string_view callee) const {
    return frames_.contains({trace::Name(caller), trace::Name(callee)});
}

} // namespace kflow::check
