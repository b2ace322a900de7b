#pragma once
// The events of a trace that are in memory: all of them, or the last ones and a few that came
// before. Each keeps the number that it has in the whole trace.

#include "sim/trace/event.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace kflow::trace {

/// An event that is kept although its neighbours are not, with its number.
using KeptEvent = std::pair<std::uint32_t, Event>;

/// Sees the events; owns nothing.
class EventWindow {
public:
    EventWindow(std::span<Event const> events, std::uint32_t first = 0,
                std::span<KeptEvent const> kept = {})
        : events_(events), first_(first), kept_(kept) {}
    EventWindow(std::vector<Event> const& events) : EventWindow(std::span(events)) {}

    /// One that is there.
    Event const& operator[](std::uint32_t number) const {
        return number >= first_ ? events_[number - first_] : kept(number);
    }
    /// All but the kept ones: of the numbers from first() up to end().
    std::span<Event const> events() const { return events_; }
    std::uint32_t first() const { return first_; }
    std::uint32_t end() const { return first_ + static_cast<std::uint32_t>(events_.size()); }
    /// Those from before first(), by number.
    std::span<KeptEvent const> kept() const { return kept_; }

private:
    Event const& kept(std::uint32_t number) const {
        return std::ranges::lower_bound(kept_, number, {}, &KeptEvent::first)->second;
    }

    std::span<Event const> events_;
    std::uint32_t first_ = 0;
    std::span<KeptEvent const> kept_;
};

} // namespace kflow::trace
