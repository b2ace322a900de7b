#pragma once
// One symbols file of a build (`symbols`, `symbols.more.xz`): a head of `base`, `core`, `other` and
// `file` lines, a line `%`, then one symbol a line, sorted by name and address.

#include "sim/base/diagnostic.hpp"
#include "sim/build/build_facts.hpp"
#include "sim/build/sorted_lines.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
    /// Takes the file's text; a diagnostic if it has no head.
    std::optional<Diagnostic> parse(std::string text, std::string const& path);

    /// Indices [first, last) of the symbols of that exact name, by address.
    std::pair<std::size_t, std::size_t> named(std::string_view name) const;
    /// Those of a function: its name itself, then its name with whatever suffixes.
    std::pair<std::size_t, std::size_t> of(std::string_view function) const;
    /// `visit(SymbolRecord const&)` for each of the two.
    template <typename Visit>
    void each_named(std::string_view name, Visit const& visit) const {
        auto const [first, last] = named(name);
        for (auto index = first; index < last; ++index) {
            visit(record(index));
        }
    }
    template <typename Visit>
    void each_of(std::string_view function, Visit const& visit) const {
        auto const [first, last] = of(function);
        for (auto index = first; index < last; ++index) {
            if (name(index).size() == function.size() ||
                function_of_symbol(name(index)) == function) {
                visit(record(index));
            }
        }
    }

    std::size_t size() const { return lines_.size(); }
    SymbolRecord record(std::size_t index) const;
    std::string_view name(std::size_t index) const { return lines_.key(index); }
    /// Address, or 0 for a module's function.
    std::uint64_t address(std::size_t index) const;

    /// Whether the symbols of that source file stand in the core file, by the folders that its head
    /// lists.
    bool is_core(std::string_view file) const;

private:
    std::string text_;
    std::uint64_t base_ = 0;
    std::vector<std::string_view> files_;
    std::vector<std::string_view> core_;
    std::vector<std::string_view> other_;
    SortedLines lines_;
};

} // namespace kflow::build
