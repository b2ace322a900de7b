#include "sim/build/symbol_file.hpp"

#include <algorithm>

namespace kflow::build {

std::optional<Diagnostic> SymbolFile::parse(MappedFile file, std::string const& path) {
    file_ = std::move(file);
    std::string_view rest = file_.text();
    while (!rest.empty()) {
        auto const line = take_field(rest, '\n');
        if (line == "%") {
            lines_ = SortedLines(rest);
            return std::nullopt;
        }
        auto value = line;
        auto const key = take_field(value, ' ');
        if (key == "base") {
            base_ = parse_hex(value);
        } else if (key == "file") {
            files_.push_back(value);
        } else if (key == "core") {
            core_.push_back(value);
        } else if (key == "other") {
            other_.push_back(value);
        }
    }
    return Diagnostic{Severity::error,
                      {path, 0, 0},
                      "is not a symbols file: it has no line \"%\"",
                      "",
                      "make it again with scripts/build-facts"};
}

SymbolRecord SymbolFile::record(std::string_view line) const {
    auto rest = line;
    SymbolRecord found;
    found.symbol.name = take_field(rest);
    auto const address = take_field(rest);
    found.symbol.address = address == "-" ? 0 : base_ + parse_hex(address);
    found.symbol.size = parse_hex(take_field(rest));
    auto const flags = take_field(rest);
    found.symbol.traced = flags.starts_with('t');
    found.frame = flags.starts_with('f');
    found.is_copy = flags.find('c') != std::string_view::npos;
    found.is_alias = flags.find('a') != std::string_view::npos;
    auto const file = parse_decimal(take_field(rest), files_.size());
    found.symbol.file = file < files_.size() ? files_[file] : std::string_view{};
    return found;
}

std::string_view SymbolFile::of(std::string_view function) const {
    if (auto const known = found_.find(function); known != found_.end()) {
        return known->second;
    }
    auto const all = lines_.from(function);
    auto rest = all;
    while (!rest.empty()) {
        // `.` sorts before all that a longer name may go on with, so the clones stand right behind.
        auto const name = key_of(rest.substr(0, rest.find('\n')));
        bool const is_clone = name.size() > function.size() && name[function.size()] == '.';
        if (!name.starts_with(function) || (name.size() != function.size() && !is_clone)) {
            break;
        }
        take_field(rest, '\n');
    }
    return found_.emplace(function, all.substr(0, all.size() - rest.size())).first->second;
}

bool SymbolFile::is_core(std::string_view file) const {
    auto const longest = [file](std::vector<std::string_view> const& prefixes) {
        std::size_t length = 0;
        for (auto const prefix : prefixes) {
            length = file.starts_with(prefix) ? std::max(length, prefix.size()) : length;
        }
        return length;
    };
    return longest(core_) > longest(other_);
}

} // namespace kflow::build
