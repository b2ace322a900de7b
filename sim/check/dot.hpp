#pragma once
// The part of Graphviz's DOT language that the lifecycle automata use: one digraph, nodes, edges
// and attributes. No subgraphs, ports or HTML labels: they are diagnostics.

#include "sim/base/diagnostic.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kflow::check {

using DotAttributes = std::map<std::string, std::string, std::less<>>;

struct DotNode {
    std::string name;
    DotAttributes attributes;
    int line = 0; ///< where it is first named, from 1
};

struct DotEdge {
    std::size_t from = 0; ///< index of DotGraph::nodes
    std::size_t to = 0;
    DotAttributes attributes;
    int line = 0;
};

struct DotGraph {
    std::string file;
    std::string name;
    DotAttributes attributes;   ///< of the graph itself: `key = value;`
    std::vector<DotNode> nodes; ///< in the order in which they are first named
    std::vector<DotEdge> edges; ///< in the order of the file
};

/// Reads a digraph; `file` is only a name. The first error ends it.
std::variant<DotGraph, Diagnostic> parse_dot(std::string_view text, std::string file);

} // namespace kflow::check
