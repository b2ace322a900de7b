#include "sim/view/columns.hpp"

#include <cstdint>

namespace kflow::view {

namespace {

/// The letter at the text's begin and its length in bytes; a byte that is no UTF-8 is one letter.
std::pair<std::uint32_t, std::size_t> first_letter(std::string_view text) {
    auto const byte = static_cast<unsigned char>(text.front());
    std::size_t const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (length == 1 || length > text.size()) {
        return {byte, 1};
    }
    std::uint32_t letter = byte & (0xffU >> (length + 1));
    for (std::size_t n = 1; n < length; ++n) {
        letter = letter << 6 | (static_cast<unsigned char>(text[n]) & 0x3fU);
    }
    return {letter, length};
}

/// East Asian Wide of Unicode's EastAsianWidth.txt, as far as Korean text has it.
int width_of(std::uint32_t letter) {
    bool const wide =
        (letter >= 0x1100 && letter <= 0x115f) || (letter >= 0x2e80 && letter <= 0xa4cf) ||
        (letter >= 0xac00 && letter <= 0xd7a3) || (letter >= 0xf900 && letter <= 0xfaff) ||
        (letter >= 0xff00 && letter <= 0xff60);
    return wide ? 2 : 1;
}

} // namespace

int columns_of(std::string_view text) {
    int columns = 0;
    while (!text.empty()) {
        auto const [letter, length] = first_letter(text);
        columns += width_of(letter);
        text.remove_prefix(length);
    }
    return columns;
}

std::string cut_to(std::string_view text, int columns) {
    if (columns <= 0 || columns_of(text) <= columns) {
        return std::string(text);
    }
    std::size_t kept = 0;
    for (int used = 0; kept < text.size();) {
        auto const [letter, length] = first_letter(text.substr(kept));
        used += width_of(letter);
        if (used > columns - 1) {
            break;
        }
        kept += length;
    }
    return std::string(text.substr(0, kept)) + "…";
}

} // namespace kflow::view
