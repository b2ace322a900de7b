#pragma once
// The words of one line: the lexer. It copies nothing; every word is a view into the file's text.

#include "sim/model/ast.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace kflow::model {

/// Letters, digits and `_`: what names of the kernel's source are made of.
inline constexpr auto kNameChars = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c) {
        table[c] =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    return table;
}();

constexpr bool is_name_char(char c) {
    return kNameChars[static_cast<unsigned char>(c)];
}

/// Whether the text is a name: not empty, name characters only, no digit first.
bool is_name(std::string_view text);

/// Walks over one line (without newline and trailing comment), from left to right.
class Cursor {
public:
    Cursor(std::string_view line, std::uint32_t line_number, std::size_t position)
        : line_(line), number_(line_number), position_(position) {}

    void skip_spaces() {
        while (position_ < line_.size() && line_[position_] == ' ') {
            ++position_;
        }
    }
    bool at_end() {
        skip_spaces();
        return position_ == line_.size();
    }
    /// The next character behind spaces; 0 at the end.
    char peek() { return at_end() ? '\0' : line_[position_]; }
    /// The character at the position, spaces not skipped; 0 at the end.
    char here() const { return position_ < line_.size() ? line_[position_] : '\0'; }
    void advance() { ++position_; }
    /// Takes the character if it is next behind spaces.
    bool take(char c);
    /// Takes the word if it is next and ends there.
    bool take_word(std::string_view word);
    /// The next run of name characters, maybe empty.
    ast::Word name();
    /// The next run of anything but spaces, maybe empty.
    ast::Word token();
    /// Everything up to the first `stop` or the end, without the spaces around it.
    ast::Word until(std::string_view stop);
    /// An empty word at the next thing: where something is missing.
    ast::Word place();

    std::uint32_t line_number() const { return number_; }
    std::size_t position() const { return position_; }
    void set_position(std::size_t position) { position_ = position; }

private:
    ast::Word word_at(std::size_t begin, std::size_t end) const {
        return {line_.substr(begin, end - begin), number_, static_cast<std::uint32_t>(begin + 1)};
    }

    std::string_view line_;
    std::uint32_t number_;
    std::size_t position_;
};

/// The line without its comment: `#` begins one at the line's start and behind a space, but not
/// inside "…".
std::string_view without_comment(std::string_view line);

} // namespace kflow::model
