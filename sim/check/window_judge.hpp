#pragma once
// Holds the calls of one window of a capture against the bodies of their functions.

#include "sim/check/conformance.hpp"
#include "sim/check/reading.hpp"

namespace kflow::check {

/// What goes on from one window of a capture to the next.
struct WindowSums {
    Settled& settled;
    Mappings& mappings;
    ConformanceResult& result;
    std::vector<Fitness>& functions; ///< of the program's
    trace::NameTable<std::size_t>& unmodelled;
};

struct JudgeOptions {
    bool explain = false;       ///< differences say what could have come instead
    bool is_filtered = false;   ///< the capture shows the functions of its filter alone
    CallVotes* votes = nullptr; ///< told which way each open call of the mask was read; may be null
};

/// Adds what the window's finished calls say to the sums. What one call says of a thing settles it
/// for others.
void judge_window(Evidence const& evidence, Reader& reader, AutomataCache& cache,
                  WindowSums const& sums, JudgeOptions const& options);

} // namespace kflow::check
