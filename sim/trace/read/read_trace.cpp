#include "sim/trace/capture.hpp"
#include "sim/trace/read/complete_capture.hpp"
#include "sim/trace/read/context_text.hpp"
#include "sim/trace/read/graph_text.hpp"
#include "sim/trace/read/guess_format.hpp"
#include "sim/trace/read/header_text.hpp"
#include "sim/trace/read/record_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace kflow::trace {

namespace {

constexpr std::size_t kDiagnosticLimit = 100;
constexpr std::size_t kGuessLines = 64;
constexpr std::size_t kShownLine = 200;

/// The lines of a text, its cut last one aside.
std::vector<std::string_view> split(std::string_view text, bool& last_cut) {
    std::vector<std::string_view> lines;
    lines.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
    while (!text.empty()) {
        std::size_t const end = text.find('\n');
        if (end == std::string_view::npos) {
            last_cut = true;
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

class Reader {
public:
    Reader(std::string_view text, std::string file) {
        capture_.file = std::move(file);
        lines_ = split(text, capture_.summary.last_line_cut);
        capture_.summary.lines = lines_.size();
    }

    Capture read() {
        read_top();
        skip_cut_record();
        capture_.events.reserve(lines_.size());
        while (at_ < lines_.size()) {
            read_next();
        }
        finish();
        return std::move(capture_);
    }

private:
    bool done() const { return at_ >= lines_.size(); }

    void complain(std::size_t index, std::size_t column, std::string message) {
        ++capture_.summary.unread;
        if (capture_.diagnostics.size() >= kDiagnosticLimit) {
            return;
        }
        capture_.diagnostics.push_back(
            {Severity::error,
             {capture_.file, static_cast<int>(index + 1), static_cast<int>(column)},
             std::move(message),
             std::string(lines_[index].substr(0, kShownLine)),
             ""});
    }

    void complain(std::size_t index, LineCursor const& cursor) {
        complain(index, cursor.fail_column(), fmt::format("expected {}", cursor.expected()));
    }

    /// The lines at the top that begin with `#`, then what columns the first records have.
    void read_top() {
        std::vector<std::string_view> header;
        std::size_t top = 0;
        while (top < lines_.size() && top < 64 && lines_[top].substr(0, 1) == "#" &&
               !is_buffer_line(lines_[top])) {
            header.push_back(lines_[top++]);
        }
        // A header whose beginning is cut shows by lines with `#` behind a first line without.
        if (header.empty() && lines_.size() > 1 && lines_[1].substr(0, 1) == "#" &&
            !is_buffer_line(lines_[0]) && !is_buffer_line(lines_[1])) {
            top = 1;
            while (top < lines_.size() && top < 64 && lines_[top].substr(0, 1) == "#") {
                header.push_back(lines_[top++]);
            }
        }
        TraceFormat const known = read_header(header);
        std::size_t const end = std::min(lines_.size(), top + kGuessLines);
        std::vector<std::string_view> const first(lines_.begin() + static_cast<std::ptrdiff_t>(top),
                                                  lines_.begin() +
                                                      static_cast<std::ptrdiff_t>(end));
        capture_.format = guess_format(known, first);
        check_header(header, top);
        at_ = top;
    }

    /// A header is understood if writing it gives the same lines.
    void check_header(std::vector<std::string_view> const& header, std::size_t top) {
        TraceFormat& format = capture_.format;
        if (header.empty()) {
            return;
        }
        bool ignored = false;
        std::vector<std::string_view> expected;
        std::string const text = write_header(format);
        expected = split(text, ignored);
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
        if (top == lines_.size()) {
            capture_.summary.last_line_cut = true; // the text ends inside of its header
            return;
        }
        std::size_t line = 0;
        while (line < expected.size() && line < header.size() && header[line] == expected[line]) {
            ++line;
        }
        complain(std::min(line, header.size() - 1), 1, "expected the header of a known kernel");
    }

    /// Without a header the text may begin inside of a line or of a record: that much is a gap.
    void skip_cut_record() {
        if (capture_.format.header || done()) {
            return;
        }
        Event event;
        LineCursor cursor(lines_[at_]);
        bool const whole = at_ == 0 && (read_one_line(cursor, event) || begins_separator());
        if (whole) {
            return;
        }
        capture_.summary.first_line_cut = true;
        ++at_;
        while (!done() && continues_record(lines_[at_]) && !begins_separator()) {
            ++at_;
        }
    }

    bool begins_separator() const {
        return is_separator_line(lines_[at_]) && at_ + 1 < lines_.size() &&
               !lines_[at_ + 1].empty();
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

    void read_next() {
        std::size_t const index = at_++;
        if (is_separator_line(lines_[index]) && capture_.format.is_graph()) {
            read_separator(index);
            return;
        }
        if (attach_overruns(index)) {
            return;
        }
        Event event;
        LineCursor cursor(lines_[index]);
        if (!read_one_line(cursor, event)) {
            complain(index, cursor);
            return;
        }
        event.line = static_cast<std::uint32_t>(index + 1);
        if (auto* stack = std::get_if<StackTrace>(&event.payload)) {
            read_frames(*stack);
        }
        capture_.events.push_back(std::move(event));
    }

    void read_frames(StackTrace& stack) {
        for (; !done() && lines_[at_].substr(0, 4) == " => "; ++at_) {
            Location frame;
            LineCursor cursor(lines_[at_]);
            if (read_frame(cursor, stack.user, frame)) {
                stack.frames.push_back(frame);
            } else {
                complain(at_, cursor);
            }
        }
    }

    bool attach_overruns(std::size_t index) {
        if (capture_.events.empty() || !capture_.format.is_graph()) {
            return false;
        }
        auto* const exit = std::get_if<GraphExit>(&capture_.events.back().payload);
        std::uint32_t overruns = 0;
        LineCursor cursor(lines_[index]);
        if (!exit || exit->overruns || !read_overruns(cursor, overruns)) {
            return false;
        }
        exit->overruns = overruns;
        return true;
    }

    /// Four lines: dashes, the two tasks, dashes, nothing.
    void read_separator(std::size_t index) {
        if (index + 4 > lines_.size()) {
            capture_.summary.last_line_cut = true;
            at_ = lines_.size();
            return;
        }
        Event event;
        LineCursor cursor(lines_[index + 1]);
        if (!read_task_switch(cursor, capture_.format, event)) {
            complain(index, 1, "expected a separator of two tasks in the next line");
            return;
        }
        if (!is_separator_line(lines_[index + 2]) || !lines_[index + 3].empty()) {
            complain(index, 1, "expected a separator of four lines, the last one empty");
            at_ = index + 2;
            return;
        }
        at_ = index + 4;
        event.line = static_cast<std::uint32_t>(index + 1);
        capture_.events.push_back(std::move(event));
    }

    void finish() {
        GraphColumns& graph = capture_.format.graph;
        graph.overhead = findings_.overhead.value_or(graph.overhead);
        graph.retval_hex = findings_.retval_hex.value_or(false);
        capture_.format.dialect.retval_named = findings_.retval_named.value_or(false);
        complete_capture(capture_);
        if (!capture_.format.header && !capture_.format.is_graph()) {
            bool const functions =
                std::any_of(capture_.events.begin(), capture_.events.end(), [](Event const& event) {
                    return event.as<FunctionEntry>() != nullptr;
                });
            capture_.format.tracer = Name(functions ? "function" : "nop");
        }
        if (capture_.events.empty()) {
            capture_.diagnostics.push_back(
                {Severity::error,
                 {capture_.file, 0, 0},
                 lines_.empty() && capture_.summary.last_line_cut
                     ? "the file ends within its first line"
                 : lines_.empty() ? "the file is empty"
                                  : "no event can be read: expected the text of tracefs' trace or "
                                    "trace_pipe",
                 "",
                 ""});
        }
    }

    Capture capture_;
    std::vector<std::string_view> lines_;
    std::size_t at_ = 0;
    GraphFindings findings_;
    bool stray_known_ = false;
};

} // namespace

bool Capture::readable() const {
    return std::none_of(diagnostics.begin(), diagnostics.end(),
                        [](Diagnostic const& d) { return d.severity == Severity::error; });
}

Capture read_trace(std::string_view text, std::string file) {
    if (auto problem = foreign(text, file)) {
        Capture capture;
        capture.file = std::move(file);
        capture.diagnostics.push_back(std::move(*problem));
        return capture;
    }
    return Reader(text, std::move(file)).read();
}

} // namespace kflow::trace
