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

std::string suggestion(std::string_view word, std::vector<std::string_view> const& candidates) {
    auto const near = nearest_word(word, candidates);
    return near.empty() ? std::string() : fmt::format("did you mean \"{}\"?", near);
}

} // namespace kflow::model
