#include "sim/trace/read/graph_text.hpp"

#include "sim/trace/event_layout.hpp"
#include "sim/trace/overhead_mark.hpp"
#include "sim/trace/read/context_text.hpp"
#include "sim/trace/read/symbol_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace kflow::trace {

namespace {

constexpr std::string_view kNoDuration = "              |  ";

/// Durations up to this have no mark, whatever the options say (mark_of()).
constexpr std::uint64_t kNeverMarked = 10'000;

bool shows_duration(TraceFormat const& format) {
    return format.graph.duration && format.context_info;
}

/// `%lu.%03lu us ` padded to eight, at most seven digits (trace_print_graph_duration).
bool read_nanos(LineCursor& cursor, std::uint64_t& nanos) {
    std::size_t const from = cursor.at();
    std::uint64_t micros = 0;
    if (!cursor.take_number(micros, "a duration in microseconds") ||
        micros > 18'446'744'073'709'551) {
        return cursor.fail("a duration in microseconds");
    }
    nanos = micros * 1000;
    std::size_t length = cursor.at() - from;
    if (length < 7) {
        std::size_t const decimals = std::min<std::size_t>(3, 7 - length);
        std::uint64_t fraction = 0;
        if (!cursor.take(".", "a decimal point") || cursor.rest().size() < decimals) {
            return cursor.fail("a decimal point");
        }
        for (std::size_t i = 0; i < 3; ++i) {
            char const digit = i < decimals ? cursor.peek() : '0';
            if (digit < '0' || digit > '9') {
                return cursor.fail("the duration's decimals");
            }
            fraction = fraction * 10 + static_cast<std::uint64_t>(digit - '0');
            cursor.go(cursor.at() + (i < decimals ? 1 : 0));
        }
        nanos += fraction;
        length += decimals + 1;
    }
    if (!cursor.take(" us ", "us behind the duration")) {
        return false;
    }
    std::size_t const padding = length < 8 ? 8 - length : 0;
    return cursor.take(std::string_view("        ").substr(0, padding),
                       "the duration padded to 8") &&
           cursor.take("|  ", "| behind the duration");
}

/// The mark tells what the digits lost: `* 10000.00 us` was longer than 10 ms.
bool reconcile_mark(LineCursor& cursor, char letter, GraphFindings& findings,
                    std::uint64_t& nanos) {
    auto const mark = mark_from_letter(letter);
    if (!mark) {
        return cursor.fail("one of the marks \" +!#*@$\"");
    }
    DelayMark const derived = mark_of({static_cast<std::int64_t>(nanos)});
    if (*mark == DelayMark::none && derived != DelayMark::none) {
        if (findings.overhead.value_or(false)) {
            return cursor.fail("the mark of a duration over 10 us");
        }
        findings.overhead = false;
        return true;
    }
    if (*mark != DelayMark::none) {
        if (!findings.overhead.value_or(true)) {
            return cursor.fail("no mark, as before other durations");
        }
        findings.overhead = true;
        if (*mark != derived && nanos == static_cast<std::uint64_t>(mark_threshold(*mark).count) &&
            nanos >= 10'000'000) {
            ++nanos;
        } else if (*mark != derived) {
            return cursor.fail("the mark that fits the duration");
        }
    }
    return true;
}

/// The column of the duration; nothing in it leaves `duration` empty.
bool read_duration(LineCursor& cursor, TraceFormat const& format, GraphFindings& findings,
                   std::optional<Nanos>& duration) {
    if (!shows_duration(format)) {
        return true;
    }
    if (cursor.begins(kNoDuration)) {
        cursor.go(cursor.at() + kNoDuration.size());
        return true;
    }
    std::size_t const from = cursor.at();
    char const letter = cursor.peek();
    std::uint64_t nanos = 0;
    cursor.go(from + (cursor.done() ? 0 : 1));
    if (!cursor.take(" ", "the duration's column") || !read_nanos(cursor, nanos)) {
        return false;
    }
    if (letter == ' ' && nanos <= kNeverMarked) {
        duration = Nanos{static_cast<std::int64_t>(nanos)};
        return true;
    }
    std::size_t const behind = cursor.at();
    cursor.go(from);
    if (!reconcile_mark(cursor, letter, findings, nanos)) {
        return false;
    }
    cursor.go(behind);
    duration = Nanos{static_cast<std::int64_t>(nanos)};
    return true;
}

bool read_arrow(LineCursor& cursor, TraceFormat const& format, Event& event) {
    std::string_view const rest = cursor.rest();
    bool const column = shows_duration(format);
    if (rest == (column ? "  ==========> |" : "==========>")) {
        event.payload = InterruptMark{true};
    } else if (rest == (column ? "  <========== |" : "<==========")) {
        event.payload = InterruptMark{false};
    } else {
        return false;
    }
    cursor.go(cursor.line().size());
    return true;
}

/// ` = 0x0` or ` ret=0x0`; nothing there is no error.
bool read_retval(LineCursor& cursor, GraphFindings& findings,
                 std::optional<std::uint64_t>& retval) {
    bool const named = cursor.begins(" ret=");
    if (!named && !cursor.begins(" = ")) {
        return true;
    }
    if (findings.retval_named.value_or(named) != named) {
        return cursor.fail("a return value as on other lines");
    }
    findings.retval_named = named;
    cursor.go(cursor.at() + (named ? 5 : 3));
    if (cursor.rest().substr(0, 2) == "0x") {
        cursor.go(cursor.at() + 2);
        if (!cursor.take_number(retval.emplace(), "the return value's digits", 16)) {
            return false;
        }
        std::uint64_t const bits = *retval;
        bool const error = bits >= 0xfffffffffffff001 || (bits >= 0xfffff001 && bits <= 0xffffffff);
        if (error && !findings.retval_hex.value_or(true)) {
            return cursor.fail("an error as a signed number");
        }
        findings.retval_hex = error ? true : findings.retval_hex;
        return true;
    }
    std::int64_t error = 0;
    if (!cursor.take_number(error, "a return value")) {
        return false;
    }
    if (error >= 0 || error < -4095 || findings.retval_hex.value_or(false)) {
        return cursor.fail("an error from -4095 to -1, or a hexadecimal number");
    }
    findings.retval_hex = false;
    retval = static_cast<std::uint64_t>(error);
    return true;
}

bool read_exit(LineCursor& cursor, GraphFindings& findings, std::optional<Nanos> duration,
               Event& event) {
    auto& exit = event.payload.emplace<GraphExit>();
    exit.duration = duration;
    if (!cursor.take("}", "}")) {
        return false;
    }
    if (!cursor.done()) {
        if (!cursor.take(" /* ", "the end of the line or the function's name") ||
            !read_graph_function(cursor, exit.function) ||
            !read_retval(cursor, findings, exit.retval) || !cursor.take(" */", "*/")) {
            return false;
        }
        exit.unmatched = !exit.retval;
    }
    return true;
}

bool read_return_address(LineCursor& cursor, Location& location) {
    return !cursor.begins(" <-") || (cursor.take(" <-", "") && read_location(cursor, location));
}

bool read_call(LineCursor& cursor, GraphFindings& findings, std::optional<Nanos> duration,
               Event& event) {
    GraphFunction function;
    std::optional<Arguments> arguments;
    if (!read_graph_function(cursor, function)) {
        return false;
    }
    if (cursor.begins("()")) {
        cursor.go(cursor.at() + 2);
    } else if (!read_arguments(cursor, arguments.emplace())) {
        return false;
    }
    if (cursor.peek() == ';') {
        cursor.go(cursor.at() + 1);
        auto& leaf = event.payload.emplace<GraphLeaf>();
        leaf.function = function;
        leaf.duration = duration;
        leaf.arguments = std::move(arguments);
        if (!cursor.done() &&
            !(cursor.take(" /*", "the end of the line or a return value") &&
              read_return_address(cursor, leaf.return_address) &&
              read_retval(cursor, findings, leaf.retval) && cursor.take(" */", "*/"))) {
            return false;
        }
        return true;
    }
    auto& entry = event.payload.emplace<GraphEntry>();
    entry.function = function;
    entry.arguments = std::move(arguments);
    if (!cursor.take(" {", "{ or ; behind a call") || duration) {
        return cursor.fail("no duration before a call that opens");
    }
    if (!cursor.done() &&
        !(cursor.take(" /*", "the end of the line or a return address") &&
          read_return_address(cursor, entry.return_address) && cursor.take(" */", "*/"))) {
        return false;
    }
    return true;
}

bool read_comment(LineCursor& cursor, Event& event) {
    std::string_view const rest = cursor.rest();
    if (rest.size() < 6 || rest.substr(rest.size() - 3) != " */") {
        return cursor.fail("an event as a comment, which ends in */");
    }
    std::string_view const text = rest.substr(3, rest.size() - 6);
    TraceEvent comment = read_trace_comment(text);
    std::string again;
    EventLayout::of(comment.layout).print(again, comment.fields);
    if (again != text) {
        return cursor.fail("an event as a comment");
    }
    event.payload = std::move(comment);
    cursor.go(cursor.line().size());
    return true;
}

/// The rest of the line if it is a call that is known, with a duration where it must have one.
bool read_known_call(LineCursor& cursor, bool shows_durations, KnownCalls::Call const& known,
                     std::optional<Nanos> duration, Event& event) {
    if (known.text.empty() || known.text != cursor.rest() ||
        duration.has_value() != (shows_durations && !known.opens)) {
        return false;
    }
    if (known.opens) {
        event.payload.emplace<GraphEntry>().function = known.function;
    } else {
        auto& leaf = event.payload.emplace<GraphLeaf>();
        leaf.function = known.function;
        leaf.duration = duration;
    }
    event.depth = known.depth;
    cursor.go(cursor.line().size());
    return true;
}

/// What stands behind the duration's column.
bool read_behind_duration(LineCursor& cursor, TraceFormat const& format, GraphFindings& findings,
                          std::optional<Nanos> duration, Event& event) {
    std::size_t const spaces = cursor.take_spaces();
    if (spaces % 2 != 0) {
        return cursor.fail("an indentation of two spaces a level");
    }
    event.depth = static_cast<std::int32_t>(spaces / 2);
    bool const comment = cursor.begins("/* ");
    bool const exit = cursor.peek() == '}';
    if (shows_duration(format) && duration.has_value() == (comment ? true : false) && comment) {
        return cursor.fail("no duration before an event");
    }
    if (shows_duration(format) && exit && !duration) {
        return cursor.fail("a duration before a return");
    }
    bool const good = comment ? read_comment(cursor, event)
                      : exit  ? read_exit(cursor, findings, duration, event)
                              : read_call(cursor, findings, duration, event);
    if (!good) {
        return false;
    }
    GraphLeaf const* const leaf = event.as<GraphLeaf>();
    if (leaf && shows_duration(format) && !leaf->duration) {
        return cursor.fail("a duration before a call that ends in ;");
    }
    return cursor.done() || cursor.fail("the end of the line");
}

} // namespace

