#pragma once
// The calls of a capture by what they show: most are alike, and what is said of one holds for all.

#include "sim/check/learned_profile.hpp"
#include "sim/trace/name.hpp"
#include "sim/trace/name_table.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace kflow::check {

/// Calls of one function with the same children.
struct CallCase {
    trace::Name symbol;
    ChildList children; ///< their symbols
    bool returned = false;
    std::size_t calls = 0;
};

/// Cases, in the order in which they were first seen.
class CallCases {
public:
    /// The number of the case; that of a new one, without calls, if there is none.
    std::uint32_t find_or_add(trace::Name symbol, ChildList const& children, bool returned);

    CallCase& operator[](std::size_t number) { return cases_[number]; }
    CallCase const& operator[](std::size_t number) const { return cases_[number]; }
    std::size_t size() const { return cases_.size(); }
    auto begin() const { return cases_.begin(); }
    auto end() const { return cases_.end(); }

private:
    std::uint32_t leaf(trace::Name symbol);

    std::vector<CallCase> cases_;
    trace::NameTable<std::uint32_t> leaves_; ///< 1 + the number; 0: there is none
    std::unordered_map<std::size_t, std::vector<std::uint32_t>> by_hash_;
};

} // namespace kflow::check
