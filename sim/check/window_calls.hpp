#pragma once
// Which functions of the model the calls of one window are of.

#include "sim/check/evidence.hpp"

#include <vector>

namespace kflow::check {

/// Of one window, which must outlive it.
class WindowCalls {
public:
    explicit WindowCalls(Evidence const& evidence);

    /// None where the model does not name it.
    model::FunctionId function(CallIndex call) const { return functions_[call]; }
    /// A name that several files have: the caller's text says which one it calls. Whether that is
    /// new.
    bool set_function(CallIndex call, model::FunctionId function);

    /// Whether its function has a body, and enough of the call is seen to hold it against that.
    bool is_judged(CallIndex call) const;
    /// Of functions that the model names, in the order they began.
    std::vector<CallIndex> const& known() const { return known_; }

private:
    bool is_looked_at(CallIndex call) const;

    model::Program const& program_;
    Forest const& forest_;
    std::vector<model::FunctionId> functions_; ///< of each call
    std::vector<CallIndex> known_;
};

} // namespace kflow::check
