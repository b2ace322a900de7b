// Reads events that no layout is known of, and system call events: the layout is made of the text's
// own keys and punctuation.
#include "sim/trace/event_layout.hpp"

#include <charconv>

namespace kflow::trace {

namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_separator(char c) {
    return c == ' ' || c == ',' || c == '(' || c == ')' || c == '[' || c == ']' || c == ';' ||
           c == '"';
}

std::string escaped(std::string_view literal) {
    std::string text;
    for (char const c : literal) {
        text.append(c == '{' ? "{{" : std::string_view(&c, 1));
    }
    return text;
}

/// A layout and the fields of one text, growing together.
struct Shape {
    std::string layout;
    std::vector<Field> fields;

    void literal(std::string_view text) { layout += escaped(text); }

    void field(std::string_view key, std::string_view conversion, FieldValue value) {
        layout.append("{").append(key).append(":").append(conversion).append("}");
        fields.push_back({Name(key), value});
    }

    /// A value as the number that it is, if printing that gives the same text; as text otherwise.
    void value(std::string_view key, std::string_view text) {
        std::int64_t number = 0;
        char const* const end = text.data() + text.size();
        auto const decimal = std::from_chars(text.data(), end, number);
        if (!text.empty() && decimal.ec == std::errc() && decimal.ptr == end &&
            std::to_string(number) == text) {
            field(key, "d", number);
            return;
        }
        if (text.size() > 2 && text.substr(0, 2) == "0x") {
            std::uint64_t bits = 0;
            auto const hex = std::from_chars(text.data() + 2, end, bits, 16);
            char again[20];
            char const* const again_end = std::to_chars(again, again + sizeof again, bits, 16).ptr;
            if (hex.ec == std::errc() && hex.ptr == end &&
                text.substr(2) ==
                    std::string_view(again, static_cast<std::size_t>(again_end - again))) {
                field(key, "#x", bits);
                return;
            }
        }
        field(key, "s", Name(text));
    }