KnownCalls::Call& KnownCalls::place(std::string_view text) {
    // Names differ most at their ends, indentations in their lengths.
    std::array<std::uint64_t, 2> last{};
    std::size_t const taken = std::min(text.size(), sizeof last);
    std::memcpy(last.data(), text.data() + text.size() - taken, taken);
    std::uint64_t const hash =
        ((last[0] + text.size()) * 0x9e3779b97f4a7c15 ^ last[1]) * 0xff51afd7ed558ccd;
    return calls_[hash >> (64 - bits_)];
}

void KnownCalls::keep(std::string_view text, Event const& event) {
    auto const* const entry = event.as<GraphEntry>();
    auto const* const leaf = event.as<GraphLeaf>();
    if (++kept_ > calls_.size() && bits_ < kMostBits) {
        ++bits_;
        calls_ = std::vector<Call>(std::size_t{1} << bits_);
        kept_ = 0;
    }
    if (entry && text.ends_with("() {")) {
        place(text) = {std::string(text), entry->function, event.depth, true};
    } else if (leaf && text.ends_with("();")) {
        place(text) = {std::string(text), leaf->function, event.depth, false};
    }
}

bool read_graph_line(LineCursor& cursor, TraceFormat const& format, GraphFindings& findings,
                     Event& event) {
    if (!read_graph_context(cursor, format, findings.tasks, event)) {
        return false;
    }
    if (read_arrow(cursor, format, event)) {
        return true;
    }
    std::optional<Nanos> duration;
    if (!read_duration(cursor, format, findings, duration)) {
        return false;
    }
    std::string_view const text = cursor.rest();
    if (read_known_call(cursor, shows_duration(format), findings.calls.place(text), duration,
                        event)) {
        return true;
    }
    if (!read_behind_duration(cursor, format, findings, duration, event)) {
        return false;
    }
    findings.calls.keep(text, event);
    return true;
}

bool is_separator_line(std::string_view line) {
    return line == " ------------------------------------------";
}

bool read_task_switch(LineCursor& cursor, TraceFormat const& format, Event& event) {
    TaskSwitchMark mark;
    if (!read_graph_cpu(cursor, format, event.cpu) ||
        !read_graph_task(cursor, " => ", mark.from_comm, mark.from_pid) ||
        !read_graph_task(cursor, "", event.comm, event.pid)) {
        return false;
    }
    event.payload = mark;
    return true;
}

bool read_overruns(LineCursor& cursor, std::uint32_t& overruns) {
    return cursor.take(" (Overruns: ", "an overrun line") &&
           cursor.take_number(overruns, "a number of overruns") && cursor.take(")", ")") &&
           cursor.done();
}

} // namespace kflow::trace
