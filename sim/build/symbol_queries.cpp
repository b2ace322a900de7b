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

namespace {

std::optional<Symbol> covering(std::vector<Symbol> const& by_address, std::uint64_t address) {
    auto const after = std::upper_bound(
        by_address.begin(), by_address.end(), address,
        [](std::uint64_t wanted, Symbol const& symbol) { return wanted < symbol.address; });
    if (after == by_address.begin()) {
        return std::nullopt;
    }
    auto const& found = *std::prev(after);
    bool const inside =
        found.size == 0 ? address == found.address : address - found.address < found.size;
    return inside ? std::optional(found) : std::nullopt;
}

} // namespace

std::optional<Symbol> BuildFacts::symbol_at(std::uint64_t address) const {
    // A symbol goes up to the next one, so what the core's cover is settled.
    if (auto const found = covering(data_->core_by_address(), address)) {
        return found;
    }
    return covering(data_->more_by_address(), address);
}

std::vector<std::string_view> BuildFacts::traced_symbols() const {
    std::vector<std::string_view> names;
    for (SymbolFile const* file : {static_cast<SymbolFile const*>(&data_->core), &data_->more()}) {
        file->each([&names](SymbolRecord const& record) {
            if (record.symbol.traced) {
                names.push_back(record.symbol.name);
            }
        });
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
    auto const address = caller.address + return_offset;
    auto const next = data_->mask.symbol_after(caller.name);
    for (auto const& record : data_->records_named(next)) {
        if (record.symbol.address == address) {
            return Place{record.symbol, 0};
        }
    }
    auto const found = symbol_at(address);
    if (!found) {
        return std::nullopt;
    }
    return Place{*found, static_cast<std::uint32_t>(address - found->address)};
}

std::string_view BuildFacts::alias_of(std::string_view symbol_name) const {
    return data_->mask.alias(symbol_name);
}

std::string_view BuildFacts::folded_into(std::string_view function) const {
    return data_->mask.folded(function);
}

std::vector<CallSite> const& BuildFacts::call_sites(std::string_view caller_symbol,
                                                    std::string_view file) const {
    static std::vector<CallSite> const none;
    auto const caller = symbol(caller_symbol, file);
    return caller ? data_->sites_of(*caller) : none;
}

std::vector<CallSite> const& BuildFacts::call_sites(Symbol const& caller) const {
    return data_->sites_of(caller);
}

std::vector<CallSite> BuildFacts::call_sites_of(std::string_view caller_symbol,
                                                std::string_view callee_symbol,
                                                std::string_view file) const {
    auto const caller = symbol(caller_symbol, file);
    return caller ? call_sites_of(*caller, callee_symbol) : std::vector<CallSite>{};
}

std::vector<CallSite> BuildFacts::call_sites_of(Symbol const& caller,
                                                std::string_view callee_symbol) const {
    std::vector<CallSite> sites;
    CallSite const* indirect = nullptr;
    bool is_only_indirect = true;
    for (auto const& site : call_sites(caller)) {
        if (site.callee == callee_symbol) {
            sites.push_back(site);
        }
        if (site.is_indirect) {
            is_only_indirect =
                is_only_indirect && (!indirect || indirect->return_offset == site.return_offset);
            indirect = &site;
        }
    }
    if (sites.empty() && indirect && is_only_indirect && is_symbol(callee_symbol)) {
        sites.push_back({indirect->return_offset, callee_symbol, SiteOrigin::image, true, 0});
    }
    return sites;
}

std::optional<CallSite> BuildFacts::next_site(std::string_view caller_symbol,
                                              std::string_view callee_symbol,
                                              std::uint32_t previous_offset,
                                              std::string_view file) const {
    auto const sites = call_sites_of(caller_symbol, callee_symbol, file);
    CallSite const* behind = nullptr;
    CallSite const* most_seen = nullptr;
    for (auto const& site : sites) {
        if (site.return_offset > previous_offset) {
            if (site.seen > 0) {
                return site;
            }
            behind = behind ? behind : &site;
        }
        most_seen = !most_seen || site.seen > most_seen->seen ? &site : most_seen;
    }
    auto const* chosen = behind ? behind : most_seen;
    return chosen ? std::optional(*chosen) : std::nullopt;
}

std::vector<std::string_view> BuildFacts::callees(std::string_view caller_symbol,
                                                  std::string_view file) const {
    std::vector<std::string_view> names;
    if (auto const caller = symbol(caller_symbol, file)) {
        add_callees(data_->sites_of(*caller), names);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

} // namespace kflow::build
