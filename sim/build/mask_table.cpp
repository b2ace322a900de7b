#include "sim/build/mask_table.hpp"

#include "sim/build/sorted_lines.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace kflow::build {

namespace {

std::string_view find(std::vector<std::pair<std::string_view, std::string_view>> const& sorted,
                      std::string_view key) {
    auto const at = std::lower_bound(
        sorted.begin(), sorted.end(), key,
        [](auto const& entry, std::string_view wanted) { return entry.first < wanted; });
    return at != sorted.end() && at->first == key ? at->second : std::string_view{};
}

bool before(MaskRule const& a, MaskRule const& b) {
    return std::tie(a.edge, a.outer) < std::tie(b.edge, b.outer);
}

} // namespace

std::optional<Diagnostic> MaskTable::parse(std::string text, std::string const& path) {
    text_ = std::move(text);
    std::string_view rest = text_;
    for (int number = 1; !rest.empty(); ++number) {
        auto const line = take_field(rest, '\n');
        if (!line.empty() && !line.starts_with('#') && !parse_line(line)) {
            return Diagnostic{Severity::error,
                              {path, number, 0},
                              "is no line of a mask",
                              std::string(line),
                              "a line begins with unit, dwarf, part, alias, home-inlined, inline, "
                              "call or either"};
        }
    }
    std::sort(units_.begin(), units_.end());
    std::sort(homes_.begin(), homes_.end());
    std::sort(aliases_.begin(), aliases_.end());
    std::sort(dwarf_.begin(), dwarf_.end());
    std::sort(rules_.begin(), rules_.end(), before);
    return std::nullopt;
}

bool MaskTable::parse_line(std::string_view line) {
    auto provenance = line;
    auto statement = take_field(provenance);
    auto const word = take_field(statement, ' ');
    if (word == "inline" || word == "call" || word == "either") {
        auto const kind = word == "inline" ? MaskKind::inlined
                          : word == "call" ? MaskKind::called
                                           : MaskKind::either;
        return parse_rule(kind, statement, provenance);
    }
    if (word == "home-inlined") {
        homes_.emplace_back(statement, provenance);
        return true;
    }
    if (word == "dwarf") {
        dwarf_.push_back(statement);
        return true;
    }
    auto const first = take_field(statement, ' ');
    if (word == "unit" && !statement.empty()) {
        units_.emplace_back(first, statement);
    } else if (word == "alias" && !statement.empty()) {
        aliases_.emplace_back(first, statement);
    } else {
        return word == "part"; // for readers: the symbols say the same
    }
    return true;
}

bool MaskTable::parse_rule(MaskKind kind, std::string_view statement, std::string_view provenance) {
    auto outer = statement;
    auto const edge = take_field(outer, ' ');
    if (edge.find('>') == std::string_view::npos || edge.find(':') == std::string_view::npos) {
        return false;
    }
    if (!outer.empty()) {
        if (take_field(outer, ' ') != "in" || outer.empty()) {
            return false;
        }
    }
    rules_.push_back({edge, outer, kind, provenance});
    return true;
}

std::string_view MaskTable::unit(std::string_view file) const {
    auto const found = find(units_, file);
    return found.empty() ? file : found;
}

bool MaskTable::has_dwarf(std::string_view unit_file) const {
    return std::binary_search(dwarf_.begin(), dwarf_.end(), unit_file);
}

std::string_view MaskTable::home_inlined(std::string_view unit_file,
                                         std::string_view callee) const {
    return find(homes_, fmt::format("{}:{}", unit_file, callee));
}

MaskRule const* MaskTable::rule(std::string_view unit_file, std::string_view caller,
                                std::string_view callee, std::string_view outer) const {
    auto const edge = fmt::format("{}:{}>{}", unit_file, caller, callee);
    auto const exact = MaskRule{edge, outer, MaskKind::inlined, {}};
    auto const general = MaskRule{edge, {}, MaskKind::inlined, {}};
    for (auto const& wanted : {exact, general}) {
        auto const at = std::lower_bound(rules_.begin(), rules_.end(), wanted, before);
        if (at != rules_.end() && at->edge == wanted.edge && at->outer == wanted.outer) {
            return &*at;
        }
    }
    return nullptr;
}

std::string_view MaskTable::alias(std::string_view symbol) const {
    return find(aliases_, symbol);
}

} // namespace kflow::build