    std::optional<TraceEvent> finish(std::string_view name) {
        return TraceEvent{Name(name), Name(layout), std::move(fields)};
    }
};

/// Where the next `key=` begins at or after `at`, and where its value begins; npos where there is
/// none.
struct KeyPlace {
    std::size_t key = std::string_view::npos;
    std::size_t value = std::string_view::npos;
};

KeyPlace next_key(std::string_view text, std::size_t at) {
    for (std::size_t equal = text.find('=', at); equal != std::string_view::npos;
         equal = text.find('=', equal + 1)) {
        std::size_t begin = equal;
        while (begin > at && is_word(text[begin - 1])) {
            --begin;
        }
        bool const at_border = begin == at ? begin == 0 || is_separator(text[begin - 1])
                                           : is_separator(text[begin - 1]);
        if (begin < equal && at_border) {
            return {begin, equal + 1};
        }
    }
    return {};
}

/// `key=value` pieces with punctuation between them; what stands before the first key is a text
/// field.
void read_pairs(std::string_view rest, Shape& shape) {
    KeyPlace place = next_key(rest, 0);
    std::size_t at = 0;
    std::string_view key;
    while (true) {
        std::size_t const end = place.key == std::string_view::npos ? rest.size() : place.key;
        std::size_t last = end;
        while (last > at && is_separator(rest[last - 1])) {
            --last;
        }
        if (last > at || !key.empty()) {
            shape.value(key, rest.substr(at, last - at));
        }
        shape.literal(rest.substr(last, end - last));
        if (place.key == std::string_view::npos) {
            return;
        }
        key = rest.substr(place.key, place.value - 1 - place.key);
        shape.literal(rest.substr(place.key, place.value - place.key));
        at = place.value;
        place = next_key(rest, at);
    }
}

/// Where the value of a system call's argument ends: before the next `, name: ` that is not inside
/// of a quoted user string, or at the closing parenthesis, which is the text's last byte.
std::size_t argument_end(std::string_view text, std::size_t at) {
    bool const quoted = text.substr(at).find('"') != std::string_view::npos;
    for (std::size_t comma = text.find(", ", at); comma != std::string_view::npos;
         comma = text.find(", ", comma + 1)) {
        std::size_t name = comma + 2;
        while (name < text.size() && is_word(text[name])) {
            ++name;
        }
        if (name == comma + 2 || text.substr(name, 2) != ": ") {
            continue;
        }
        std::string_view const value = text.substr(at, comma - at);
        std::size_t const open = quoted ? value.find('"') : std::string_view::npos;
        if (open == std::string_view::npos || (value.size() > open + 1 && value.back() == '"') ||
            value.substr(value.size() - std::min<std::size_t>(3, value.size())) == "...") {
            return comma;
        }
    }
    return text.size() - 1;
}

/// `filename: 0xaaaaea349870 "/bin/true"`: the number, then what the pointer points to.
void read_argument(std::string_view key, std::string_view text, bool prefixed, Shape& shape) {
    std::size_t const space = text.find(' ');
    std::string_view const number = text.substr(0, space);
    std::uint64_t bits = 0;
    char const* const end = number.data() + number.size();
    auto const hex = std::from_chars(number.data(), end, bits, 16);
    char again[20];
    char const* const again_end = std::to_chars(again, again + sizeof again, bits, 16).ptr;
    std::string_view const printed(again, static_cast<std::size_t>(again_end - again));
    if (!prefixed && hex.ec == std::errc() && hex.ptr == end && printed == number) {
        shape.field(key, "x", bits);
    } else if (number.size() == 1 && number[0] >= '0' && number[0] <= '9') {
        shape.field(key, "a", static_cast<std::uint64_t>(number[0] - '0'));
    } else if (number.substr(0, 2) == "0x") {
        shape.value(key, number);
        if (std::holds_alternative<std::uint64_t>(shape.fields.back().value) &&
            std::get<std::uint64_t>(shape.fields.back().value) >= 10) {
            shape.layout.replace(shape.layout.size() - 3, 3, "a}");
        }
    } else {
        shape.value(key, number);
    }
    if (space == std::string_view::npos) {
        return;
    }
    shape.literal(" ");
    std::string_view memory = text.substr(space + 1);
    std::string const memory_key = std::string(key) + "_memory";
    if (memory.size() >= 2 && memory.front() == '"' && memory.back() == '"') {
        shape.literal("\"");
        shape.field(memory_key, "s", Name(memory.substr(1, memory.size() - 2)));
        shape.literal("\"");
    } else {
        shape.field(memory_key, "s", Name(memory));
    }
}

/// `sys_clone(clone_flags: 1200011, newsp: 0, …)` (print_syscall_enter).
std::optional<TraceEvent> read_syscall_enter(std::string_view text, std::size_t open) {
    Shape shape;
    shape.literal(text.substr(0, open + 1));
    bool const prefixed = text.find(": 0x", open) != std::string_view::npos;
    std::size_t at = open + 1;
    while (at + 1 < text.size()) {
        std::size_t const colon = text.find(": ", at);
        if (colon == std::string_view::npos) {
            return std::nullopt;
        }
        std::string_view const key = text.substr(at, colon - at);
        for (char const c : key) {
            if (!is_word(c)) {
                return std::nullopt;
            }
        }
        std::size_t const end = argument_end(text, colon + 2);
        shape.literal(text.substr(at, colon + 2 - at));
        read_argument(key, text.substr(colon + 2, end - colon - 2), prefixed, shape);
        at = end;
        if (end + 1 < text.size()) {
            shape.literal(", ");
            at = end + 2;
        }
    }
    shape.literal(")");
    return shape.finish("sys_enter_" + std::string(text.substr(4, open - 4)));
}

std::optional<TraceEvent> read_syscall(std::string_view text) {
    if (text.substr(0, 4) != "sys_") {
        return std::nullopt;
    }
    std::size_t end = 4;
    while (end < text.size() && is_word(text[end])) {
        ++end;
    }
    if (end < text.size() && text[end] == '(' && text.back() == ')') {
        return read_syscall_enter(text, end);
    }
    if (end == 4 || text.substr(end, 6) != " -> 0x") {
        return std::nullopt;
    }
    Shape shape;
    shape.literal(text.substr(0, end + 4));
    shape.value("ret", text.substr(end + 4));
    return shape.finish("sys_exit_" + std::string(text.substr(4, end - 4)));
}

/// How long the name at the text's beginning is: an event's, or the symbol that trace_printk puts
/// before its message.
std::size_t name_length(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && (is_word(text[end]) || text[end] == '.' || text[end] == '+' ||
                                 text[end] == '/' || text[end] == '$')) {
        ++end;
    }
    return end;
}

} // namespace

std::optional<TraceEvent> read_trace_event(std::string_view text) {
    std::size_t const length = name_length(text);
    if (length == 0 || text.substr(length, 1) != ":" ||
        (text.size() > length + 1 && text[length + 1] != ' ')) {
        return read_syscall(text);
    }
    std::string_view const name = text.substr(0, length);
    for (Name const layout : known_layouts(name)) {
        if (auto fields = EventLayout::of(layout).match(text)) {
            return TraceEvent{Name(name), layout, std::move(*fields)};
        }
    }
    Shape shape;
    std::size_t const rest = std::min(length + 2, text.size());
    shape.literal(text.substr(0, rest));
    read_pairs(text.substr(rest), shape);
    return shape.finish(name);
}

TraceEvent read_trace_comment(std::string_view text) {
    if (auto event = read_trace_event(text)) {
        return std::move(*event);
    }
    Shape shape;
    shape.field("message", "s", Name(text));
    return *shape.finish("print");
}

} // namespace kflow::trace
