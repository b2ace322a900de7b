#pragma once
// A build's mask file, as a table: which calls of the source are not what the default rules say
// (docs/BUILD_FACTS.md).

#include "sim/base/diagnostic.hpp"
#include "sim/base/mapped_file.hpp"
#include "sim/build/build_facts.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::build {

enum class MaskKind { inlined, called, either };

/// One exception: `inline|call|either UNIT:CALLER>CALLEE [in OUTER]`.
struct MaskRule {
    std::string_view callee;
    std::string_view caller;
    std::string_view unit;
    std::string_view outer; ///< empty: wherever the caller's code stands
    MaskKind kind = MaskKind::inlined;
    std::string_view provenance;
};

class MaskTable {
public:
    /// Takes the file. A line of no known form is a diagnostic.
    std::optional<Diagnostic> parse(MappedFile file, std::string const& path);

    /// The compiled file that a source file is part of: kernel/sched/rt.c is in
    /// kernel/sched/build_policy.c. Mostly itself.
    std::string_view unit(std::string_view file) const;
    /// Whether DWARF was read for that compiled file: then what it does not except is as the
    /// default says.
    bool has_dwarf(std::string_view unit) const;
    /// Why a callee is inlined wherever its own file calls it; empty if it is not.
    std::string_view home_inlined(std::string_view unit, std::string_view callee) const;
    /// The most specific rule for an edge; null if there is none.
    MaskRule const* rule(std::string_view unit, std::string_view caller, std::string_view callee,
                         std::string_view outer) const;
    /// The symbol that a function is called by where an asm label renames it (__real_strnlen is
    /// strnlen); mostly itself.
    std::string_view renamed(std::string_view function) const;
    /// What a function was merged with; empty if it was not.
    std::string_view folded(std::string_view function) const;
    /// The function whose noreturn call returns to the first byte of that symbol; empty if there is
    /// none.
    std::string_view alias(std::string_view symbol) const;
    /// The other way round: the symbol that stands behind a function that ends in a noreturn call.
    std::string_view symbol_after(std::string_view caller) const;

private:
    using Pair = std::pair<std::string_view, std::string_view>;
    bool parse_line(std::string_view line);
    bool parse_rule(MaskKind kind, std::string_view edge, std::string_view provenance);

    MappedFile file_;
    // What unit() was asked last: a caller's calls are looked up one after the other.
    mutable std::string last_file_;
    mutable std::string_view last_unit_; ///< empty: itself
    std::vector<Pair> units_;
    std::vector<MaskRule> homes_; ///< callee, unit and provenance alone
    std::vector<Pair> aliases_;
    std::vector<Pair> renamed_;
    std::vector<Pair> folded_;
    std::vector<std::string_view> dwarf_;
    std::vector<MaskRule> rules_;
};

} // namespace kflow::build
