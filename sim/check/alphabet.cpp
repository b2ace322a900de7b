#include "sim/check/alphabet.hpp"

namespace kflow::check {

Symbol Alphabet::add(std::string_view name) {
    if (auto const known = numbers_.find(name); known != numbers_.end()) {
        return known->second;
    }
    auto const symbol = static_cast<Symbol>(names_.size());
    names_.emplace_back(name);
    numbers_.emplace(names_.back(), symbol);
    return symbol;
}

Symbol Alphabet::add(trace::Name name) {
    auto& known = known_.at(name);
    if (known.symbol == kNoSymbol) {
        known.symbol = add(name.view());
    }
    return known.symbol;
}

Symbol Alphabet::find(std::string_view name) const {
    auto const known = numbers_.find(name);
    return known == numbers_.end() ? kNoSymbol : known->second;
}

std::string_view Alphabet::name(Symbol symbol) const {
    return symbol == kNoSymbol ? std::string_view{} : names_[static_cast<std::size_t>(symbol)];
}

Symbol add_event(Alphabet& alphabet, std::string_view event) {
    std::string name(1, '@');
    name.append(event);
    return alphabet.add(name);
}

bool is_event(Alphabet const& alphabet, Symbol symbol) {
    return alphabet.name(symbol).starts_with('@');
}

} // namespace kflow::check
