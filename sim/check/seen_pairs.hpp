#pragma once
// Who stands directly above whom in captures: as caller and child in function_graph, as neighbours
// in stacks and behind `<-`.

#include "sim/check/forest.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace kflow::check {

class SeenPairs {
public:
    /// Caller and callee, without compiler suffixes.
    using Pair = std::pair<trace::Name, trace::Name>;
    /// A stack's neighbours: in how many places, and where first.
    struct Seen {
        std::size_t times = 0;
        std::string file;
        std::uint32_t line = 0;
    };

    void add(trace::Capture const& capture, Forest const& forest);

    /// Whether function_graph shows the callee directly below the caller.
    bool is_child(std::string_view caller, std::string_view callee) const;
    /// Whether a stack shows that the caller's own code called the callee.
    bool is_frame(std::string_view caller, std::string_view callee) const;
    std::map<Pair, Seen> const& frames() const { return frames_; }

private:
    void add_frames(trace::Location const& callee, trace::Location const& caller,
                    trace::Capture const& capture, std::uint32_t line);

    std::set<Pair> children_;
    std::map<Pair, Seen> frames_;
};

} // namespace kflow::check
