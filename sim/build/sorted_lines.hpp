#pragma once
// A text whose lines are sorted by their first tab-separated field, searched in place: nothing is
// copied, parsed or indexed beforehand, so a search in a mapped file of some megabytes reads the
// few pages that it looks at.

#include <cstdint>
#include <string_view>

namespace kflow::build {

class SortedLines {
public:
    SortedLines() = default;
    /// The text must outlive this. Lines end in '\n' (the last one may lack it).
    explicit SortedLines(std::string_view text) : text_(text) {}

    std::string_view text() const { return text_; }
    /// The lines whose first field is `key`: a piece of the text, empty if there are none.
    std::string_view equal(std::string_view key) const;
    /// The lines that begin with `prefix`.
    std::string_view with_prefix(std::string_view prefix) const;
    /// All lines from the first one on whose first field is not less than `key`.
    std::string_view from(std::string_view key) const;

private:
    std::string_view text_;
};

/// Takes the next field off the front of `rest`; what is left is without the separator. Empty at
/// the end.
std::string_view take_field(std::string_view& rest, char separator = '\t');

/// A line's first field.
std::string_view key_of(std::string_view line);

/// A hexadecimal or decimal number without prefix; nothing else may stand in the field, else
/// `otherwise`.
std::uint64_t parse_hex(std::string_view field, std::uint64_t otherwise = 0);
std::uint64_t parse_decimal(std::string_view field, std::uint64_t otherwise = 0);

} // namespace kflow::build
