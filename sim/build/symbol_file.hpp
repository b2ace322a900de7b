#pragma once
// One symbols file of a build (`symbols`, `symbols.more`): a head of `base`, `core`, `other` and
// `file` lines, a line `%`, then one symbol a line, sorted by name and address.

#include "sim/base/diagnostic.hpp"
#include "sim/base/mapped_file.hpp"
#include "sim/build/build_facts.hpp"
#include "sim/build/sorted_lines.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kflow::build {

/// A symbol with what only the projection needs to know.
struct SymbolRecord {
    Symbol symbol;
    bool frame = false;    ///< not traced, but something calls it or it calls something
    bool is_copy = false;  ///< a .c file's own copy of a header's function
    bool is_alias = false; ///< the kernel names this address by another symbol there
};

class SymbolFile {
public:
    SymbolFile() = default;
    /// Takes the file; a diagnostic if it has no head.
    std::optional<Diagnostic> parse(MappedFile file, std::string const& path);

    /// `visit(SymbolRecord const&)` for each symbol of that exact name, by address.
    template <typename Visit>
    void each_named(std::string_view name, Visit const& visit) const {
        auto rest = lines_.equal(name);
        while (!rest.empty()) {
            visit(record(take_field(rest, '\n')));
        }
    }
    /// The same for those of a function: its name itself, then its name with whatever suffixes.
    template <typename Visit>
    void each_of(std::string_view function, Visit const& visit) const {
        auto rest = of(function);
        while (!rest.empty()) {
            auto const line = take_field(rest, '\n');
            auto const name = key_of(line);
            if (name.size() == function.size() || function_of_symbol(name) == function) {
                visit(record(line));
            }
        }
    }
    /// The same for all symbols, by name and address.
    template <typename Visit>
    void each(Visit const& visit) const {
        auto rest = lines_.text();
        while (!rest.empty()) {
            visit(record(take_field(rest, '\n')));
        }
    }

    /// Whether the symbols of that source file stand in the core file, by the folders that its head
    /// lists.
    bool is_core(std::string_view file) const;

private:
    SymbolRecord record(std::string_view line) const;
    /// The lines of a function: its name, then its name with suffixes.
    std::string_view of(std::string_view function) const;

    struct NameHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const {
            return std::hash<std::string_view>()(name);
        }
    };

    MappedFile file_;
    /// What of() found: a run asks for the same callee from many places. Looked up, never iterated.
    mutable std::unordered_map<std::string, std::string_view, NameHash, std::equal_to<>> found_;
    std::uint64_t base_ = 0;
    std::vector<std::string_view> files_;
    std::vector<std::string_view> core_;
    std::vector<std::string_view> other_;
    SortedLines lines_;
};

} // namespace kflow::build
