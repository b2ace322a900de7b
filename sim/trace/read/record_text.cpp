#include "sim/trace/read/record_text.hpp"

#include "sim/trace/event_layout.hpp"
#include "sim/trace/read/context_text.hpp"
#include "sim/trace/read/symbol_text.hpp"

namespace kflow::trace {

namespace {

bool read_repeats(LineCursor& cursor, TraceFormat const& format, FunctionEntry& function,
                  Event& event) {
    FunctionRepeats repeats;
    if (!cursor.take(" (repeats: ", "the end of the line") ||
        !cursor.take_number(repeats.count, "how often the call repeats") ||
        !cursor.take(", last_ts:", "the time of the last call") ||
        !read_time(cursor, format, repeats.last) || !cursor.take(")", ") behind the time") ||
        !cursor.done()) {
        return false;
    }
    repeats.ip = function.ip;
    repeats.parent = function.parent;
    event.payload = repeats;
    return true;
}

bool read_function(LineCursor& cursor, TraceFormat const& format, Event& event) {
    std::size_t const from = cursor.at();
    FunctionEntry function;
    bool good = read_location(cursor, function.ip);
    if (good && cursor.peek() == '(') {
        good = read_arguments(cursor, function.arguments.emplace());
    }
    if (good && !cursor.done() && cursor.rest().substr(0, 2) != " (") {
        good =
            cursor.take(" <-", "a caller such as <-kernel_clone") &&
            read_location(cursor, function.parent) &&
            (!function.parent.empty() || cursor.fail("a caller: the kernel prints none that is 0"));
    }
    if (good && cursor.done() && function.parent.empty() && !format.context_info &&
        !format.header) {
        good = cursor.fail("a caller such as <-kernel_clone"); // a bare word is no record
    }
    if (good && !cursor.done()) {
        good = read_repeats(cursor, format, function, event);
    } else if (good) {
        event.payload = std::move(function);
    }
    if (!good) {
        cursor.go(from);
    }
    return good;
}

/// What is read must print the same: a layout made of a text's shape is held against the text.
bool prints_as(TraceEvent const& event, std::string_view text) {
    std::string again;
    EventLayout::of(event.layout).print(again, event.fields);
    return again == text;
}

bool read_event(LineCursor& cursor, Event& event) {
    auto trace_event = read_trace_event(cursor.rest());
    if (!trace_event || !prints_as(*trace_event, cursor.rest())) {
        return cursor.fail("a function such as copy_process <-kernel_clone, or an event such as "
                           "sched_waking: comm=bash …");
    }
    event.payload = std::move(*trace_event);
    cursor.go(cursor.line().size());
    return true;
}

bool read_user_frame(LineCursor& cursor, Location& frame) {
    std::string_view text = cursor.rest();
    std::size_t const open = text.rfind(" <");
    if (open != std::string_view::npos && text.size() - open == 19) {
        LineCursor address(text.substr(open));
        if (address.take(" <", "") && address.take_hex_padded(frame.address, 16, "") &&
            address.take(">", "") && address.done()) {
            text = text.substr(0, open);
        }
    }
    std::size_t const offset = text.rfind("[+0x");
    if (offset != std::string_view::npos && !text.empty() && text.back() == ']') {
        LineCursor digits(text.substr(offset + 4));
        if (digits.take_number(frame.offset, "", 16) && digits.rest() == "]") {
            text = text.substr(0, offset);
        } else {
            frame.offset = Location::kNoOffset;
        }
    }
    frame.symbol = Name(text);
    if (text.empty() && (frame.address == 0 || frame.has_offset())) {
        return cursor.fail("a file or an address");
    }
    cursor.go(cursor.line().size());
    return true;
}

} // namespace

bool read_record(LineCursor& cursor, TraceFormat const& format, Event& event) {
    std::string_view const text = cursor.rest();
    if (text == "<stack trace>" || text == "<user stack trace>") {
        event.payload = StackTrace{text[1] == 'u', {}, false};
        cursor.go(cursor.line().size());
        return true;
    }
    std::size_t const end = text.find_first_of(" :(");
    bool const named = end != std::string_view::npos && text[end] == ':';
    return (!named && read_function(cursor, format, event)) || read_event(cursor, event);
}

bool read_frame(LineCursor& cursor, bool user, Location& frame) {
    if (!cursor.take(" => ", "a frame such as \" => do_exit\"")) {
        return false;
    }
    if (user) {
        return read_user_frame(cursor, frame);
    }
    return read_location(cursor, frame) && (cursor.done() || cursor.fail("the end of the line"));
}

bool read_buffer_line(LineCursor& cursor, Event& event) {
    std::size_t const from = cursor.at();
    std::int32_t& cpu = event.cpu.emplace().value;
    if (cursor.take("CPU:", "a lost events line") && cursor.take_number(cpu, "a cpu") &&
        cursor.take(" [LOST ", "[LOST")) {
        LostEvents lost;
        if (cursor.peek() != 'E' && !(cursor.take_number(lost.count.emplace(), "how many events") &&
                                      cursor.take(" ", "a space"))) {
            return false;
        }
        event.payload = lost;
        return cursor.take("EVENTS]", "EVENTS]") && cursor.done();
    }
    cursor.go(from);
    event.payload = BufferStarted();
    return cursor.take("##### CPU ", "a buffer started line") && cursor.take_number(cpu, "a cpu") &&
           cursor.take(" buffer started ####", "\" buffer started ####\"") && cursor.done();
}

bool read_line(LineCursor& cursor, TraceFormat const& format, Event& event) {
    return read_context(cursor, format, event) && read_record(cursor, format, event);
}

} // namespace kflow::trace
