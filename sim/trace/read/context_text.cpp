#include "sim/trace/read/context_text.hpp"

#include "sim/trace/overhead_mark.hpp"

#include <algorithm>

namespace kflow::trace {

namespace {

Name comm_of(std::string_view shown) {
    while (!shown.empty() && shown.front() == ' ') {
        shown.remove_prefix(1);
    }
    return shown == "<...>" ? Name() : Name(shown);
}

bool all_spaces(std::string_view text) {
    return text.find_first_not_of(' ') == std::string_view::npos;
}

/// `%*s-%-7d `: the name ends where the dash at `width` stands, the pid is padded.
bool read_task(LineCursor& cursor, std::size_t width, Event& event) {
    std::string_view const rest = cursor.rest();
    if (rest.size() <= width || rest[width] != '-' || all_spaces(rest.substr(0, width))) {
        return cursor.fail("a task such as bash-116 in its columns");
    }
    event.comm = comm_of(rest.substr(0, width));
    std::size_t const from = cursor.at();
    cursor.go(from + width + 1);
    std::size_t const digits_from = cursor.at();
    if (!cursor.take_number(event.pid.emplace().value, "a pid")) {
        return false;
    }
    std::size_t const digits = cursor.at() - digits_from;
    if (digits < 7) {
        std::size_t const padding = 7 - digits;
        if (!all_spaces(cursor.rest().substr(0, padding)) || cursor.rest().size() < padding) {
            return cursor.fail("the pid's column padded to 7");
        }
        cursor.go(cursor.at() + padding);
    }
    return cursor.take(" ", "a space behind the pid");
}

bool read_tgid(LineCursor& cursor, Event& event) {
    constexpr std::string_view kUnknown = "(-------) ";
    if (cursor.rest().substr(0, kUnknown.size()) == kUnknown) {
        cursor.go(cursor.at() + kUnknown.size());
        return true;
    }
    return cursor.take("(", "a thread group such as (    116)") &&
           cursor.take_right(event.tgid.emplace().value, 7, "the thread group's pid") &&
           cursor.take(") ", ") behind the thread group");
}

bool read_depth(LineCursor& cursor, std::uint8_t& depth, std::string_view what) {
    char const c = cursor.peek();
    if (c == '.') {
        depth = 0;
    } else if (c >= '1' && c <= '9') {
        depth = static_cast<std::uint8_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
        depth = static_cast<std::uint8_t>(c - 'a' + 10);
    } else {
        return cursor.fail(what);
    }
    cursor.go(cursor.at() + 1);
    return true;
}

bool set_irqs(char letter, ContextFlags& flags) {
    flags.irqs_off = letter == 'd' || letter == 'D';
    flags.bh_off = letter == 'b' || letter == 'D';
    flags.irqs_unknown = letter == 'X';
    return std::string_view("dDbX.").find(letter) != std::string_view::npos;
}

bool set_resched(char letter, ContextFlags& flags) {
    flags.need_resched = std::string_view("NnBb").find(letter) != std::string_view::npos;
    flags.need_resched_lazy = std::string_view("LlBb").find(letter) != std::string_view::npos;
    flags.preempt_resched = std::string_view("NpLB").find(letter) != std::string_view::npos;
    return std::string_view("NnpLlBb.").find(letter) != std::string_view::npos;
}

/// The two columns of the real-time patches up to 6.6.
bool set_lazy_resched(char letter, char lazy_letter, ContextFlags& flags) {
    flags.need_resched = letter == 'n';
    flags.need_resched_lazy = lazy_letter == 'L';
    return (letter == 'n' || letter == '.') && (lazy_letter == 'L' || lazy_letter == '.');
}

bool set_interrupt(char letter, ContextFlags& flags) {
    flags.hardirq = letter == 'h' || letter == 'H' || letter == 'Z';
    flags.softirq = letter == 's' || letter == 'H';
    flags.nmi = letter == 'z' || letter == 'Z';
    return std::string_view("hHszZ.").find(letter) != std::string_view::npos;
}

bool read_latency_time(LineCursor& cursor, TraceFormat const& format, Event& event) {
    std::int64_t count = 0;
    if (!cursor.take(" ", "a space before the time") || !cursor.take_right(count, 4, "a time")) {
        return false;
    }
    if (!format.clock_in_ns) {
        event.time = Nanos{count};
        return cursor.take(": ", ": behind the time");
    }
    event.time = Nanos{count * 1000};
    if (!cursor.take("us", "us behind the time")) {
        return false;
    }
    auto const mark = mark_from_letter(cursor.peek());
    if (!mark || cursor.done()) {
        return cursor.fail("one of the marks \" +!#*@$\"");
    }
    event.delay = *mark;
    cursor.go(cursor.at() + 1);
    return cursor.take(": ", ": behind the time");
}

bool read_latency_context(LineCursor& cursor, TraceFormat const& format, Event& event) {
    return read_task(cursor, 8, event) &&
           cursor.take_right(event.cpu.emplace().value, 3, "a cpu") &&
           read_flags(cursor, format.dialect, event.flags.emplace()) &&
           read_latency_time(cursor, format, event);
}

bool read_full_context(LineCursor& cursor, TraceFormat const& format, Event& event) {
    std::uint64_t cpu = 0;
    if (!read_task(cursor, 16, event) || (format.record_tgid && !read_tgid(cursor, event)) ||
        !cursor.take("[", "a cpu such as [001]") ||
        !cursor.take_zero_padded(cpu, 3, "a cpu of three digits") || cpu > 99999 ||
        !cursor.take("] ", "] behind the cpu")) {
        return false;
    }
    event.cpu = Cpu{static_cast<std::int32_t>(cpu)};
    if (format.irq_info && !read_flags(cursor, format.dialect, event.flags.emplace())) {
        return false;
    }
    return read_time(cursor, format, event.time.emplace()) &&
           cursor.take(": ", ": behind the time");
}

/// A number of decimal digits alone; what is none makes `good` false.
template <std::size_t kDigits>
std::int64_t fixed_number(char const* digits, bool& good) {
    std::int64_t number = 0;
    for (std::size_t i = 0; i < kDigits; ++i) {
        auto const digit = static_cast<unsigned char>(digits[i] - '0');
        good = good & (digit <= 9);
        number = number * 10 + digit;
    }
    return number;
}

/// `%5lu.%06lu` of 10 to 99999 seconds, as nearly all are. False, without a reason, for any other
/// text.
bool read_usual_seconds(LineCursor& cursor, Nanos& time) {
    constexpr std::size_t kPoint = 5;
    constexpr std::size_t kLength = kPoint + 7;
    std::string_view const text = cursor.rest();
    if (text.size() < kLength || text[kPoint] != '.') {
        return false;
    }
    char const* const begin = text.data();
    std::size_t at = 0;
    while (at < kPoint - 2 && text[at] == ' ') {
        ++at;
    }
    bool good = text[at] != '0';
    auto const seconds = at == 0   ? fixed_number<5>(begin, good)
                         : at == 1 ? fixed_number<4>(begin + 1, good)
                         : at == 2 ? fixed_number<3>(begin + 2, good)
                                   : fixed_number<2>(begin + 3, good);
    auto const micros = fixed_number<6>(begin + kPoint + 1, good);
    if (good) {
        time = Nanos{(seconds * 1'000'000 + micros) * 1000};
        cursor.go(cursor.at() + kLength);
    }
    return good;
}

/// `%5lu.%06lu`.
bool read_seconds(LineCursor& cursor, Nanos& time) {
    if (read_usual_seconds(cursor, time)) {
        return true;
    }
    std::int64_t seconds = 0;
    std::uint64_t micros = 0;
    if (!cursor.take_right(seconds, 5, "seconds") || !cursor.take(".", "a decimal point") ||
        !cursor.take_zero_padded(micros, 6, "microseconds") || micros > 999'999 || seconds < 0 ||
        seconds > 9'000'000'000) {
        return cursor.fail("a time such as 357.217388");
    }
    time = Nanos{(seconds * 1'000'000 + static_cast<std::int64_t>(micros)) * 1000};
    return true;
}

bool read_comm_and_pid(std::string_view field, Name& comm, std::optional<Pid>& pid) {
    std::size_t const trailing = field.size() - (field.find_last_not_of(' ') + 1);
    std::string_view const text = field.substr(0, field.size() - trailing);
    std::size_t const dash = text.rfind('-');
    if (dash == std::string_view::npos || dash == 0) {
        return false;
    }
    // The kernel puts half of the padding, rounded down, before the name: as much as behind it, or
    // one less.
    std::size_t leading = trailing;
    if (trailing > 0 && text[trailing - 1] != ' ') {
        leading = trailing - 1;
    }
    LineCursor number(text.substr(dash + 1));
    std::int32_t value = 0;
    if (leading >= dash || !all_spaces(text.substr(0, leading)) || !number.take_number(value, "") ||
        !number.done() || dash - leading > 7) {
        return false;
    }
    std::string_view const name = text.substr(leading, dash - leading);
    comm = name == "<...>" ? Name() : Name(name);
    pid = Pid{value};
    return true;
}

} // namespace

bool read_flags(LineCursor& cursor, Dialect const& dialect, ContextFlags& flags) {
    flags = ContextFlags();
    std::string_view const rest = cursor.rest();
    bool const lazy = dialect.has_lazy_columns();
    std::size_t const letters = lazy ? 4 : 3;
    if (rest.size() <= letters || !set_irqs(rest[0], flags) ||
        !(lazy ? set_lazy_resched(rest[1], rest[2], flags) : set_resched(rest[1], flags)) ||
        !set_interrupt(rest[letters - 1], flags)) {
        return cursor.fail(lazy ? "flags such as d..h..." : "flags such as d.h..");
    }
    cursor.go(cursor.at() + letters);
    return read_depth(cursor, flags.preempt_depth, "the preemption depth") &&
           (!lazy ||
            read_depth(cursor, flags.preempt_lazy_depth, "the depth of lazy preemption")) &&
           (!dialect.has_migrate_disable() ||
            read_depth(cursor, flags.migrate_disable, "the migrate-disable depth"));
}

bool read_time(LineCursor& cursor, TraceFormat const& format, Nanos& time) {
    if (!cursor.take(" ", "a space before the time")) {
        return false;
    }
    return format.clock_in_ns ? read_seconds(cursor, time)
                              : cursor.take_right(time.count, 12, "a count of the trace clock");
}

bool read_context(LineCursor& cursor, TraceFormat const& format, Event& event) {
    if (!format.context_info) {
        return true;
    }
    return format.latency_format ? read_latency_context(cursor, format, event)
                                 : read_full_context(cursor, format, event);
}

bool guess_context(std::string_view line, TraceFormat& format) {
    for (int const flag_columns : Dialect::kFlagColumns) {
        for (int guess = 0; guess < 16; ++guess) {
            TraceFormat tried = format;
            tried.context_info = true;
            tried.dialect.flag_columns = flag_columns;
            tried.latency_format = (guess & 8) != 0;
            tried.clock_in_ns = (guess & 4) == 0;
            tried.irq_info = (guess & 2) == 0;
            tried.record_tgid = (guess & 1) != 0;
            LineCursor cursor(line);
            Event event;
            if (read_context(cursor, tried, event)) {
                format = tried;
                return true;
            }
        }
    }
    return false;
}

bool read_graph_cpu(LineCursor& cursor, TraceFormat const& format, std::optional<Cpu>& cpu) {
    constexpr std::string_view kOneDigit = " 0) ";
    std::string_view const text = cursor.rest().substr(0, kOneDigit.size());
    if (format.graph.cpu_width == 1 && text.size() == kOneDigit.size() && text[0] == ' ' &&
        text[1] >= '0' && text[1] <= '9' && text[2] == ')' && text[3] == ' ') {
        cpu = Cpu{text[1] - '0'};
        cursor.go(cursor.at() + kOneDigit.size());
        return true;
    }
    return cursor.take(" ", "a space before the cpu") &&
           cursor.take_right(cpu.emplace().value, static_cast<std::size_t>(format.graph.cpu_width),
                             "a cpu") &&
           cursor.take(") ", ") behind the cpu");
}

bool read_graph_task(LineCursor& cursor, std::string_view end, Name& comm,
                     std::optional<Pid>& pid) {
    constexpr std::size_t kWidth = 14;
    constexpr std::size_t kLongest = 18;
    std::string_view const rest = cursor.rest();
    for (std::size_t width = kWidth; width <= kLongest && width <= rest.size(); ++width) {
        bool const ends =
            end.empty() ? width == rest.size() : rest.substr(width, end.size()) == end;
        bool const padded = width > kWidth && (rest[0] == ' ' || rest[width - 1] == ' ');
        if (ends && !padded && read_comm_and_pid(rest.substr(0, width), comm, pid)) {
            cursor.go(cursor.at() + width + end.size());
            return true;
        }
    }
    return cursor.fail("a task such as bash-116, centered in 14 columns");
}

KnownTasks::Task& KnownTasks::place(std::string_view text) {
    // The pid's digits stand in the middle, or behind it.
    std::size_t hash = 0;
    for (std::size_t i = 6; i < std::min<std::size_t>(text.size(), 14); ++i) {
        hash = hash * 7 + static_cast<unsigned char>(text[i]);
    }
    return tasks_[hash % tasks_.size()];
}

namespace {

/// The task's column and the bar behind it.
bool read_task_column(LineCursor& cursor, KnownTasks& known, Event& event) {
    auto& task = known.place(cursor.rest());
    if (!task.column.empty() && cursor.begins(task.column)) {
        event.comm = task.comm;
        event.pid = task.pid;
        cursor.go(cursor.at() + task.column.size());
        return true;
    }
    std::string_view const text = cursor.rest();
    std::size_t const from = cursor.at();
    if (!read_graph_task(cursor, " | ", event.comm, event.pid)) {
        return false;
    }
    task = {std::string(text.substr(0, cursor.at() - from)), event.comm, *event.pid};
    return true;
}

} // namespace

bool read_graph_context(LineCursor& cursor, TraceFormat const& format, KnownTasks& known,
                        Event& event) {
    if (!format.context_info) {
        return true;
    }
    if (format.graph.abstime &&
        !(read_seconds(cursor, event.time.emplace()) && cursor.take(" |  ", "| behind the time"))) {
        return false;
    }
    if (format.graph.reltime) {
        std::int64_t micros = 0;
        if (!cursor.take_right(micros, 9, "a time in microseconds") ||
            !cursor.take(" us |  ", "us behind the time")) {
            return false;
        }
        event.time = Nanos{micros * 1000};
    }
    if (format.graph.cpu && !read_graph_cpu(cursor, format, event.cpu)) {
        return false;
    }
    if (format.graph.proc && !read_task_column(cursor, known, event)) {
        return false;
    }
    return !format.latency_format || (cursor.take(" ", "a space before the flags") &&
                                      read_flags(cursor, format.dialect, event.flags.emplace()) &&
                                      cursor.take(" | ", "| behind the flags"));
}

} // namespace kflow::trace
