#pragma once
// The lines of `trace` stand in the order of their time: the tracer merges the CPUs' buffers by it
// (kernel/trace/trace.c, __find_next_entry). `trace_pipe`, which has no header, prints what is
// there when it is read and may come back to an earlier time: it is not judged.

#include "sim/check/lifecycle.hpp"
#include "sim/trace/event.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace kflow::check {

class LineOrder {
public:
    /// The next events of a capture with a header.
    void see(std::span<trace::Event const> events);
    /// Adds the rule `lines_in_order` to those judged, and its violations.
    void finish(LifecycleResult& result) const;

private:
    bool is_judged_ = false;        ///< there was an event with a time
    Nanos latest_;                  ///< time, and
    std::uint32_t latest_line_ = 0; ///< the last line that had it
    std::vector<Violation> violations_;
};

} // namespace kflow::check
