#include "sim/model/reporter.hpp"

#include <fmt/format.h>

namespace kflow::model {

std::string_view line_text(ast::File const& file, std::uint32_t line) {
    if (line == 0 || line > file.line_starts.size()) {
        return {};
    }
    std::string_view const text = file.text;
    std::size_t const begin = file.line_starts[line - 1];
    std::size_t const end = text.find('\n', begin);
    return text.substr(begin, end == std::string_view::npos ? end : end - begin);
}

Diagnostic diagnostic_at(ast::File const& file, std::uint32_t line, std::uint32_t column,
                         std::string message, std::string hint, Severity severity) {
    return {severity,
            {file.path, static_cast<int>(line), static_cast<int>(column)},
            std::move(message),
            std::string(line_text(file, line)),
            std::move(hint)};
}

namespace {

/// Two neighbours swapped: the commonest slip, and two changes by edit distance.
bool is_swap(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    std::size_t i = 0;
    while (i < a.size() && a[i] == b[i]) {
        ++i;
    }
    return i + 1 < a.size() && a[i] == b[i + 1] && a[i + 1] == b[i] &&
           a.substr(i + 2) == b.substr(i + 2);
}

} // namespace

std::string suggestion(std::string_view word, std::vector<std::string_view> const& candidates) {
    for (auto const candidate : candidates) {
        if (is_swap(word, candidate)) {
            return fmt::format("did you mean \"{}\"?", candidate);
        }
    }
    auto const near = nearest_word(word, candidates);
    return near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near);
}

} // namespace kflow::model
