#include "sim/build/mask_table.hpp"

#include "sim/build/sorted_lines.hpp"

#include <algorithm>
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
    return std::tie(a.callee, a.caller, a.unit, a.outer) <
           std::tie(b.callee, b.caller, b.unit, b.outer);
}

MaskRule const* find(std::vector<MaskRule> const& sorted, MaskRule const& wanted) {
    auto const at = std::lower_bound(sorted.begin(), sorted.end(), wanted, before);
    return at != sorted.end() && !before(wanted, *at) ? &*at : nullptr;
}

} // namespace

std::optional<Diagnostic> MaskTable::parse(MappedFile file, std::string const& path) {
    file_ = std::move(file);
    std::string_view rest = file_.text();
    for (int number = 1; !rest.empty(); ++number) {
        auto const line = take_field(rest, '\n');
        if (!line.empty() && !line.starts_with('#') && !parse_line(line)) {
            return Diagnostic{Severity::error,
                              {path, number, 0},
                              "is no line of a mask",
                              std::string(line),
                              "a line begins with unit, dwarf, part, renamed, folded, alias, "
                              "home-inlined, inline, "
                              "call or either"};
        }
    }
    std::sort(units_.begin(), units_.end());
    std::sort(homes_.begin(), homes_.end(), before);
    std::sort(aliases_.begin(), aliases_.end());
    std::sort(renamed_.begin(), renamed_.end());
    std::sort(folded_.begin(), folded_.end());
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
        auto const unit_file = take_field(statement, ':');
        homes_.push_back({statement, {}, unit_file, {}, MaskKind::inlined, provenance});
        return !statement.empty();
    }
    if (word == "dwarf") {
        dwarf_.push_back(statement);
        return true;
    }
    auto const first = take_field(statement, ' ');
    if (word == "unit" && !statement.empty()) {
        units_.emplace_back(first, statement);
    } else if (word == "renamed" && !statement.empty()) {
        renamed_.emplace_back(first, statement);
    } else if (word == "folded" && !statement.empty()) {
        folded_.emplace_back(first, statement);
    } else if (word == "alias" && !statement.empty()) {
        aliases_.emplace_back(first, statement);
    } else {
        return word == "part"; // for readers: the symbols say the same
    }
    return true;
}

bool MaskTable::parse_rule(MaskKind kind, std::string_view statement, std::string_view provenance) {
    auto outer = statement;
    auto callee = take_field(outer, ' ');
    auto caller = take_field(callee, '>');
    auto const unit_file = take_field(caller, ':');
    if (callee.empty() || caller.empty()) {
        return false;
    }
    if (!outer.empty()) {
        if (take_field(outer, ' ') != "in" || outer.empty()) {
            return false;
        }
    }
    rules_.push_back({callee, caller, unit_file, outer, kind, provenance});
    return true;
}

std::string_view MaskTable::unit(std::string_view file) const {
    if (file != last_file_) {
        last_unit_ = find(units_, file);
        last_file_ = file;
    }
    return last_unit_.empty() ? file : last_unit_;
}

bool MaskTable::has_dwarf(std::string_view unit_file) const {
    return std::binary_search(dwarf_.begin(), dwarf_.end(), unit_file);
}

std::string_view MaskTable::home_inlined(std::string_view unit_file,
                                         std::string_view callee) const {
    auto const* found = find(homes_, {callee, {}, unit_file, {}, MaskKind::inlined, {}});
    return found ? found->provenance : std::string_view{};
}

MaskRule const* MaskTable::rule(std::string_view unit_file, std::string_view caller,
                                std::string_view callee, std::string_view outer) const {
    auto at =
        std::lower_bound(rules_.begin(), rules_.end(),
                         MaskRule{callee, caller, unit_file, {}, MaskKind::inlined, {}}, before);
    MaskRule const* anywhere = nullptr; // an empty outer sorts first
    for (; at != rules_.end() && at->callee == callee && at->caller == caller &&
           at->unit == unit_file;
         ++at) {
        if (at->outer == outer) {
            return &*at;
        }
        anywhere = at->outer.empty() ? &*at : anywhere;
    }
    return anywhere;
}

std::string_view MaskTable::renamed(std::string_view function) const {
    auto const found = find(renamed_, function);
    return found.empty() ? function : found;
}

std::string_view MaskTable::folded(std::string_view function) const {
    return find(folded_, function);
}

std::string_view MaskTable::alias(std::string_view symbol) const {
    return find(aliases_, symbol);
}

std::string_view MaskTable::symbol_after(std::string_view caller) const {
    auto const at = std::find_if(aliases_.begin(), aliases_.end(),
                                 [caller](Pair const& entry) { return entry.second == caller; });
    return at == aliases_.end() ? std::string_view{} : at->first;
}

} // namespace kflow::build
