#include "sim/model/cursor.hpp"

#include <algorithm>

namespace kflow::model {

bool is_name(std::string_view text) {
    if (text.empty() || (text[0] >= '0' && text[0] <= '9')) {
        return false;
    }
    for (char const c : text) {
        if (!is_name_char(c)) {
            return false;
        }
    }
    return true;
}

bool Cursor::take(char c) {
    if (peek() != c) {
        return false;
    }
    ++position_;
    return true;
}

bool Cursor::take_word(std::string_view word) {
    skip_spaces();
    if (line_.substr(position_, word.size()) != word) {
        return false;
    }
    std::size_t const end = position_ + word.size();
    if (end < line_.size() && is_name_char(line_[end])) {
        return false;
    }
    position_ = end;
    return true;
}

ast::Word Cursor::name() {
    skip_spaces();
    std::size_t const begin = position_;
    while (position_ < line_.size() && is_name_char(line_[position_])) {
        ++position_;
    }
    return word_at(begin, position_);
}

ast::Word Cursor::token() {
    skip_spaces();
    std::size_t const begin = position_;
    position_ = std::min(line_.find(' ', begin), line_.size());
    return word_at(begin, position_);
}

ast::Word Cursor::until(std::string_view stop) {
    skip_spaces();
    std::size_t const begin = position_;
    position_ = std::min(line_.find(stop, begin), line_.size());
    std::size_t end = position_;
    while (end > begin && line_[end - 1] == ' ') {
        --end;
    }
    return word_at(begin, end);
}

ast::Word Cursor::place() {
    skip_spaces();
    return word_at(position_, position_);
}

std::string_view without_comment(std::string_view line) {
    std::size_t end = line.size();
    if (line.find('#') != std::string_view::npos) {
        bool quoted = false;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] == '"') {
                quoted = !quoted;
            } else if (line[i] == '#' && !quoted && (i == 0 || line[i - 1] == ' ')) {
                end = i;
                break;
            }
        }
    }
    while (end > 0 && line[end - 1] == ' ') {
        --end;
    }
    return line.substr(0, end);
}

} // namespace kflow::model
