#pragma once
// A line on the terminal that says how far a long run has come. It looks on and changes nothing: the
// log is the same with and without it.

#include "sim/engine/observer.hpp"

#include <chrono>

namespace kflow::cli {

class Progress : public engine::Observer {
public:
    Progress();
    void on_step(engine::Step const& step, kernel::Machine const& machine) override;
    /// Takes the line away, if there is one.
    void clear();
    /// Whether somebody would see it: standard error is a terminal.
    static bool is_wanted();

private:
    std::chrono::steady_clock::time_point next_; ///< when the line is due again
    std::uint64_t seen_ = 0;
    bool shown_ = false;
};

} // namespace kflow::cli
