#pragma once
// Wrong captures, made of right ones: what a checker that sees nothing would let pass.
//
// A mutant differs from a capture by one call in the list of one function. Which lists are real is
// told by captures: a mutant that makes one of them is none.

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

/// Which call is changed.
struct MutantChoice {
    /// Whose lists: those of functions that have a body, or of whoever runs below a system call
    /// that makes, ends, signals or waits for a task (or a new task's first steps, or signal
    /// delivery).
    enum class Parents : std::uint8_t { bodies, lifecycle };
    /// What is drawn evenly: all functions first, then one of its calls and of its children; or all
    /// calls that are somebody's child.
    enum class Evenly : std::uint8_t { functions, calls };
    Parents parents = Parents::bodies;
    Evenly evenly = Evenly::functions;
};

struct Mutation {
    MutationKind kind = MutationKind::dropped;
    trace::Name function; ///< the call that was changed
    trace::Name made;     ///< what stands there now, if that is another function
    trace::Name parent;
    std::uint32_t first_line = 0; ///< of the parent, in the original: the right place to report it
    std::uint32_t last_line = 0;
};

/// A wrong capture: what stands in a right one instead of some of its events.
struct Mutant {
    Mutation mutation;
    std::vector<std::uint32_t> without; ///< events, ascending
    std::vector<trace::Event> instead;  ///< in front of the first of these
    std::uint32_t parent_first = 0;     ///< the changed list's function: its events
    std::uint32_t parent_last = 0;

    trace::Capture whole(trace::Capture const& of) const;
    /// Nothing but the function whose list is changed, and what others did meanwhile.
    trace::Capture cut(trace::Capture const& of) const;

private:
    trace::Capture made_of(trace::Capture const& of, std::uint32_t first, std::size_t end) const;
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
            RealLists const& real, MutantChoice choice);

    /// Nothing after too many draws that make a real list.
    std::optional<Mutant> mutate(Random& random) const;

private:
    /// A call whose list is changed, and which of its own children.
    struct Place {
        CallIndex parent = kNoCall;
        std::size_t child = 0;
    };
    std::vector<std::uint32_t> block(CallIndex call) const;
    std::vector<CallIndex> own_children(CallIndex call) const;
    bool draw(Random& random, Place const& place, Mutant& mutant) const;

    trace::Capture const& capture_;
    Forest const& forest_;
    RealLists const& real_;
    std::vector<std::vector<Place>> places_; ///< one group is drawn evenly, then a place in it
    std::vector<trace::Name> names_;         ///< functions that the capture shows
};

} // namespace kflow::check
