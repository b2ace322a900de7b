#pragma once
// Trees that a window's end cuts go on in the next one.

#include "sim/trace/call_tree.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace kflow::trace {

/// Copies trees from one window's forest to the next one's, as they were before noise was marked.
class CarriedTrees {
public:
    /// Both must outlive it.
    CarriedTrees(CallForest const& from, CallForest& to) : from_(from), to_(to) {}

    /// Appends the tree of a root to its task.
    void copy(std::uint32_t root);
    /// Appends nothing but calls that are open, outermost first: what was below them is lost.
    void copy_path(std::vector<std::uint32_t> const& open);
    /// The number there of a task, which is appended if it is new.
    std::uint32_t task(std::uint32_t task);
    /// The number there of a call that was copied.
    std::uint32_t number_of(std::uint32_t call) const { return numbers_.at(call); }
    /// The events among the trees, in the order of copying.
    std::vector<std::uint32_t>& events() { return events_; }

private:
    Call& add(std::uint32_t call);
    void add_root(std::uint32_t call);
    CallChild child(std::uint32_t call) const;

    CallForest const& from_;
    CallForest& to_;
    std::unordered_map<std::uint32_t, std::uint32_t> numbers_; // looked up, never iterated
    std::unordered_map<std::uint32_t, std::uint32_t> tasks_;   // likewise
    std::vector<std::uint32_t> events_;
};

} // namespace kflow::trace
