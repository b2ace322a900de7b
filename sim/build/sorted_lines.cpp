#include "sim/build/sorted_lines.hpp"

#include <charconv>
#include <cstring>

namespace kflow::build {

namespace {

/// Where the line that holds the byte `at` begins, not before `low`.
std::size_t line_start(std::string_view text, std::size_t low, std::size_t at) {
    void const* const newline = ::memrchr(text.data() + low, '\n', at - low);
    return newline ? static_cast<std::size_t>(static_cast<char const*>(newline) - text.data()) + 1
                   : low;
}

/// Behind the newline of the line that holds the byte `at`.
std::size_t next_line(std::string_view text, std::size_t at) {
    auto const newline = text.find('\n', at);
    return newline == std::string_view::npos ? text.size() : newline + 1;
}

/// The lines at the front of `text` that `fits` takes.
template <typename Fits>
std::string_view while_fits(std::string_view text, Fits const& fits) {
    std::size_t end = 0;
    while (end < text.size() && fits(text.substr(end))) {
        end = next_line(text, end);
    }
    return text.substr(0, end);
}

/// Whether the line at the front of `text` has `key` as its first field.
bool has_key(std::string_view text, std::string_view key) {
    return text.starts_with(key) &&
           (text.size() == key.size() || text[key.size()] == '\t' || text[key.size()] == '\n');
}

} // namespace

std::string_view SortedLines::from(std::string_view key) const {
    std::size_t low = 0;
    std::size_t high = text_.size();
    while (low < high) {
        auto const middle = low + (high - low) / 2;
        auto const start = line_start(text_, low, middle);
        // A tab and a newline sort before every byte of a name, so whole lines compare as their
        // keys.
        if (text_.compare(start, key.size(), key) < 0) {
            low = next_line(text_, middle);
        } else {
            high = start;
        }
    }
    return text_.substr(low);
}

std::string_view SortedLines::equal(std::string_view key) const {
    return while_fits(from(key), [key](std::string_view at) { return has_key(at, key); });
}

std::string_view SortedLines::with_prefix(std::string_view prefix) const {
    return while_fits(from(prefix),
                      [prefix](std::string_view at) { return at.starts_with(prefix); });
}

std::string_view key_of(std::string_view line) {
    return line.substr(0, line.find('\t'));
}

std::string_view take_field(std::string_view& rest, char separator) {
    auto const end = rest.find(separator);
    auto const field = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return field;
}

namespace {

std::uint64_t parse_number(std::string_view field, int base, std::uint64_t otherwise) {
    std::uint64_t value = 0;
    auto const [end, error] =
        std::from_chars(field.data(), field.data() + field.size(), value, base);
    return error == std::errc{} && end == field.data() + field.size() ? value : otherwise;
}

} // namespace

std::uint64_t parse_hex(std::string_view field, std::uint64_t otherwise) {
    return parse_number(field, 16, otherwise);
}

std::uint64_t parse_decimal(std::string_view field, std::uint64_t otherwise) {
    return parse_number(field, 10, otherwise);
}

} // namespace kflow::build
