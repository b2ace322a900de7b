#pragma once
// Files of text that a type reads and writes: T::from_text(text, path) makes a T, or says what is
// wrong.

#include "sim/base/input_file.hpp"

#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace kflow {

/// What the file holds, or why that cannot be had.
template <typename T>
std::variant<std::optional<T>, Diagnostic> read_as(std::string const& path) {
    auto const text = read_input(path);
    if (auto const* const wrong = std::get_if<Diagnostic>(&text)) {
        return *wrong;
    }
    auto made = T::from_text(std::get<std::string>(text), path);
    if (auto* const wrong = std::get_if<Diagnostic>(&made)) {
        return std::move(*wrong);
    }
    return std::optional<T>(std::get<T>(std::move(made)));
}

/// The same; nothing where there is no such file.
template <typename T>
std::variant<std::optional<T>, Diagnostic> read_if_there(std::string const& path) {
    return std::filesystem::exists(path) ? read_as<T>(path) : std::optional<T>{};
}

/// What a line of such a text that is not as it should be is told with.
inline Diagnostic not_as_expected(std::string const& file, int line, std::string_view content,
                                  std::string const& expected, std::string const& hint) {
    return {Severity::error, {file, line, 1}, "expected " + expected, std::string(content), hint};
}

/// A decimal number and nothing else.
template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
    Number value{};
    auto const* const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc{} && read.ptr == end ? std::optional(value) : std::nullopt;
}

/// Two such numbers with a separator between them.
template <typename Number>
std::optional<std::pair<Number, Number>> number_pair(std::string_view text, char separator) {
    auto const at = text.find(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    auto const first = whole_number<Number>(text.substr(0, at));
    auto const second = whole_number<Number>(text.substr(at + 1));
    return first && second ? std::optional(std::pair(*first, *second)) : std::nullopt;
}

} // namespace kflow
