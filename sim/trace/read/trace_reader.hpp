#pragma once
// Reads a trace as its text comes: the events of a part can be taken away before the next is there.

#include "sim/trace/capture.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::trace {

class TraceReader {
public:
    /// `file` is only a name.
    explicit TraceReader(std::string file);
    ~TraceReader();
    TraceReader(TraceReader const&) = delete;
    TraceReader& operator=(TraceReader const&) = delete;

    /// Reads the records that stand whole in `text` and says how many of its bytes they are: the
    /// rest comes again, in front of what follows. `is_last`: nothing follows, and all is read;
    /// otherwise nothing is until there are some hundred lines, which tell the format.
    std::size_t read(std::string_view text, bool is_last);

    /// Appends the events that were read since the last time, those tasks that only separators name
    /// set where these came before them. One that lines to come may belong to is kept back, and a
    /// stack with what it is the stack of.
    void take_events(std::vector<Event>& into);

    /// The trace without its events. What the format says of options that show in the records, and
    /// the diagnostics, hold once all is read.
    Capture const& capture() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kflow::trace
