#pragma once
// What a BuildFacts owns. Private to sim/build.

#include "sim/base/mapped_file.hpp"
#include "sim/build/build_facts.hpp"
#include "sim/build/mask_table.hpp"
#include "sim/build/sorted_lines.hpp"
#include "sim/build/symbol_file.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kflow::build {

/// One of the two files of call sites: `CALLER<TAB>ADDRESS<TAB>SITE SITE …`, sorted by caller.
struct CallSiteFile {
    MappedFile file;
    SortedLines lines;
};

/// The `events` file, parsed.
struct EventsFile {
    MappedFile file;
    struct Block {
        EventFormat head;       ///< without its fields and its print_fmt
        std::string_view lines; ///< that these are read from when somebody asks
    };
    std::vector<Block> events; ///< by system and name
    std::vector<std::string_view> options;
    std::vector<std::string_view> tracers;
};

struct BuildFacts::Data {
    std::string name;
    std::string folder;

    MappedFile build_file;
    std::vector<std::pair<std::string_view, std::string_view>> properties;
    KernelVersion version;
    SymbolFile core;
    MaskTable mask;
    std::uint64_t text_base = 0;

    // Read when first asked for; a file that cannot be read leaves its value empty and a diagnostic
    // in `trouble`.
    SymbolFile const& more();
    CallSiteFile const& near_sites();
    CallSiteFile const& far_sites();
    EventsFile const& events();
    SortedLines const& config();
    /// Symbols with an address, by address; of several at one the kernel's choice alone.
    std::vector<Symbol> const& core_by_address();
    std::vector<Symbol> const& more_by_address();

    std::string_view property(std::string_view key) const;
    int number(std::string_view key, int otherwise) const;

    /// Symbols that may hold code of a function of that file: those of its compiled file, and those
    /// whose file is unknown. With no file all of them. Exact name first, then by name; `.part` and
    /// `.cold` only if asked for.
    std::vector<SymbolRecord> records_of(std::string_view function, std::string_view file,
                                         bool parts);
    /// The same for one exact symbol name.
    std::vector<SymbolRecord> records_named(std::string_view symbol_name);
    /// Whether symbols of that file can stand in the large file only.
    bool is_outside_core(std::string_view file) const;

    /// The lines of call sites of a symbol: its sites text, empty if none is known.
    std::string_view sites_text(Symbol const& caller);

    /// The same, parsed once; ascending.
    std::vector<CallSite> const& sites_of(Symbol const& caller);

    std::vector<Diagnostic> trouble;

private:
    MappedFile read(char const* file);
    CallSiteFile read_sites(char const* file);

    std::optional<SymbolFile> more_;
    std::optional<CallSiteFile> near_;
    std::optional<CallSiteFile> far_;
    std::optional<EventsFile> events_;
    std::optional<SortedLines> config_;
    MappedFile config_file_;
    std::optional<std::vector<Symbol>> core_by_address_;
    std::optional<std::vector<Symbol>> more_by_address_;
    std::map<std::uint64_t, std::vector<CallSite>> parsed_sites_; ///< by the caller's address
};

/// Parses the text of an events file; views point into events.file.
std::optional<Diagnostic> parse_events(EventsFile& events, std::string const& path);

} // namespace kflow::build
