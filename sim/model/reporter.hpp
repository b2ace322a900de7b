#pragma once
// Makes diagnostics of places in a parsed file: file, line, column, the line itself.

#include "sim/base/diagnostic.hpp"
#include "sim/model/ast.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kflow::model {

/// The text of a line of a file, without its newline; empty where there is no such line. Lines
/// count from 1.
std::string_view line_text(ast::File const& file, std::uint32_t line);

Diagnostic diagnostic_at(ast::File const& file, std::uint32_t line, std::uint32_t column,
                         std::string message, std::string hint = "",
                         Severity severity = Severity::error);

inline Diagnostic diagnostic_at(ast::File const& file, ast::Word const& word, std::string message,
                                std::string hint = "", Severity severity = Severity::error) {
    return diagnostic_at(file, word.line, word.column, std::move(message), std::move(hint),
                         severity);
}

/// `did you mean "X"?` with the nearest of the candidates, or nothing.
std::string suggestion(std::string_view word, std::vector<std::string_view> const& candidates);

} // namespace kflow::model
