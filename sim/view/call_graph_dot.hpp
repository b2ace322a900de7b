#pragma once
// (a) What a function can call as DOT, as the source says it or as one build shows it.

#include "sim/build/build_facts.hpp"
#include "sim/model/call_graph.hpp"
#include "sim/view/source_files.hpp"

#include <string>

namespace kflow::view {

struct CallGraphOptions {
    int depth = 3; ///< calls below the root; 0: only the root
    bool as_traced =
        true; ///< inlined and hidden functions are drawn so; false: as the source has it
    std::size_t most = 400; ///< how many functions at the most, nearest to the root first
};

/// Functions stand in a box for their file, coloured by subsystem; conditions stand on the edges.
std::string call_graph_dot(model::CallGraph const& graph, model::NodeIndex root,
                           build::BuildFacts const& facts, SourceFiles const& files,
                           CallGraphOptions const& options);

/// Everything that the model has: a node a file.
std::string all_calls_dot(model::CallGraph const& graph, SourceFiles const& files);

} // namespace kflow::view
