#pragma once
// Which functions a filtered trace can show in the middle of any other: those that an interrupt, or
// a fault in the kernel, comes to without passing a function that the trace shows.

#include "sim/model/ir.hpp"

#include <set>
#include <string>
#include <vector>

namespace kflow::check {

/// The program must outlive it only while it is made.
class InterruptReach {
public:
    InterruptReach(model::Program const& program, std::set<std::string, std::less<>> const& shown);

    /// True for all functions that the model has no body of: nothing is known of their callers.
    bool can_interrupt(model::FunctionId function) const {
        return function == model::kNone<model::FunctionId> || reached_[model::index_of(function)];
    }

private:
    std::vector<bool> reached_;
};

} // namespace kflow::check
