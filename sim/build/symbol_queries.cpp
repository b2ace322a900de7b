// Symbols and call sites: the questions of BuildFacts that need no mask.
#include "sim/build/build_data.hpp"
#include "sim/build/call_site_text.hpp"

#include <algorithm>

namespace kflow::build {

namespace {

/// The record that is meant by a symbol's name: in the file, else traced, else the first by
/// address; null if there is none.
SymbolRecord const* preferred(std::vector<SymbolRecord> const& records, MaskTable const& mask,
                              std::string_view file) {
    auto const first = [&](auto const& wanted) -> SymbolRecord const* {
        auto const at = std::find_if(records.begin(), records.end(), wanted);
        return at == records.end() ? nullptr : &*at;
    };
    if (!file.empty()) {
        auto const unit = mask.unit(file);
        if (auto const* found =
                first([&](SymbolRecord const& r) { return mask.unit(r.symbol.file) == unit; })) {
            return found;
        }
    }
    if (auto const* found = first([](SymbolRecord const& r) { return r.symbol.traced; })) {
        return found;
    }
    return records.empty() ? nullptr : &records.front();
}

bool offset_before(CallSite const& a, CallSite const& b) {
    return a.return_offset < b.return_offset;
}

} // namespace

std::optional<Symbol> BuildFacts::symbol(std::string_view symbol_name,
                                         std::string_view file) const {
    auto const records = data_->records_named(symbol_name);
    auto const* found = preferred(records, data_->mask, file);
    return found ? std::optional(found->symbol) : std::nullopt;
}

std::vector<Symbol> BuildFacts::symbols_named(std::string_view symbol_name) const {
    std::vector<Symbol> found;
    auto const take = [&found](SymbolRecord const& record) { found.push_back(record.symbol); };
    data_->core.each_named(symbol_name, take);
    data_->more().each_named(symbol_name, take);
    std::stable_sort(found.begin(), found.end(),
                     [](Symbol const& a, Symbol const& b) { return a.address < b.address; });
    return found;
}

std::optional<Symbol> BuildFacts::symbol_of(std::string_view function,
                                            std::string_view file) const {
    auto const records =
        data_->records_of(function, file.ends_with(".h") ? std::string_view{} : file, false);
    if (records.empty()) {
        return std::nullopt;
    }
    auto const exact =
        std::find_if(records.begin(), records.end(),
                     [&](SymbolRecord const& record) { return record.symbol.name == function; });
    if (exact != records.end()) {
        return exact->symbol;
    }
    return preferred(records, data_->mask, file)->symbol;
}

std::vector<std::string_view> BuildFacts::parts_of(std::string_view function,
                                                   std::string_view file) const {
    std::vector<std::string_view> parts;
    for (auto const& record :
         data_->records_of(function, file.ends_with(".h") ? std::string_view{} : file, true)) {
        if (is_part_symbol(record.symbol.name)) {
            parts.push_back(record.symbol.name);
        }
    }
    return parts;
}

bool BuildFacts::is_traced(std::string_view symbol_name, std::string_view file) const {
    auto const found = symbol(symbol_name, file);
    return found && found->traced;
}

bool BuildFacts::is_frame(std::string_view symbol_name, std::string_view file) const {
    auto const records = data_->records_named(symbol_name);
    auto const* found = preferred(records, data_->mask, file);
    return found && found->frame;
}

bool BuildFacts::is_symbol(std::string_view symbol_name) const {
    return !data_->records_named(symbol_name).empty();
}

std::optional<Symbol> BuildFacts::symbol_at(std::uint64_t address) const {
    auto const& all = data_->by_address();
    auto const after = std::upper_bound(
        all.begin(), all.end(), address,
        [](std::uint64_t wanted, Symbol const& symbol) { return wanted < symbol.address; });
    if (after == all.begin()) {
        return std::nullopt;
    }
    auto const& found = *std::prev(after);
    bool const inside =
        found.size == 0 ? address == found.address : address - found.address < found.size;
    return inside ? std::optional(found) : std::nullopt;
}

std::vector<std::string_view> BuildFacts::traced_symbols() const {
    std::vector<std::string_view> names;
    for (SymbolFile const* file : {static_cast<SymbolFile const*>(&data_->core), &data_->more()}) {
        for (std::size_t index = 0; index < file->size(); ++index) {
            if (auto const record = file->record(index); record.symbol.traced) {
                names.push_back(record.symbol.name);
            }
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::optional<BuildFacts::Place> BuildFacts::return_place(Symbol const& caller,
                                                          std::uint32_t return_offset) const {
    if (return_offset < caller.size) {
        return Place{caller, return_offset};
    }
    auto const found = symbol_at(caller.address + return_offset);
    if (!found) {
        return std::nullopt;
    }
    return Place{*found,
                 static_cast<std::uint32_t>(caller.address + return_offset - found->address)};
}

std::string_view BuildFacts::alias_of(std::string_view symbol_name) const {
    return data_->mask.alias(symbol_name);
}

std::vector<CallSite> BuildFacts::call_sites(std::string_view caller_symbol,
                                             std::string_view file) const {
    auto const caller = symbol(caller_symbol, file);
    return caller ? parse_sites(data_->sites_text(*caller)) : std::vector<CallSite>{};
}

std::vector<CallSite> BuildFacts::call_sites_of(std::string_view caller_symbol,
                                                std::string_view callee_symbol,
                                                std::string_view file) const {
    auto sites = call_sites(caller_symbol, file);
    std::erase_if(sites, [&](CallSite const& site) { return site.callee != callee_symbol; });
    std::stable_sort(sites.begin(), sites.end(), offset_before);
    return sites;
}

std::vector<std::string_view> BuildFacts::callees(std::string_view caller_symbol,
                                                  std::string_view file) const {
    std::vector<std::string_view> names;
    if (auto const caller = symbol(caller_symbol, file)) {
        add_callees(data_->sites_text(*caller), names);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

} // namespace kflow::build
