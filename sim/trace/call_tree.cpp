#include "sim/trace/call_tree.hpp"

#include "sim/trace/forest_builder.hpp"

namespace kflow::trace {

std::vector<std::uint32_t> CallForest::own_calls(Call const& call) const {
    std::vector<std::uint32_t> own;
    for (CallChild const& child : call.children) {
        if (child.kind == CallChild::Kind::call && child.noise == NoiseKind::none) {
            own.push_back(child.index);
        }
    }
    return own;
}

CallForest build_call_forest(std::vector<Event> const& events) {
    return ForestBuilder().build(events, true);
}

} // namespace kflow::trace
