// Documentation rules, and that the text is UTF-8.
#include "sim/model/lint_parts.hpp"
#include "sim/model/reporter.hpp"

#include <fmt/format.h>

namespace kflow::model {

namespace {

std::string_view kind_name(ast::Declaration::Kind kind) {
    using Kind = ast::Declaration::Kind;
    switch (kind) {
    case Kind::function:
        return "function";
    case Kind::guard:
        return "guard";
    case Kind::effect:
        return "effect";
    case Kind::collection:
        return "collection";
    case Kind::condition:
        return "condition";
    case Kind::set:
        return "set";
    }
    return "";
}

/// How many bytes follow a UTF-8 lead byte; -1 if it is none.
int following_bytes(unsigned char lead) {
    if (lead < 0x80) {
        return 0;
    }
    if (lead >= 0xc2 && lead < 0xe0) {
        return 1;
    }
    if (lead >= 0xe0 && lead < 0xf0) {
        return 2;
    }
    return lead >= 0xf0 && lead < 0xf5 ? 3 : -1;
}

/// Offset of the first byte that is not UTF-8, or npos.
std::size_t find_invalid(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        int const more = following_bytes(static_cast<unsigned char>(text[i]));
        if (more < 0 || i + static_cast<std::size_t>(more) >= text.size() + (more == 0 ? 1 : 0)) {
            return i;
        }
        for (int k = 1; k <= more; ++k) {
            auto const byte = static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]);
            if ((byte & 0xc0) != 0x80) {
                return i;
            }
        }
        i += static_cast<std::size_t>(more) + 1;
    }
    return std::string_view::npos;
}

void lint_encoding(ast::File const& file, Findings& findings) {
    for (std::uint32_t line = 1; line <= file.line_starts.size(); ++line) {
        auto const text = line_text(file, line);
        if (auto const at = find_invalid(text); at != std::string_view::npos) {
            auto d = diagnostic_at(file, line, static_cast<std::uint32_t>(at + 1),
                                   "this byte is not UTF-8");
            d.source_line.clear();
            findings.add(std::move(d));
        }
    }
}

void lint_doc(ast::File const& file, ast::Word const& at, ast::Doc const& doc,
              std::string const& what, Findings& findings) {
    if (doc.english.empty()) {
        findings.add(diagnostic_at(file, at, fmt::format("{} has no English documentation", what),
                                   "a line `## …` before it"));
    }
    if (doc.korean.empty()) {
        findings.add(diagnostic_at(file, at, fmt::format("{} has no Korean documentation", what),
                                   "a line `##ko …` before it"));
    }
}

} // namespace

void lint_docs(ast::File const& file, Findings& findings) {
    lint_encoding(file, findings);
    for (auto const& d : file.declarations) {
        if (!d.name.text.empty()) {
            lint_doc(file, d.name, d.doc, fmt::format("{} \"{}\"", kind_name(d.kind), d.name.text),
                     findings);
        }
    }
    for (auto const& s : file.statements) {
        if (s.doc.english.empty() != s.doc.korean.empty()) {
            lint_doc(file, {{}, s.line, s.column}, s.doc, "this statement", findings);
        }
    }
}

} // namespace kflow::model
