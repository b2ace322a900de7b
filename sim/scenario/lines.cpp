#include "sim/scenario/lines.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace kflow::scenario {

namespace {

constexpr int kStep = 4;

bool ends_word(char c) {
    return c == ' ' || c == '\t' || c == '"';
}

/// Nanoseconds of a unit, 0 if it is none.
std::int64_t unit_of(std::string_view unit) {
    if (unit == "ns") {
        return 1;
    }
    if (unit == "us") {
        return 1'000;
    }
    if (unit == "ms") {
        return 1'000'000;
    }
    return unit == "s" ? 1'000'000'000 : 0;
}

/// Whole or decimal number of units, in nanoseconds; false if it is no duration.
bool read_duration(std::string_view text, std::int64_t& nanoseconds) {
    std::size_t const digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) {
        return false;
    }
    std::int64_t const unit = unit_of(text.substr(digits));
    if (unit == 0) {
        return false;
    }
    std::int64_t value = 0;
    std::int64_t scale = unit;
    bool fraction = false;
    for (char c : text.substr(0, digits)) {
        if (c == '.') {
            if (fraction) {
                return false;
            }
            fraction = true;
            continue;
        }
        if (fraction) {
            scale /= 10;
            value += (c - '0') * scale;
        } else {
            value = value * 10 + (c - '0') * unit;
        }
        if (value > 1'000'000'000'000'000) {
            return false; // more than eleven days: surely not meant
        }
    }
    nanoseconds = value;
    return true;
}

bool read_number(std::string_view text, std::int64_t& number) {
    bool const hexadecimal = text.starts_with("0x");
    auto const* const begin = text.data() + (hexadecimal ? 2 : 0);
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(begin, end, number, hexadecimal ? 16 : 10);
    return error == std::errc{} && stop == end;
}

Word plain_word(std::string_view text, int column) {
    Word word{WordKind::name, std::string(text), 0, column};
    if (read_duration(text, word.number)) {
        word.kind = WordKind::duration;
    } else if (read_number(text, word.number)) {
        word.kind = WordKind::number;
    }
    return word;
}

/// Reads the quoted text that begins at `at`; `at` ends behind its closing quote.
Word quoted_word(Line const& line, std::size_t& at, Report& report) {
    Word word{WordKind::text, "", 0, static_cast<int>(at) + 1};
    std::string_view const text = line.text;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] != '\\') {
            word.text += text[at];
            continue;
        }
        char const next = ++at < text.size() ? text[at] : ' ';
        switch (next) {
        case 'n':
            word.text += '\n';
            break;
        case 't':
            word.text += '\t';
            break;
        case '"':
        case '\\':
            word.text += next;
            break;
        default:
            report.error(line, static_cast<int>(at), fmt::format("no escape \"\\{}\"", next),
                         "\\n, \\t, \\\" and \\\\ are known");
        }
    }
    if (at >= text.size()) {
        report.error(line, word.column, "a text without its closing quote");
    } else {
        ++at;
    }
    return word;
}

void read_words(Line& line, std::size_t at, Report& report) {
    while (at < line.text.size()) {
        char const c = line.text[at];
        if (c == ' ') {
            ++at;
        } else if (c == '#') {
            return;
        } else if (c == '\t') {
            report.error(line, static_cast<int>(at) + 1, "a tab; four spaces are one step");
            ++at;
        } else if (c == '"') {
            line.words.push_back(quoted_word(line, at, report));
        } else {
            std::size_t end = at;
            while (end < line.text.size() && !ends_word(line.text[end])) {
                ++end;
            }
            line.words.push_back(
                plain_word(line.text.substr(at, end - at), static_cast<int>(at) + 1));
            at = end;
        }
    }
}

void add_doc(Doc& doc, std::string_view text) {
    bool const korean = text.starts_with("##ko");
    std::string_view rest = text.substr(korean ? 4 : 2);
    if (!rest.empty() && rest.front() == ' ') {
        rest.remove_prefix(1);
    }
    auto& target = korean ? doc.korean : doc.english;
    if (!target.empty()) {
        target += '\n';
    }
    target += rest;
}

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// Whether a byte is none of a text; tabs have a message of their own.
bool is_control(char c) {
    return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f;
}

void bad_byte(std::string_view raw, int number, std::size_t at, std::string message,
              Report& report) {
    Line line;
    line.number = number;
    line.text = raw;
    report.error(line, static_cast<int>(at) + 1, std::move(message));
}

} // namespace

void Report::error(Line const& line, int column, std::string message, std::string hint) {
    found_.push_back({Severity::error,
                      {file_, line.number, column},
                      std::move(message),
                      std::string(line.text),
                      std::move(hint)});
}

std::vector<Line> split_lines(std::string_view text, Report& report) {
    std::vector<Line> lines(1); // the lesson
    Doc pending;
    int number = 0;
    bool foreign_ends = false;
    while (!text.empty()) {
        ++number;
        std::size_t const end = std::min(text.find('\n'), text.size());
        std::string_view raw = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (number == 1 && raw.starts_with(kByteOrderMark)) {
            bad_byte(raw, number, 0, "a byte order mark; the text is UTF-8 without one", report);
            raw.remove_prefix(kByteOrderMark.size());
        }
        if (raw.ends_with('\r')) { // said once: all lines of the file end so
            if (!std::exchange(foreign_ends, true)) {
                bad_byte(raw, number, raw.size() - 1,
                         "a carriage return; lines end in a newline alone", report);
            }
            raw.remove_suffix(1);
        }
        if (auto const at = std::ranges::find_if(raw, is_control); at != raw.end()) {
            bad_byte(raw, number, static_cast<std::size_t>(at - raw.begin()),
                     fmt::format("a control character (byte {:#04x})", *at), report);
            continue;
        }
        std::size_t const first = raw.find_first_not_of(' ');
        if (first == std::string_view::npos) {
            if (lines.size() == 1 && lines[0].doc == Doc{}) {
                std::swap(lines[0].doc, pending);
            }
            continue;
        }
        if (raw.substr(first).starts_with("##")) {
            add_doc(pending, raw.substr(first));
            continue;
        }
        if (raw[first] == '#') {
            continue;
        }
        Line line;
        line.number = number;
        line.text = raw;
        line.doc = std::exchange(pending, {});
        if (first % kStep != 0) {
            report.error(line, static_cast<int>(first) + 1,
                         fmt::format("{} spaces of indentation; four are one step", first));
        }
        line.indent = static_cast<int>((first + kStep - 1) / kStep);
        read_words(line, first, report);
        if (!line.words.empty()) {
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

} // namespace kflow::scenario
