#pragma once
// A text whose lines are sorted by their first tab-separated field, searched in place: nothing is
// copied or parsed beforehand.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace kflow::build {

class SortedLines {
public:
    SortedLines() = default;
    /// The text must outlive this. Lines end in '\n' (the last one may lack it).
    explicit SortedLines(std::string_view text);

    std::size_t size() const { return starts_.size(); }
    /// A line without its newline; index below size().
    std::string_view line(std::size_t index) const;
    /// Its first field.
    std::string_view key(std::size_t index) const;
    /// Indices [first, last) of the lines whose first field is `key`.
    std::pair<std::size_t, std::size_t> equal(std::string_view key) const;
    /// Indices [first, last) of the lines whose first field begins with `prefix`.
    std::pair<std::size_t, std::size_t> with_prefix(std::string_view prefix) const;

    /// Index of the first line whose first field is not less than `key`.
    std::size_t lower_bound(std::string_view key) const;

private:
    int compare_key(std::size_t index, std::string_view key) const;
    std::string_view text_;
    std::vector<std::uint32_t> starts_;
};

/// Takes the next field off the front of `rest`; what is left is without the separator. Empty at
/// the end.
std::string_view take_field(std::string_view& rest, char separator = '\t');

/// A hexadecimal or decimal number without prefix; nothing else may stand in the field, else
/// `otherwise`.
std::uint64_t parse_hex(std::string_view field, std::uint64_t otherwise = 0);
std::uint64_t parse_decimal(std::string_view field, std::uint64_t otherwise = 0);

} // namespace kflow::build
