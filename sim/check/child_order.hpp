#pragma once
// Which lists of children a function's code can produce at all, on any path
// (build/control_flow.hpp).

#include "sim/build/control_flow.hpp"
#include "sim/trace/name.hpp"

#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace kflow::check {

/// For lookups only.
using NameSet = std::unordered_set<trace::Name, trace::NameHash>;

/// A function's code as the tracers show it: what a callee that is not traced calls stands in the
/// caller's place. A call through a pointer may show whoever it leads to, or what that one calls.
struct ChildOrder {
    struct Node {
        trace::Name callee;
        bool pointer = false; ///< whoever
        bool ends = false;    ///< the function can return behind it
        std::vector<std::uint32_t> next;
    };
    std::vector<Node> nodes;
    std::vector<std::uint32_t> first;
    bool may_be_silent = false;

    /// How a list of children is read.
    struct Reading {
        std::size_t read = 0;     ///< how many of them, from the first, some path has
        bool can_end = false;     ///< such a path can return behind the last of these
        std::size_t calls = 0;    ///< of the list
        std::size_t shortest = 0; ///< the fewest of them, at least one, behind which it can return
        std::vector<trace::Name> lacking; ///< where it does not go on: what could have come
        bool accepts(bool returned) const { return read == calls && (can_end || !returned); }
    };
    /// `untraced`: functions that the tracer passed over, although it could show them.
    Reading read(std::span<trace::Name const> children,
                 NameSet const& untraced) const;

private:
    /// Nodes that can come next, looked through what is not traced. Whether it can return instead.
    bool look_through(std::vector<std::uint32_t>& ahead,
                      NameSet const& untraced) const;
};

/// The orders of a build's functions, each made when first asked for. Not thread-safe.
class ChildOrders {
public:
    /// `flow` must outlive it.
    explicit ChildOrders(build::ControlFlow const& flow) : flow_(flow) {}

    /// Of a symbol, as the trace names it; null if the build has no such function.
    ChildOrder const* of(trace::Name symbol);

private:
    build::ControlFlow const& flow_;
    std::unordered_map<trace::Name, ChildOrder, trace::NameHash> known_;
};

} // namespace kflow::check
