#pragma once
// What the functions of a capture called, how often and in which order: what two captures are
// compared by.

#include "sim/trace/capture.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::trace {

/// One function over a whole capture. Interrupts, faults, preemptions and the tracer's own work are
/// left out.
struct FunctionCalls {
    std::size_t calls = 0;                      ///< of it
    std::map<std::string, std::size_t> callees; ///< how often all its calls together called them
    std::map<std::string, std::size_t> callers; ///< how often they called it
    /// How often its calls had these children in this order; children that repeat at once count as
    /// one. Empty where the capture does not tell (function records).
    std::map<std::vector<std::string>, std::size_t> orders;

    /// The most frequent order; of several the first. Empty if none is known.
    std::vector<std::string> usual_order() const;
};

struct CallProfile {
    /// By the names of the source: without compiler suffixes.
    std::map<std::string, FunctionCalls> functions;
    bool nested = true; ///< from function_graph's records: orders are known
};

/// From function_graph's records; where there are none, from function records, of which each tells
/// a caller and a callee. `below`: only calls of that function and what happens below them; with
/// function records, what its callees lead to; empty: everything.
CallProfile profile_of(Capture const& capture, std::string_view below = {});

} // namespace kflow::trace
