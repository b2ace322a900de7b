#include "sim/build/build_data.hpp"

#include "sim/build/call_site_text.hpp"

#include <algorithm>

namespace kflow::build {

MappedFile BuildFacts::Data::read(char const* file) {
    auto opened = MappedFile::open(folder + "/" + file);
    if (auto* diagnostic = std::get_if<Diagnostic>(&opened)) {
        trouble.push_back(*diagnostic);
        return {};
    }
    return std::get<MappedFile>(std::move(opened));
}

SymbolFile const& BuildFacts::Data::more() {
    if (!more_) {
        more_.emplace();
        if (auto file = read("symbols.more"); !file.text().empty()) {
            if (auto diagnostic = more_->parse(std::move(file), folder + "/symbols.more")) {
                trouble.push_back(*diagnostic);
            }
        }
    }
    return *more_;
}

CallSiteFile BuildFacts::Data::read_sites(char const* file) {
    CallSiteFile sites;
    sites.file = read(file);
    auto const text = sites.file.text();
    auto const head = text.find("%\n");
    if (head != std::string_view::npos) {
        sites.lines = SortedLines(text.substr(head + 2));
    } else if (!text.empty()) {
        trouble.push_back({Severity::error,
                           {folder + "/" + file, 0, 0},
                           "is not a file of call sites: it has no line \"%\"",
                           "",
                           "make it again with scripts/build-facts"});
    }
    return sites;
}

CallSiteFile const& BuildFacts::Data::near_sites() {
    if (!near_) {
        near_ = read_sites("callsites");
    }
    return *near_;
}

CallSiteFile const& BuildFacts::Data::far_sites() {
    if (!far_) {
        far_ = read_sites("callsites.more");
    }
    return *far_;
}

EventsFile const& BuildFacts::Data::events() {
    if (!events_) {
        events_.emplace();
        events_->file = read("events");
        if (auto diagnostic = parse_events(*events_, folder + "/events")) {
            trouble.push_back(*diagnostic);
        }
    }
    return *events_;
}

SortedLines const& BuildFacts::Data::config() {
    if (!config_) {
        config_file_ = read("config");
        auto text = config_file_.text();
        while (text.starts_with('#')) {
            take_field(text, '\n');
        }
        config_ = SortedLines(text);
    }
    return *config_;
}

namespace {

std::vector<Symbol> sorted_by_address(SymbolFile const& file) {
    std::vector<Symbol> all;
    file.each([&all](SymbolRecord const& record) {
        if (record.symbol.address != 0 && !record.is_alias) {
            all.push_back(record.symbol);
        }
    });
    std::sort(all.begin(), all.end(),
              [](Symbol const& a, Symbol const& b) { return a.address < b.address; });
    return all;
}

} // namespace

std::vector<Symbol> const& BuildFacts::Data::core_by_address() {
    if (!core_by_address_) {
        core_by_address_ = sorted_by_address(core);
    }
    return *core_by_address_;
}

std::vector<Symbol> const& BuildFacts::Data::more_by_address() {
    if (!more_by_address_) {
        more_by_address_ = sorted_by_address(more());
    }
    return *more_by_address_;
}

std::string_view BuildFacts::Data::property(std::string_view key) const {
    auto const at = std::find_if(properties.begin(), properties.end(),
                                 [key](auto const& entry) { return entry.first == key; });
    return at == properties.end() ? std::string_view{} : at->second;
}

int BuildFacts::Data::number(std::string_view key, int otherwise) const {
    return static_cast<int>(parse_decimal(property(key), static_cast<std::uint64_t>(otherwise)));
}

bool BuildFacts::Data::is_outside_core(std::string_view file) const {
    return !core.is_core(mask.unit(file));
}

namespace {

bool is_split_off(std::string_view symbol) {
    return is_part_symbol(symbol) || symbol.find(".cold") != std::string_view::npos;
}

} // namespace

std::vector<SymbolRecord> BuildFacts::Data::records_of(std::string_view function,
                                                       std::string_view file, bool parts) {
    std::vector<SymbolRecord> found;
    auto const unit = mask.unit(file);
    auto const take = [&](SymbolRecord const& record) {
        bool const fits =
            file.empty() || record.symbol.file.empty() || mask.unit(record.symbol.file) == unit;
        if (fits && (parts || !is_split_off(record.symbol.name))) {
            found.push_back(record);
        }
    };
    core.each_of(function, take);
    if (found.empty() && (file.empty() || is_outside_core(file))) {
        more().each_of(function, take);
    }
    return found;
}

std::vector<SymbolRecord> BuildFacts::Data::records_named(std::string_view symbol_name) {
    std::vector<SymbolRecord> found;
    auto const take = [&found](SymbolRecord const& record) { found.push_back(record); };
    core.each_named(symbol_name, take);
    if (found.empty()) {
        more().each_named(symbol_name, take);
    }
    return found;
}

std::string_view BuildFacts::Data::sites_text(Symbol const& caller) {
    auto const offset = caller.address - text_base;
    auto const in = [&](CallSiteFile const& sites) -> std::string_view {
        auto lines = sites.lines.equal(caller.name);
        while (!lines.empty()) {
            auto rest = take_field(lines, '\n');
            take_field(rest);
            if (parse_hex(take_field(rest), ~std::uint64_t{0}) == offset) {
                return rest;
            }
        }
        return {};
    };
    auto const text = in(near_sites());
    return text.data() ? text : in(far_sites());
}

std::vector<CallSite> const& BuildFacts::Data::sites_of(Symbol const& caller) {
    auto const at = parsed_sites_.find(caller.address);
    return at != parsed_sites_.end()
               ? at->second
               : parsed_sites_.emplace(caller.address, parse_sites(sites_text(caller)))
                     .first->second;
}

} // namespace kflow::build
