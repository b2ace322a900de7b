#pragma once
// Whether the code of a function that has no curated body allows what its calls show: as written,
// or with switches to another task in between that the function did not ask for.

#include "sim/check/call_cases.hpp"
#include "sim/check/child_order.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kflow::check {

/// What the code says of a case, and what was learned.
struct Judgement {
    enum class Kind : std::uint8_t { unmodelled, allowed, unseen, impossible };
    Kind kind = Kind::unmodelled;
    std::size_t preemptions = 0;   ///< switches that the function did not ask for
    ChildList own = {};            ///< the children without those
    std::vector<std::size_t> kept; ///< which of the children those are
    ChildOrder::Reading reading;   ///< of them
};

/// Says of a case what the code allows. It is told what the tracer passes over.
class CaseJudge {
public:
    /// `orders` outlives this.
    CaseJudge(ChildOrders& orders, bool is_preemptible);

    /// Allowed, impossible, or unmodelled where nothing is known of the function's code.
    Judgement operator()(CallCase const& one) const;

    /// The tracer passes over a function: what it calls stands in its callers' places.
    void pass_over(trace::Name symbol) { untraced_.insert(symbol); }
    /// It does not, after all.
    void look_again(trace::Name symbol) { untraced_.erase(symbol); }

private:
    void pass_over_switching();
    void read(ChildOrder const& order, bool returned, Judgement& judgement) const;
    void remove_switch(ChildOrder const& order, std::size_t at, std::size_t length,
                       Judgement& judgement) const;
    void find_switches(ChildOrder const& order, bool returned, Judgement& judgement) const;
    void remove_whole_switches(ChildOrder const& order, bool returned, Judgement& judgement) const;
    std::size_t switch_at(ChildList const& children, std::size_t first) const;

    ChildOrders& orders_;
    ChildOrder const* switch_; ///< what a preempted function shows; null if there is no preemption
    NameSet untraced_;         ///< that the tracer passes over
};

} // namespace kflow::check
