#pragma once
// Names as small numbers, private to one check: what an automaton reads.

#include "sim/trace/name_table.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace kflow::check {

/// A function as a capture can show it (without compiler suffix), or an event ("@sched_switch").
enum class Symbol : std::uint32_t {};

inline constexpr Symbol kNoSymbol{~std::uint32_t{0}};

/// Gives every name one number, in the order of asking. Owns the names.
class Alphabet {
public:
    Symbol add(std::string_view name);
    /// Likewise; asked for every call of a capture.
    Symbol add(trace::Name name);
    /// kNoSymbol if nobody added it.
    Symbol find(std::string_view name) const;
    std::string_view name(Symbol symbol) const;
    std::size_t size() const { return names_.size(); }

private:
    std::deque<std::string> names_;
    std::map<std::string_view, Symbol> numbers_;
    struct Known {
        Symbol symbol = kNoSymbol;
    };
    trace::NameTable<Known> known_; ///< of those that were added by name
};

/// The symbol that stands for a trace event among a call's children.
Symbol add_event(Alphabet& alphabet, std::string_view event);

/// Whether it is an event's.
bool is_event(Alphabet const& alphabet, Symbol symbol);

} // namespace kflow::check
