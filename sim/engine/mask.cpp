#include "sim/engine/mask.hpp"

#include "sim/model/interner.hpp"

#include <algorithm>

namespace kflow::engine {

using kernel::Show;

namespace {

/// What addresses of kernels begin with (arch/arm64/include/asm/memory.h, PAGE_OFFSET).
constexpr std::uint64_t kKernelSpace = 1ULL << 63;

} // namespace

std::string_view Mask::source_of(model::FunctionId function) const {
    if (function == model::kNone<model::FunctionId>) {
        return {};
    }
    auto const file = model_[function].file;
    return file == model::kNone<model::FileId> ? std::string_view()
                                               : model_.sources[model::index_of(file)];
}

std::uint64_t Mask::remember(std::optional<build::Symbol> symbol) const {
    if (!symbol) {
        return 0;
    }
    if (symbol->address == 0) { // A module's, which lies somewhere else in each boot.
        symbol->address = model::NameHash()(symbol->name) & ~kKernelSpace;
    }
    symbols_.emplace(symbol->address, *symbol);
    return symbol->address;
}

build::Symbol Mask::symbol(std::uint64_t address) const {
    auto const& known = model_.mask.symbols;
    auto const at = std::lower_bound(
        known.begin(), known.end(), address,
        [](auto const& known_one, std::uint64_t wanted) { return known_one.address < wanted; });
    if (at != known.end() && at->address == address) {
        return {at->name, at->address, at->size, at->traced != 0, at->file};
    }
    auto const found = symbols_.find(address);
    return found == symbols_.end() ? build::Symbol() : found->second;
}

MaskedCall Mask::call(model::Pc from, model::FunctionId caller, model::FunctionId callee,
                      std::uint64_t outer, bool indirect) const {
    for (auto const& answer : model_.mask.of(from)) { // seldom more than three
        if (answer.outer == outer && answer.callee == callee) {
            return {static_cast<Show>(answer.show), answer.symbol, answer.return_offset};
        }
    }
    Key const key{from, static_cast<std::uint32_t>(callee), outer};
    auto found = calls_.find(key);
    if (found == calls_.end()) {
        found = calls_.emplace(key, look_up(from, caller, callee, outer, indirect)).first;
    }
    return found->second;
}

/// Which of the caller's calls of the same callee the instruction is, from 1.
int Mask::site_of(model::Pc from, model::FunctionId caller, model::FunctionId callee) const {
    int site = 0;
    for (auto const& instruction : model_.body(caller)) {
        auto const pc = static_cast<model::Pc>(&instruction - model_.code.data());
        if (instruction.op == model::Op::call &&
            instruction.subject == static_cast<std::uint32_t>(callee)) {
            ++site;
        }
        if (pc == from) {
            break;
        }
    }
    return site;
}

MaskedCall Mask::look_up(model::Pc from, model::FunctionId caller, model::FunctionId callee,
                         std::uint64_t outer, bool indirect) const {
    auto const name = model_[callee].name;
    auto const file = source_of(callee);
    bool const from_code = caller != model::kNone<model::FunctionId> && from < model_.code.size();
    build::Visibility seen;
    if (indirect || !from_code) {
        seen = build_.called(name, file);
    } else {
        build::Edge edge;
        edge.caller = model_[caller].name;
        edge.caller_file = source_of(caller);
        edge.callee = name;
        edge.callee_file = file;
        auto const holder = symbol(outer);
        edge.outer = build::function_of_symbol(holder.name);
        edge.outer_file = holder.file;
        edge.site = site_of(from, caller, callee);
        seen = build_.edge(edge);
    }
    MaskedCall result{Show::inlined, outer, 0};
    if (seen.kind == build::EdgeKind::inlined && !seen.parts.empty() && model_[callee].has_body) {
        // Its head is inlined, its tail is called. What the head asks is not said without a body:
        // most tails are for what seldom happens.
        seen.code = build_.symbol(seen.parts.front(), file);
    }
    auto const address = remember(seen.code);
    if (address == 0) {
        return result;
    }
    result.show = seen.code->traced ? Show::visible : Show::hidden;
    result.symbol = address;
    result.return_offset = return_offset(from, caller, callee, outer, seen.code->name);
    return result;
}

std::uint32_t Mask::return_offset(model::Pc from, model::FunctionId caller,
                                  model::FunctionId callee, std::uint64_t outer,
                                  std::string_view callee_symbol) const {
    auto const holder = symbol(outer);
    if (holder.name.empty()) {
        return 0;
    }
    auto sites = build_.call_sites_of(holder, callee_symbol);
    if (sites.empty()) {
        for (auto const& site : build_.call_sites(holder)) {
            if (site.callee.empty()) {
                sites.push_back(site); // indirect: any of them
            }
        }
    }
    if (sites.empty()) {
        return build_.entry_offset();
    }
    auto const most = std::max_element(
        sites.begin(), sites.end(), [](auto const& a, auto const& b) { return a.seen < b.seen; });
    if (most->seen != 0 || caller == model::kNone<model::FunctionId>) {
        return most->return_offset;
    }
    auto const site = static_cast<std::size_t>(std::max(1, site_of(from, caller, callee)));
    return sites[std::min(site, sites.size()) - 1].return_offset;
}

} // namespace kflow::engine
