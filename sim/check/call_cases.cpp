#include "sim/check/call_cases.hpp"

namespace kflow::check {

namespace {

std::size_t mixed(std::size_t hash, std::size_t number) {
    constexpr std::size_t kFactor = 0x9e3779b97f4a7c15;
    return (hash ^ number) * kFactor ^ (hash >> 29);
}

std::size_t hash_of(trace::Name symbol, ChildList const& children, bool returned) {
    std::size_t hash = symbol.number() * 2 + (returned ? 1 : 0);
    for (auto const child : children) {
        hash = mixed(hash, child.number());
    }
    return hash;
}

} // namespace

std::uint32_t CallCases::leaf(trace::Name symbol) {
    auto& leaf = leaves_.at(symbol);
    if (leaf == 0) {
        cases_.push_back({symbol, {}, true, 0});
        leaf = static_cast<std::uint32_t>(cases_.size());
    }
    return leaf - 1;
}

std::uint32_t CallCases::find_or_add(trace::Name symbol, ChildList const& children, bool returned) {
    if (children.empty() && returned) {
        return leaf(symbol); // most calls are
    }
    auto& alike = by_hash_[hash_of(symbol, children, returned)];
    for (auto const number : alike) {
        auto const& known = cases_[number];
        if (known.symbol == symbol && known.returned == returned && known.children == children) {
            return number;
        }
    }
    alike.push_back(static_cast<std::uint32_t>(cases_.size()));
    cases_.push_back({symbol, children, returned, 0});
    return alike.back();
}

} // namespace kflow::check
