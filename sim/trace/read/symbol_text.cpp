#include "sim/trace/read/symbol_text.hpp"

namespace kflow::trace {

namespace {

/// Whether a byte can be inside of a symbol. Anything that the kernel's own names and those of
/// modules and BPF programs hold.
bool is_symbol(char c) {
    return c > ' ' && c != '(' && c != ')' && c != '<' && c != '+' && c != '[' && c != ';' &&
           c != '{';
}

std::string_view symbol_at(LineCursor const& cursor) {
    std::string_view const rest = cursor.rest();
    std::size_t end = 0;
    while (end < rest.size() && is_symbol(rest[end])) {
        ++end;
    }
    return rest.substr(0, end);
}

/// ` [module]`; nothing if it is not there.
void read_module(LineCursor& cursor, Name& module) {
    std::string_view const rest = cursor.rest();
    if (rest.substr(0, 2) != " [") {
        return;
    }
    std::size_t const close = rest.find(']');
    if (close == std::string_view::npos || close == 2) {
        return;
    }
    module = Name(rest.substr(2, close - 2));
    cursor.go(cursor.at() + close + 1);
}

bool read_offset(LineCursor& cursor, Location& location) {
    if (cursor.peek() != '+') {
        return true;
    }
    return cursor.take("+0x", "an offset such as +0x4/0x34") &&
           cursor.take_number(location.offset, "the offset's hexadecimal digits", 16) &&
           cursor.take("/0x", "the symbol's size") &&
           cursor.take_number(location.size, "the size's hexadecimal digits", 16);
}

bool read_address(LineCursor& cursor, Location& location) {
    if (cursor.rest().substr(0, 2) != " <" || cursor.rest().substr(0, 3) == " <-") {
        return true;
    }
    return cursor.take(" <", "an address") &&
           cursor.take_hex_padded(location.address, 16, "16 hexadecimal digits") &&
           cursor.take(">", "the address's closing >");
}

/// A place without a symbol: `0`, or `0x` and at least eight digits.
bool read_bare_address(LineCursor& cursor, Location& location) {
    if (cursor.rest().substr(0, 2) == "0x") {
        return cursor.take("0x", "an address") &&
               cursor.take_hex_padded(location.address, 8, "hexadecimal digits");
    }
    return cursor.take("0", "a symbol");
}

bool read_argument_value(LineCursor& cursor, Argument& argument) {
    std::uint64_t word = 0;
    if (cursor.peek() == '?' || cursor.rest().substr(0, 2) == "0x") {
        argument.form = cursor.peek() == '?' ? Argument::Form::unknown : Argument::Form::hex;
        cursor.go(cursor.at() + (cursor.peek() == '?' ? 1 : 0));
        if (!cursor.take("0x", "a value") || !cursor.take_number(word, "hexadecimal digits", 16)) {
            return false;
        }
        argument.words.push_back(word);
        return true;
    }
    if (cursor.peek() == '(') {
        std::size_t const close = cursor.rest().find(")[");
        if (close == std::string_view::npos) {
            return cursor.fail("the words of a struct, such as (STRUCT)[0x1:0x2]");
        }
        argument.form = Argument::Form::words;
        argument.label = Name(cursor.rest().substr(1, close - 1));
        cursor.go(cursor.at() + close + 2);
        while (true) {
            if (cursor.rest().substr(0, 4) == "...]") {
                argument.form = Argument::Form::cut_words;
                cursor.go(cursor.at() + 4);
                return !argument.words.empty();
            }
            if (!cursor.take("0x", "a word") ||
                !cursor.take_number(word, "hexadecimal digits", 16)) {
                return false;
            }
            argument.words.push_back(word);
            if (cursor.peek() == ']') {
                cursor.go(cursor.at() + 1);
                return true;
            }
            if (!cursor.take(":", "the next word")) {
                return false;
            }
        }
    }
    std::int64_t number = 0;
    if (!cursor.take_number(number, "an argument's value")) {
        return false;
    }
    argument.form = Argument::Form::decimal;
    argument.words.push_back(static_cast<std::uint64_t>(number));
    std::size_t const close = cursor.rest().find(']');
    if (cursor.rest().substr(0, 2) == " [" && close != std::string_view::npos) {
        argument.form = Argument::Form::labelled;
        argument.label = Name(cursor.rest().substr(2, close - 2));
        cursor.go(cursor.at() + close + 1);
    }
    return true;
}

bool read_argument(LineCursor& cursor, Argument& argument) {
    if (cursor.rest().substr(0, 3) == "...") {
        cursor.go(cursor.at() + 3);
        argument.form = Argument::Form::rest;
        return true;
    }
    std::string_view const rest = cursor.rest();
    std::size_t const equal = rest.find_first_of("=,)");
    if (equal == std::string_view::npos || rest[equal] != '=') {
        return cursor.fail("an argument such as args=0xffff8000834db990");
    }
    argument.name = Name(rest.substr(0, equal));
    cursor.go(cursor.at() + equal + 1);
    return read_argument_value(cursor, argument);
}

} // namespace

bool read_location(LineCursor& cursor, Location& location) {
    std::size_t const from = cursor.at();
    location = Location();
    if (cursor.peek() == '[') { // [FTRACE TRAMPOLINE], [unknown/kretprobe'd]
        std::size_t const close = cursor.rest().find(']');
        if (close == std::string_view::npos) {
            return cursor.fail("the closing ] of a trampoline");
        }
        location.symbol = Name(cursor.rest().substr(0, close + 1));
        cursor.go(from + close + 1);
        return true;
    }
    std::string_view const symbol = symbol_at(cursor);
    bool good = false;
    if (symbol.empty()) {
        return cursor.fail("a symbol");
    }
    if (symbol == "0" || symbol.substr(0, 2) == "0x") {
        good = read_bare_address(cursor, location);
        std::uint64_t const bare = location.address;
        good = good && read_address(cursor, location) && (location.address == bare || bare == 0);
    } else {
        location.symbol = Name(symbol);
        cursor.go(from + symbol.size());
        good = read_offset(cursor, location);
        if (good && location.has_offset()) {
            read_module(cursor, location.module);
        }
        good = good && read_address(cursor, location);
    }
    if (!good) {
        cursor.go(from);
    }
    return good;
}

bool read_graph_function(LineCursor& cursor, GraphFunction& function) {
    std::string_view const symbol = symbol_at(cursor);
    if (symbol.empty() || symbol[0] == '}' || symbol[0] == '/') {
        return cursor.fail("a function");
    }
    function.name = Name(symbol);
    function.module = Name();
    cursor.go(cursor.at() + symbol.size());
    read_module(cursor, function.module);
    return true;
}

bool read_arguments(LineCursor& cursor, Arguments& arguments) {
    std::size_t const from = cursor.at();
    arguments.clear();
    if (!cursor.take("(", "the arguments' (")) {
        return false;
    }
    if (cursor.peek() == ')') {
        cursor.go(cursor.at() + 1);
        return true;
    }
    while (true) {
        if (!read_argument(cursor, arguments.emplace_back())) {
            cursor.go(from);
            return false;
        }
        if (cursor.peek() == ')') {
            cursor.go(cursor.at() + 1);
            return true;
        }
        if (!cursor.take(", ", "the next argument or )")) {
            cursor.go(from);
            return false;
        }
    }
}

} // namespace kflow::trace
