#pragma once
// Wrong captures, made of right ones: what a checker that sees nothing would let pass.
//
// A mutant differs from a capture by one call in the list of one function that has a body. Which
// lists are real is told by the captures themselves: a mutant that makes one of them is none.

#include "sim/base/random.hpp"
#include "sim/check/forest.hpp"
#include "sim/model/ir.hpp"
#include "sim/trace/capture.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::check {

enum class MutationKind : std::uint8_t { dropped, repeated, swapped, renamed, inserted };

std::string_view to_string(MutationKind kind);

struct Mutation {
    MutationKind kind = MutationKind::dropped;
    std::string function; ///< the call that was changed
    std::string parent;
    std::uint32_t first_line = 0; ///< of the parent, in the original: the right place to report it
    std::uint32_t last_line = 0;
};

/// For each function, the lists of children that it has had.
class RealLists {
public:
    void add(Forest const& forest);
    bool has(trace::Name function, std::vector<trace::Name> const& list) const;

private:
    std::map<trace::Name, std::set<std::vector<trace::Name>>> lists_;
};

class Mutator {
public:
    /// All must outlive it. `program` says which functions have a body.
    Mutator(model::Program const& program, trace::Capture const& capture, Forest const& forest,
            RealLists const& real);

    /// Changes a copy of the capture: first a function is drawn evenly, then one of its calls, then
    /// one of its children. Nothing after too many draws that make a real list.
    std::optional<Mutation> mutate(Random& random, trace::Capture& mutant) const;

private:
    std::vector<std::uint32_t> block(CallIndex call) const;
    std::vector<CallIndex> own_children(CallIndex call) const;
    bool draw(Random& random, CallIndex parent, Mutation& mutation, trace::Capture& mutant) const;

    trace::Capture const& capture_;
    Forest const& forest_;
    RealLists const& real_;
    std::vector<std::vector<CallIndex>> parents_; ///< calls with children, of each function
    std::vector<trace::Name> names_;              ///< functions that the capture shows
};

} // namespace kflow::check
