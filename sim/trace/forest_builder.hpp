#pragma once
// Builds call trees of a trace that comes window by window.

#include "sim/trace/call_tree.hpp"
#include "sim/trace/event_window.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace kflow::trace {

class ForestBuilder {
public:
    ForestBuilder();
    ~ForestBuilder();
    ForestBuilder(ForestBuilder const&) = delete;
    ForestBuilder& operator=(ForestBuilder const&) = delete;

    /// The trees of the next window of the trace, together with those that the window before left
    /// unfinished. `events` keeps the records that kept_events() named then.
    CallForest build(EventWindow const& events, bool is_last);

    /// The numbers of the events in the trees that the last window left unfinished, ascending.
    std::vector<std::uint32_t> const& kept_events() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kflow::trace
