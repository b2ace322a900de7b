#pragma once
// Guards that no event answers: what one call shows of an object holds for that object everywhere.

#include "sim/check/forest.hpp"
#include "sim/kernel/facts.hpp"
#include "sim/model/ir.hpp"

#include <map>
#include <utility>
#include <vector>

namespace kflow::check {

class Settled {
public:
    /// What is settled so far.
    kernel::Answer answer(model::GuardId guard, kernel::ObjectId object) const;
    /// A call that fits only with this answer.
    void vote(model::GuardId guard, kernel::ObjectId object, bool yes, CallIndex call);
    /// Makes the majority of votes the answer, for those that have none yet; the first vote decides
    /// a tie. Forgets the votes that did not matter. Whether anything new is settled.
    bool adopt();
    /// The first call that voted so; kNoCall if none did.
    CallIndex voter(model::GuardId guard, kernel::ObjectId object, bool yes) const;

    struct Tie {
        model::GuardId guard = model::kNone<model::GuardId>;
        CallIndex adopted_by = kNoCall;
        CallIndex other = kNoCall;
    };
    /// Where as many calls said yes as no.
    std::vector<Tie> ties() const;

private:
    struct Votes {
        std::size_t count[2] = {0, 0};
        CallIndex first[2] = {kNoCall, kNoCall};
        kernel::Answer answer = kernel::Answer::unknown;
    };
    using Key = std::pair<model::GuardId, kernel::ObjectId>;
    std::map<Key, Votes> votes_;
};

} // namespace kflow::check
