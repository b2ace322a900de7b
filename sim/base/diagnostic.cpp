#include "sim/base/diagnostic.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow {

namespace {

std::string_view name_of(Severity severity) {
    switch (severity) {
    case Severity::error:
        return "error";
    case Severity::warning:
        return "warning";
    case Severity::note:
        return "note";
    }
    return "error";
}

std::string place_prefix(SourcePlace const& place) {
    std::string text = place.file;
    if (place.line > 0) {
        text += fmt::format(":{}", place.line);
        if (place.column > 0) {
            text += fmt::format(":{}", place.column);
        }
    }
    return text.empty() ? text : text + ": ";
}

/// Letters to insert, drop, replace or swap with their neighbour (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> table(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            std::size_t const replaced = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            table[i][j] = std::min({replaced, table[i - 1][j] + 1, table[i][j - 1] + 1});
            bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) {
                table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return table[a.size()][b.size()];
}

/// How many bytes of `text` are one letter in UTF-8; 0 where it does not begin with one that can be
/// shown.
std::size_t letter_length(std::string_view text) {
    auto const first = static_cast<unsigned char>(text.front());
    if (first < 0x80) {
        return first >= ' ' && first != 0x7f ? 1 : 0;
    }
    std::size_t const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > text.size()) {
        return 0;
    }
    bool const whole =
        std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; });
    return whole ? length : 0;
}

/// A line of the input as a terminal may get it, and the line with the caret below it. What is no
/// text is shown as `\x1b`; the caret's line keeps the tabs, so that both are indented alike.
struct ShownLine {
    std::string text;
    std::string caret;
};

ShownLine show_line(std::string_view line, int column) {
    ShownLine shown;
    for (std::size_t at = 0; at < line.size();) {
        bool const before = at + 1 < static_cast<std::size_t>(column);
        std::size_t const length = line[at] == '\t' ? 1 : letter_length(line.substr(at));
        std::string const piece =
            length > 0 ? std::string(line.substr(at, length))
                       : fmt::format("\\x{:02x}", static_cast<unsigned char>(line[at]));
        shown.text += piece;
        if (before) {
            shown.caret +=
                line[at] == '\t' ? "\t" : std::string(length > 0 ? 1 : piece.size(), ' ');
        }
        at += std::max<std::size_t>(length, 1);
    }
    shown.caret += '^';
    return shown;
}

} // namespace

std::string to_string(Diagnostic const& diagnostic) {
    std::string text = fmt::format("{}{}: {}\n", place_prefix(diagnostic.place),
                                   name_of(diagnostic.severity), diagnostic.message);
    if (!diagnostic.source_line.empty()) {
        auto const shown = show_line(diagnostic.source_line, diagnostic.place.column);
        text += fmt::format("    {}\n", shown.text);
        if (diagnostic.place.column > 0) {
            text += fmt::format("    {}\n", shown.caret);
        }
    }
    if (!diagnostic.hint.empty()) {
        text += fmt::format("  hint: {}\n", diagnostic.hint);
    }
    return text;
}

std::string to_string(std::vector<Diagnostic> const& diagnostics) {
    std::string text;
    for (auto const& diagnostic : diagnostics) {
        text += to_string(diagnostic);
    }
    return text;
}

std::string_view nearest_word(std::string_view word,
                              std::vector<std::string_view> const& candidates) {
    std::size_t const limit = std::clamp<std::size_t>(word.size() / 3, 1, 3);
    std::string_view best;
    std::size_t best_distance = limit + 1;
    for (auto candidate : candidates) {
        std::size_t const longer = std::max(candidate.size(), word.size());
        if (longer - std::min(candidate.size(), word.size()) >= best_distance) {
            continue;
        }
        if (auto const distance = edit_distance(word, candidate); distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace kflow
