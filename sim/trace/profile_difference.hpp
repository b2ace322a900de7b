#pragma once
// What two captures' functions did different.

#include "sim/trace/call_profile.hpp"

#include <string>
#include <vector>

namespace kflow::trace {

/// How often a function called another, in each of the two captures.
struct CalleeDifference {
    std::string callee;
    std::size_t first = 0; ///< all together
    std::size_t second = 0;
    double first_per_call = 0;
    double second_per_call = 0;
};

struct ProfileDifference {
    struct Function {
        std::string name;
        std::size_t first = 0; ///< calls of it; 0: it is not in that capture
        std::size_t second = 0;
        std::vector<std::string> callers = {}; ///< of a function that only one capture has
        std::vector<CalleeDifference> callees = {};
        /// The most frequent order of the children that both captures have, where it is another.
        std::vector<std::string> first_order = {};
        std::vector<std::string> second_order = {};

        bool in_both() const { return first > 0 && second > 0; }
        bool is_changed() const {
            return !in_both() || !callees.empty() || first_order != second_order;
        }
    };
    std::vector<Function> functions; ///< all of both, by name
    bool orders_known = true;        ///< both captures tell in which order children were called
    bool nothing_changed() const;
};

/// Two runs of one kernel never make the same counts. A callee is a difference if it was called in
/// one capture only, or if a call made it at least twice as often in the one as in the other and at
/// least once more.
ProfileDifference compare_profiles(CallProfile const& first, CallProfile const& second);

} // namespace kflow::trace
