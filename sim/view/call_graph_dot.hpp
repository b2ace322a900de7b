#pragma once
// Call graphs as DOT: (a) what a function can call, as the source says it or as one build shows it;
// (b) what a run or a capture did call, with counts.

#include "sim/build/build_facts.hpp"
#include "sim/model/call_graph.hpp"
#include "sim/trace/capture.hpp"

#include <string>
#include <string_view>

namespace kflow::view {

struct CallGraphOptions {
    int depth = 3; ///< calls below the root; 0: only the root
    bool as_traced =
        true; ///< inlined and hidden functions are drawn so; false: as the source has it
    std::size_t most = 400; ///< how many functions at the most, nearest to the root first
};

/// (a) Functions stand in a box for their file, coloured by subsystem; conditions stand on the
/// edges.
std::string call_graph_dot(model::CallGraph const& graph, model::NodeIndex root,
                           build::BuildFacts const& facts, CallGraphOptions const& options);

/// (b) From function_graph records the calls that were made, from function records the pairs caller
/// and callee. `root`: only what was called below this function; empty: everything.
std::string dynamic_graph_dot(trace::Capture const& capture, std::string_view root, int depth);

} // namespace kflow::view
