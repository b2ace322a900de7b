#include "sim/trace/read/complete_capture.hpp"
#include "sim/trace/read/context_text.hpp"
#include "sim/trace/read/graph_text.hpp"
#include "sim/trace/read/guess_format.hpp"
#include "sim/trace/read/header_text.hpp"
#include "sim/trace/read/record_text.hpp"
#include "sim/trace/read/trace_reader.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

namespace kflow::trace {

namespace {

constexpr std::size_t kDiagnosticLimit = 100;
constexpr std::size_t kHeaderLines = 64;
constexpr std::size_t kGuessLines = 64;
constexpr std::size_t kTopLines = 1 + kHeaderLines + kGuessLines;
constexpr std::size_t kShownLine = 200;
constexpr std::size_t kUsualLine = 90; // bytes; what it is wrong by costs a little time

/// The first lines of a text, as many as end in it.
std::vector<std::string_view> first_lines(std::string_view text, std::size_t most) {
    std::vector<std::string_view> lines;
    while (lines.size() < most) {
        std::size_t const end = text.find('\n');
        if (end == std::string_view::npos) {
            break;
        }
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

bool is_buffer_line(std::string_view line) {
    return line.substr(0, 5) == "#####" || line.substr(0, 4) == "CPU:";
}

/// Lines that only go on with a record begun before: frames, a separator's parts, overruns.
bool continues_record(std::string_view line) {
    return line.empty() || line.substr(0, 4) == " => " || line.substr(0, 12) == " (Overruns: " ||
           line.find(" => ") != std::string_view::npos || is_separator_line(line);
}

/// What a file is that is no text of tracefs, and what to do with it; nothing if it may be one.
std::optional<Diagnostic> foreign(std::string_view text, std::string const& file) {
    constexpr std::string_view copy =
        "kflow reads the text of /sys/kernel/tracing/trace: copy that";
    auto const say = [&](std::string message, std::string hint) {
        return Diagnostic{Severity::error, {file, 0, 0}, std::move(message), "", std::move(hint)};
    };
    if (text.starts_with("\x17\x08\x44tracing")) {
        return say("this is a trace.dat, the binary file of trace-cmd",
                   std::string(copy) +
                       ", or what `trace-cmd show` prints while the trace is there");
    }
    if (text.starts_with("PERFILE2")) {
        return say("this is a perf.data, the binary file of perf", std::string(copy));
    }
    auto const first_line = text.substr(0, text.find('\n'));
    if (first_line.ends_with('\r') && first_line.size() < text.size()) {
        auto diagnostic = say("a carriage return; lines of a trace end in a newline alone",
                              "a program of another system has written it anew: "
                              "`tr -d '\\r'` takes them out");
        diagnostic.place = {file, 1, static_cast<int>(first_line.size())};
        diagnostic.source_line = first_line.substr(0, kShownLine);
        return diagnostic;
    }
    constexpr std::size_t looked_at = 1024;
    constexpr std::ptrdiff_t one_in = 20;
    auto const head = text.substr(0, looked_at);
    auto const controls = std::count_if(head.begin(), head.end(), [](char c) {
        return (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
    });
    if (controls * one_in > static_cast<std::ptrdiff_t>(head.size())) {
        return say("this is no text", std::string(copy));
    }
    return std::nullopt;
}

} // namespace

class TraceReader::Impl {
public:
    explicit Impl(std::string file) { capture_.file = std::move(file); }

    std::size_t read(std::string_view text, bool is_last) {
        text_ = text;
        at_ = 0;
        is_last_ = is_last;
        if (!begun_ && !is_last && first_lines(text, kTopLines).size() < kTopLines) {
            return 0;
        }
        if (!begun_) {
            begin();
        }
        while (!is_foreign_ && read_next()) {
        }
        if (is_foreign_) {
            return text.size();
        }
        if (is_last) {
            finish();
            return text.size();
        }
        return at_;
    }

    void take_events(std::vector<Event>& into) {
        std::size_t taken = events_.size();
        while (!is_last_ && taken > 0 &&
               (taken == events_.size() || events_[taken].as<StackTrace>())) {
            --taken;
        }
        auto const end = events_.begin() + static_cast<std::ptrdiff_t>(taken);
        std::vector<Event> kept;
        kept.reserve(is_last_ ? 0 : events_.size()); // The next ones are about as many.
        kept.insert(kept.end(), std::make_move_iterator(end),
                    std::make_move_iterator(events_.end()));
        events_.erase(end, events_.end());
        std::size_t const first = into.size();
        if (first == 0) {
            into.swap(events_);
        } else {
            std::ranges::move(events_, std::back_inserter(into));
        }
        events_.clear();
        events_.reserve(is_last_ ? 0 : taken); // The next are about as many.
        std::ranges::move(kept, std::back_inserter(events_));
        if (capture_.format.is_graph() && !capture_.format.graph.proc) {
            tasks_.name(std::span(into).subspan(first));
        }
    }

    Capture& capture() { return capture_; }

private:
    /// The next line, if it ends in the text.
    bool peek(std::string_view& line) const { return peek_behind(at_, line); }

    /// The line that begins at a place.
    bool peek_behind(std::size_t from, std::string_view& line) const {
        std::size_t const end = from < text_.size() ? text_.find('\n', from) : text_.npos;
        if (end == text_.npos) {
            return false;
        }
        line = text_.substr(from, end - from);
        return true;
    }

    /// To behind the line.
    void pass(std::string_view line) {
        at_ += line.size() + 1;
        ++capture_.summary.lines;
    }

    void complain(std::size_t line, std::string_view text, std::size_t column,
                  std::string message) {
        ++capture_.summary.unread;
        if (capture_.diagnostics.size() >= kDiagnosticLimit) {
            return;
        }
        capture_.diagnostics.push_back(
            {Severity::error,
             {capture_.file, static_cast<int>(line), static_cast<int>(column)},
             std::move(message),
             std::string(text.substr(0, kShownLine)),
             ""});
    }

    /// Of the line that was passed last.
    void complain(LineCursor const& cursor) {
        complain(capture_.summary.lines, cursor.line(), cursor.fail_column(),
                 fmt::format("expected {}", cursor.expected()));
    }

    void begin() {
        begun_ = true;
        events_.reserve(text_.size() / kUsualLine);
        if (auto problem = foreign(text_, capture_.file)) {
            capture_.diagnostics.push_back(std::move(*problem));
            is_foreign_ = true;
            return;
        }
        read_top();
        skip_cut_record();
    }

    /// The lines at the top that begin with `#`, then what columns the first records have.
    void read_top() {
        auto const lines = first_lines(text_, kTopLines);
        std::vector<std::string_view> header;
        std::size_t top = 0;
        while (top < lines.size() && top < kHeaderLines && lines[top].substr(0, 1) == "#" &&
               !is_buffer_line(lines[top])) {
            header.push_back(lines[top++]);
        }
        // A header whose beginning is cut shows by lines with `#` behind a first line without.
        if (header.empty() && lines.size() > 1 && lines[1].substr(0, 1) == "#" &&
            !is_buffer_line(lines[0]) && !is_buffer_line(lines[1])) {
            top = 1;
            while (top < lines.size() && top < kHeaderLines && lines[top].substr(0, 1) == "#") {
                header.push_back(lines[top++]);
            }
        }
        TraceFormat const known = read_header(header);
        std::size_t const end = std::min(lines.size(), top + kGuessLines);
        std::vector<std::string_view> const first(lines.begin() + static_cast<std::ptrdiff_t>(top),
                                                  lines.begin() + static_cast<std::ptrdiff_t>(end));
        capture_.format = guess_format(known, first);
        check_header(header, top, lines);
        for (std::size_t i = 0; i < top; ++i) {
            pass(lines[i]);
        }
    }

    /// A header is understood if writing it gives the same lines.
    void check_header(std::vector<std::string_view> const& header, std::size_t top,
                      std::vector<std::string_view> const& lines) {
        TraceFormat& format = capture_.format;
        if (header.empty()) {
            return;
        }
        std::string const text = write_header(format);
        auto const expected = first_lines(text, std::string_view::npos);
        if (header == expected) {
            return;
        }
        bool const from_the_top = format.header && top == header.size();
        if (!from_the_top) {
            format.header = false;
            format.notes.clear();
            capture_.summary.first_line_cut = true;
            return;
        }
        if (top == lines.size()) {
            capture_.summary.last_line_cut = true; // the text ends inside of its header
            return;
        }
        std::size_t line = 0;
        while (line < expected.size() && line < header.size() && header[line] == expected[line]) {
            ++line;
        }
        line = std::min(line, header.size() - 1);
        complain(line + 1, header[line], 1, "expected the header of a known kernel");
    }

    /// Without a header the text may begin inside of a line or of a record: that much is a gap.
    void skip_cut_record() {
        std::string_view line;
        if (capture_.format.header || !peek(line)) {
            return;
        }
        Event event;
        LineCursor cursor(line);
        bool const whole = at_ == 0 && (read_one_line(cursor, event) || begins_separator(line));
        if (whole) {
            return;
        }
        capture_.summary.first_line_cut = true;
        do {
            pass(line);
        } while (peek(line) && continues_record(line) && !begins_separator(line));
    }

    /// Whether the next line, which is `line`, begins a separator.
    bool begins_separator(std::string_view line) const {
        std::string_view next;
        return is_separator_line(line) && peek_behind(at_ + line.size() + 1, next) && !next.empty();
    }

    bool read_one_line(LineCursor& cursor, Event& event) {
        if (is_buffer_line(cursor.line())) {
            return read_buffer_line(cursor, event);
        }
        if (!capture_.format.is_graph()) {
            return read_line(cursor, capture_.format, event);
        }
        return read_graph_line(cursor, capture_.format, findings_, event) ||
               read_stray_line(cursor, event);
    }

    /// In a graph, functions and stacks of other tracers are printed as those tracers do.
    bool read_stray_line(LineCursor& cursor, Event& event) {
        cursor.go(0);
        TraceFormat tried = capture_.format;
        Event stray;
        if (!capture_.format.context_info ||
            (!stray_known_ && !guess_context(cursor.line(), tried)) ||
            tried.latency_format != capture_.format.latency_format) {
            return false;
        }
        if (!read_line(cursor, tried, stray) || stray.as<TraceEvent>()) {
            return false;
        }
        stray_known_ = true;
        capture_.format = tried;
        event = std::move(stray);
        return true;
    }

    /// The next record, or more of the last one. False where it does not stand whole in the text.
    bool read_next() {
        std::string_view line;
        if (!peek(line)) {
            return false;
        }
        if (is_separator_line(line) && capture_.format.is_graph()) {
            return read_separator(line);
        }
        pass(line);
        if (std::exchange(behind_stack_, false) && line.substr(0, 4) == " => ") {
            read_next_frame(line);
            return true;
        }
        if (attach_overruns(line)) {
            return true;
        }
        Event& event = events_.emplace_back();
        LineCursor cursor(line);
        if (!read_one_line(cursor, event)) {
            events_.pop_back();
            complain(cursor);
            return true;
        }
        event.line = static_cast<std::uint32_t>(capture_.summary.lines);
        behind_stack_ = event.as<StackTrace>() != nullptr;
        options_.note(event);
        return true;
    }

    void read_next_frame(std::string_view line) {
        auto& stack = std::get<StackTrace>(events_.back().payload);
        Location frame;
        LineCursor cursor(line);
        if (read_frame(cursor, stack.user, frame)) {
            stack.frames.push_back(frame);
            options_.note(frame, stack.user);
        } else {
            complain(cursor);
        }
        behind_stack_ = true;
    }

    bool attach_overruns(std::string_view line) {
        if (events_.empty() || !line.starts_with(" (Overruns: ") || !capture_.format.is_graph()) {
            return false;
        }
        auto* const exit = std::get_if<GraphExit>(&events_.back().payload);
        std::uint32_t overruns = 0;
        LineCursor cursor(line);
        if (!exit || exit->overruns || !read_overruns(cursor, overruns)) {
            return false;
        }
        exit->overruns = overruns;
        options_.note_overruns();
        return true;
    }

    /// Four lines: dashes, the two tasks, dashes, nothing.
    bool read_separator(std::string_view first) {
        std::array<std::string_view, 4> lines{first};
        std::size_t end = at_ + first.size() + 1;
        for (std::size_t i = 1; i < lines.size(); ++i) {
            if (!peek_behind(end, lines[i])) {
                return is_last_ && pass_cut_separator();
            }
            end += lines[i].size() + 1;
        }
        behind_stack_ = false;
        pass(first);
        Event event;
        LineCursor cursor(lines[1]);
        if (!read_task_switch(cursor, capture_.format, event)) {
            complain(capture_.summary.lines, first, 1,
                     "expected a separator of two tasks in the next line");
            return true;
        }
        event.line = static_cast<std::uint32_t>(capture_.summary.lines);
        pass(lines[1]);
        if (!is_separator_line(lines[2]) || !lines[3].empty()) {
            complain(event.line, first, 1,
                     "expected a separator of four lines, the last one empty");
            return true;
        }
        pass(lines[2]);
        pass(lines[3]);
        options_.note(event);
        events_.push_back(std::move(event));
        return true;
    }

    /// The text ends inside of a separator.
    bool pass_cut_separator() {
        capture_.summary.last_line_cut = true;
        for (std::string_view line; peek(line);) {
            pass(line);
        }
        return false;
    }

    void finish() {
        if (at_ < text_.size()) {
            capture_.summary.last_line_cut = true;
            auto* const stack =
                behind_stack_ ? std::get_if<StackTrace>(&events_.back().payload) : nullptr;
            if (stack) {
                stack->cut = true;
            }
        }
        GraphColumns& graph = capture_.format.graph;
        graph.overhead = findings_.overhead.value_or(graph.overhead);
        graph.retval_hex = findings_.retval_hex.value_or(false);
        capture_.format.dialect.retval_named = findings_.retval_named.value_or(false);
        options_.set(capture_.format);
        if (!capture_.format.header && !capture_.format.is_graph()) {
            capture_.format.tracer = Name(options_.has_functions() ? "function" : "nop");
        }
        if (!options_.has_events()) {
            auto const& summary = capture_.summary;
            capture_.diagnostics.push_back(
                {Severity::error,
                 {capture_.file, 0, 0},
                 summary.lines == 0 && summary.last_line_cut ? "the file ends within its first line"
                 : summary.lines == 0                        ? "the file is empty"
                                      : "no event can be read: expected the text of tracefs' trace "
                                        "or trace_pipe",
                 "",
                 ""});
        }
    }

    Capture capture_; ///< its events are in events_
    std::vector<Event> events_;
    std::string_view text_;
    std::size_t at_ = 0; ///< how much of it was read
    bool is_last_ = false;
    bool begun_ = false;
    bool is_foreign_ = false;
    bool behind_stack_ = false; ///< the last line belongs to a stack
    GraphFindings findings_;
    ShownOptions options_;
    TaskNaming tasks_;
    bool stray_known_ = false;
};

TraceReader::TraceReader(std::string file) : impl_(std::make_unique<Impl>(std::move(file))) {}
TraceReader::~TraceReader() = default;

std::size_t TraceReader::read(std::string_view text, bool is_last) {
    return impl_->read(text, is_last);
}

void TraceReader::take_events(std::vector<Event>& into) {
    impl_->take_events(into);
}

Capture const& TraceReader::capture() const {
    return impl_->capture();
}

bool Capture::readable() const {
    return std::none_of(diagnostics.begin(), diagnostics.end(),
                        [](Diagnostic const& d) { return d.severity == Severity::error; });
}

Capture read_trace(std::string_view text, std::string file) {
    TraceReader reader(std::move(file));
    reader.read(text, true);
    Capture capture = reader.capture();
    reader.take_events(capture.events);
    if (capture.format.latency_format) {
        derive_delays(capture.events);
    }
    if (capture.format.graph.tail) {
        forget_names_of_tails(capture.events);
    }
    return capture;
}

} // namespace kflow::trace
