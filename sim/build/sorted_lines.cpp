#include "sim/build/sorted_lines.hpp"

#include <charconv>
#include <cstring>

namespace kflow::build {

SortedLines::SortedLines(std::string_view text) : text_(text) {
    starts_.reserve(text.size() / 32 + 1);
    std::size_t start = 0;
    while (start < text.size()) {
        starts_.push_back(static_cast<std::uint32_t>(start));
        auto const end = text.find('\n', start);
        start = end == std::string_view::npos ? text.size() : end + 1;
    }
}

std::string_view SortedLines::line(std::size_t index) const {
    auto const start = starts_[index];
    auto end = index + 1 < starts_.size() ? starts_[index + 1] : text_.size();
    if (end > start && text_[end - 1] == '\n') {
        --end;
    }
    return text_.substr(start, end - start);
}

std::string_view SortedLines::key(std::size_t index) const {
    auto const whole = line(index);
    return whole.substr(0, whole.find('\t'));
}

int SortedLines::compare_key(std::size_t index, std::string_view wanted) const {
    auto const start = starts_[index];
    auto const order = text_.compare(start, wanted.size(), wanted);
    if (order != 0) {
        return order;
    }
    auto const after = start + wanted.size();
    bool const ends = after >= text_.size() || text_[after] == '\t' || text_[after] == '\n';
    return ends ? 0 : 1;
}

std::size_t SortedLines::lower_bound(std::string_view wanted) const {
    std::size_t low = 0;
    std::size_t high = starts_.size();
    while (low < high) {
        auto const middle = low + (high - low) / 2;
        if (compare_key(middle, wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

std::pair<std::size_t, std::size_t> SortedLines::equal(std::string_view wanted) const {
    auto const first = lower_bound(wanted);
    auto last = first;
    while (last < size() && compare_key(last, wanted) == 0) {
        ++last;
    }
    return {first, last};
}

std::pair<std::size_t, std::size_t> SortedLines::with_prefix(std::string_view prefix) const {
    auto const first = lower_bound(prefix);
    auto last = first;
    while (last < size() && key(last).starts_with(prefix)) {
        ++last;
    }
    return {first, last};
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
