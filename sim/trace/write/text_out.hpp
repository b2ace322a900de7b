#pragma once
// Appends numbers and columns to a text, as the kernel's seq_printf does: `%5lu`, `%03d`, `%-7d`,
// `%016lx`.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace kflow::trace {

/// Right-aligned: `fill` first, up to `width` bytes; wider texts are not cut.
inline void append_right(std::string& out, std::string_view text, std::size_t width,
                         char fill = ' ') {
    if (text.size() < width) {
        out.append(width - text.size(), fill);
    }
    out.append(text);
}

inline void append_left(std::string& out, std::string_view text, std::size_t width) {
    out.append(text);
    if (text.size() < width) {
        out.append(width - text.size(), ' ');
    }
}

/// The digits of a number, for as long as this object lives.
class Digits {
public:
    template <class Integer>
    explicit Digits(Integer value, int base = 10) {
        end_ = std::to_chars(buffer_, buffer_ + sizeof buffer_, value, base).ptr;
    }
    std::string_view view() const { return {buffer_, static_cast<std::size_t>(end_ - buffer_)}; }

private:
    char buffer_[24];
    char* end_;
};

/// With `fill` '0' the sign comes before the zeros, and counts to the width.
template <class Integer>
void append_decimal(std::string& out, Integer value, std::size_t width = 0, char fill = ' ') {
    Digits const digits(value);
    std::string_view text = digits.view();
    if (fill == '0' && !text.empty() && text[0] == '-') {
        out.push_back('-');
        text.remove_prefix(1);
        width = width > 0 ? width - 1 : 0;
    }
    append_right(out, text, width, fill);
}

inline void append_hex(std::string& out, std::uint64_t value, std::size_t width = 0,
                       char fill = '0') {
    append_right(out, Digits(value, 16).view(), width, fill);
}

} // namespace kflow::trace
