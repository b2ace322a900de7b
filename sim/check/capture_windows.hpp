#pragma once
// A capture's file, read window by window: text, events and call trees of one stretch of it at a
// time, so that a capture of any size is checked in the memory of a few windows.

#include "sim/base/diagnostic.hpp"
#include "sim/base/handover.hpp"
#include "sim/base/input_stream.hpp"
#include "sim/check/forest.hpp"
#include "sim/trace/read/trace_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace kflow::check {

/// A stretch of a capture. Trees that its end cuts come again, whole, with a later one.
struct Window {
    /// Never null. Who wants to see them again with a later window keeps them.
    std::shared_ptr<std::vector<trace::Event>> events;
    std::uint32_t first = 0;            ///< the number of the first event in the capture
    bool is_last = false;               ///< none follows
    trace::TraceFormat format;          ///< as far as it was known then
    bool is_readable = true;            ///< likewise
    std::vector<trace::KeptEvent> kept; ///< earlier ones that the trees hold
    Forest forest;

    trace::EventWindow view() const { return {*events, first, kept}; }
};

/// Reads one capture: while a window is looked at, threads of its own build the next one's trees
/// and read the one behind that.
class CaptureWindows {
public:
    /// Bytes of text in a window: what a process does in some tenths of a second.
    static constexpr std::size_t kUsual = std::size_t{2} << 20;
    static constexpr std::size_t kAll = ~std::size_t{0};

    CaptureWindows(std::string const& file, std::size_t bytes);
    ~CaptureWindows();
    CaptureWindows(CaptureWindows const&) = delete;
    CaptureWindows& operator=(CaptureWindows const&) = delete;

    /// The next window. Nothing behind the last, and where the file cannot be read on: see
    /// problem().
    std::optional<Window> next();

    // Of the whole, once next() had nothing more or the last window is there:

    /// Why the file cannot be opened or read on.
    std::optional<Diagnostic> const& problem() const { return problem_; }
    /// What was read, without its events.
    trace::Capture const& capture() const { return reader_.capture(); }

private:
    void read_all();
    void build_all();
    std::optional<Window> read();
    bool read_text(std::vector<trace::Event>& events);
    void build(Window& window);

    std::size_t bytes_;
    std::optional<InputStream> input_;
    std::optional<Diagnostic> problem_;
    std::vector<char> text_; ///< of which the first `pending_` bytes are to be read
    std::size_t pending_ = 0;
    bool ended_ = false;
    trace::TraceReader reader_;
    std::uint32_t seen_ = 0; ///< events
    trace::ForestBuilder builder_;
    std::vector<trace::KeptEvent> kept_; ///< for the next window
    /// Windows that wait for who comes next: enough to level out what differs from one to another.
    static constexpr std::size_t kAhead = 3;
    Handover<Window> were_read_{kAhead};
    Handover<Window> were_built_{kAhead};
    std::thread reading_;
    std::thread building_;
};

} // namespace kflow::check
