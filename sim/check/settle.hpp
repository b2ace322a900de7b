#pragma once
// Guards that no event answers: what one call shows of an object holds for that object everywhere.

#include "sim/check/forest.hpp"
#include "sim/kernel/facts.hpp"
#include "sim/model/ir.hpp"

#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace kflow::check {

class Settled {
public:
    /// A call that fits only with one answer.
    struct Voter {
        CallIndex call = kNoCall; ///< of the window that it votes in: the first vote decides a tie
        std::uint32_t line = 0;
        trace::Name name;
        model::FunctionId function = model::kNone<model::FunctionId>;
    };

    /// What is settled so far.
    kernel::Answer answer(model::GuardId guard, kernel::ObjectId object) const;
    void vote(model::GuardId guard, kernel::ObjectId object, bool yes, Voter const& voter);
    /// Makes the majority of votes the answer, for those that have none yet; the first vote decides
    /// a tie. Forgets the votes that did not matter. Whether anything new is settled.
    bool adopt();
    /// The first call that voted so; null if none did.
    Voter const* voter(model::GuardId guard, kernel::ObjectId object, bool yes) const;

    struct Tie {
        model::GuardId guard = model::kNone<model::GuardId>;
        Voter adopted_by;
        Voter other;
    };
    /// Where as many calls said yes as no, each once.
    std::vector<Tie> take_ties();

    /// Forgets what is settled about objects that do not come again.
    void forget(std::function<bool(kernel::ObjectId)> const& is_gone);

private:
    struct Votes {
        std::size_t count[2] = {0, 0};
        Voter first[2];
        kernel::Answer answer = kernel::Answer::unknown;
    };
    using Key = std::pair<model::GuardId, kernel::ObjectId>;
    std::map<Key, Votes> votes_;
};

} // namespace kflow::check
