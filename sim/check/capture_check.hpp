#pragma once
// All witnesses of one capture but the scenario, heard window by window.

#include "sim/check/build_context.hpp"
#include "sim/check/capture_windows.hpp"
#include "sim/check/entries.hpp"
#include "sim/check/lifecycle.hpp"
#include "sim/check/order.hpp"
#include "sim/check/report.hpp"
#include "sim/trace/trace_format.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace kflow::check {

class CaptureCheck {
public:
    /// `with` and `rules` must outlive it. `format`: the capture's, as its first window tells.
    CaptureCheck(BuildContext& with, std::vector<LifecycleRule> const& rules,
                 trace::TraceFormat const& format, bool explain);

    void see(Window const& window);
    /// Puts what was found into the report.
    void finish(Report& report);

private:
    void see_without_bodies(Window const& window);

    bool has_header_;
    GraphCheck graph_;
    std::optional<UncuratedCheck> uncurated_; ///< of function_graph, where the code is known
    EntriesCheck entries_;
    LifecycleRun rules_;
    LineOrder order_;
    std::size_t lost_; ///< events
    bool told_apart_ = true;
};

} // namespace kflow::check
