#include "sim/check/traits.hpp"

#include <map>
#include <set>

namespace kflow::check {
namespace {

/// Collects what tells a build: names of functions and of their callers, sizes, and who calls whom.
struct TraitCollector {
    std::set<trace::Name> symbols;
    std::set<trace::Name> frames;
    std::map<trace::Name, std::uint64_t> sizes;
    std::set<std::pair<trace::Name, trace::Name>> calls;    ///< caller, callee
    std::map<trace::Name, std::vector<trace::Name>> events; ///< name → fields

    void see(trace::Location const& place, std::set<trace::Name>& names) {
        if (place.symbol.empty() || !place.module.empty()) {
            return;
        }
        names.insert(place.symbol);
        if (place.has_offset()) {
            sizes[place.symbol] = place.size;
        }
    }

    void see(trace::GraphFunction const& function) {
        if (function.module.empty()) {
            symbols.insert(function.name);
        }
    }

    void see(trace::Event const& event) {
        if (auto const* call = event.as<trace::FunctionEntry>()) {
            see(call->ip, symbols);
            see(call->parent, frames);
            if (call->ip.module.empty() && call->parent.module.empty() &&
                !call->parent.symbol.empty()) {
                calls.emplace(call->parent.symbol, call->ip.symbol);
            }
        } else if (auto const* entry = event.as<trace::GraphEntry>()) {
            see(entry->function);
        } else if (auto const* leaf = event.as<trace::GraphLeaf>()) {
            see(leaf->function);
        } else if (auto const* stack = event.as<trace::StackTrace>(); stack && !stack->user) {
            for (auto const& frame : stack->frames) {
                see(frame, frames);
            }
        } else if (auto const* fields = event.as<trace::TraceEvent>()) {
            auto const [place, is_new] = events.try_emplace(fields->name);
            for (auto const& field : fields->fields) {
                if (is_new) {
                    place->second.push_back(field.key);
                }
            }
        }
    }
};

} // namespace

build::CaptureTraits traits_of(std::span<trace::Event const> events) {
    TraitCollector collector;
    for (auto const& event : events) {
        collector.see(event);
    }
    build::CaptureTraits traits;
    for (auto const symbol : collector.symbols) {
        traits.symbols.emplace_back(symbol.view());
    }
    for (auto const frame : collector.frames) {
        traits.frames.emplace_back(frame.view());
    }
    for (auto const& [symbol, size] : collector.sizes) {
        traits.sizes.push_back({std::string(symbol.view()), size});
    }
    for (auto const& [caller, callee] : collector.calls) {
        traits.calls.push_back({std::string(caller.view()), std::string(callee.view())});
    }
    for (auto const& [event, fields] : collector.events) {
        auto& known = traits.events.emplace_back();
        known.name = event.view();
        for (auto const field : fields) {
            known.fields.emplace_back(field.view());
        }
    }
    return traits;
}

} // namespace kflow::check
