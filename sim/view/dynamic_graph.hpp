#pragma once
// (b) What a run or a capture did call, with counts.

#include "sim/trace/capture.hpp"
#include "sim/view/source_files.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace kflow::view {

struct DynamicGraphOptions {
    std::string root; ///< only what was called below this function; empty: everything
    int depth = 3;    ///< calls below the root
    /// With more functions than this, a file is drawn as one node.
    std::size_t most_functions = 150;
};

/// From function_graph records the calls that were made, from function records the pairs caller and
/// callee. A diagnostic where there are no calls, or none of the root.
std::variant<std::string, Diagnostic> dynamic_graph_dot(trace::Capture const& capture,
                                                        SourceFiles const& files,
                                                        DynamicGraphOptions const& options);

} // namespace kflow::view
