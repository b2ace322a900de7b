#pragma once
// One line of text that is read from left to right. Every reading function moves on only if it
// succeeds; what was expected at the place farthest to the right that was not reached is what a
// diagnostic says.

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace kflow::trace {

class LineCursor {
public:
    explicit LineCursor(std::string_view line) : line_(line) {}

    std::string_view line() const { return line_; }
    std::string_view rest() const { return line_.substr(at_); }
    std::size_t at() const { return at_; }
    void go(std::size_t at) { at_ = at; }
    bool done() const { return at_ == line_.size(); }
    char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }

    /// Remembers that `what` was expected here; false, for `return fail(…)`.
    bool fail(std::string_view what) {
        if (at_ >= fail_at_) {
            fail_at_ = at_;
            expected_ = what;
        }
        return false;
    }
    std::size_t fail_column() const { return fail_at_ + 1; }
    std::string_view expected() const { return expected_; }

    bool take(std::string_view text, std::string_view what) {
        if (!begins(text)) {
            return fail(what);
        }
        at_ += text.size();
        return true;
    }

    /// Whether the text stands here.
    bool begins(std::string_view text) const {
        return line_.size() - at_ >= text.size() &&
               std::memcmp(line_.data() + at_, text.data(), text.size()) == 0;
    }

    /// How many spaces follow; takes them.
    std::size_t take_spaces() {
        std::size_t const from = at_;
        while (at_ < line_.size() && line_[at_] == ' ') {
            ++at_;
        }
        return at_ - from;
    }

    /// A number without leading zeros, `0` itself aside.
    template <class Integer>
    bool take_number(Integer& value, std::string_view what, int base = 10) {
        char const* const begin = line_.data() + at_;
        auto const result = std::from_chars(begin, line_.data() + line_.size(), value, base);
        auto const length = static_cast<std::size_t>(result.ptr - begin);
        bool const negative = length > 0 && *begin == '-';
        std::size_t const first = negative ? 1 : 0;
        if (result.ec != std::errc() || length == first ||
            (begin[first] == '0' && (length > first + 1 || negative)) ||
            (base > 10 && has_upper(begin, length))) {
            return fail(what);
        }
        at_ += length;
        return true;
    }

    /// `%*lu`: spaces up to `width` together with the number, which alone may be wider.
    template <class Integer>
    bool take_right(Integer& value, std::size_t width, std::string_view what) {
        std::size_t const from = at_;
        std::size_t const spaces = take_spaces();
        std::size_t const digits_from = at_;
        if (!take_number(value, what)) {
            at_ = from;
            return false;
        }
        std::size_t const digits = at_ - digits_from;
        std::size_t const padding = digits < width ? width - digits : 0;
        if (spaces != padding) {
            at_ = digits_from;
            fail(what);
            at_ = from;
            return false;
        }
        return true;
    }

    /// `%0*lu`: leading zeros up to `width`.
    bool take_zero_padded(std::uint64_t& value, std::size_t width, std::string_view what) {
        std::size_t end = at_;
        value = 0;
        while (end < line_.size() && line_[end] >= '0' && line_[end] <= '9' && end - at_ < 18) {
            value = value * 10 + static_cast<std::uint64_t>(line_[end] - '0');
            ++end;
        }
        std::size_t const digits = end - at_;
        if (digits < width || (digits > width && line_[at_] == '0')) {
            return fail(what);
        }
        at_ = end;
        return true;
    }

    /// `%0*lx`, without 0x.
    bool take_hex_padded(std::uint64_t& value, std::size_t width, std::string_view what) {
        char const* const begin = line_.data() + at_;
        auto const result = std::from_chars(begin, line_.data() + line_.size(), value, 16);
        auto const length = static_cast<std::size_t>(result.ptr - begin);
        if (result.ec != std::errc() || length < width || (length > width && *begin == '0') ||
            has_upper(begin, length)) {
            return fail(what);
        }
        at_ += length;
        return true;
    }

private:
    static bool has_upper(char const* text, std::size_t length) {
        for (std::size_t i = 0; i < length; ++i) {
            if (text[i] >= 'A' && text[i] <= 'F') {
                return true;
            }
        }
        return false;
    }

    std::string_view line_;
    std::size_t at_ = 0;
    std::size_t fail_at_ = 0;
    std::string_view expected_ = "a record of a trace";
};

} // namespace kflow::trace
