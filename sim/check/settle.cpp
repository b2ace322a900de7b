#include "sim/check/settle.hpp"

#include <algorithm>

namespace kflow::check {

kernel::Answer Settled::answer(model::GuardId guard, kernel::ObjectId object) const {
    auto const found = votes_.find({guard, object});
    return found == votes_.end() ? kernel::Answer::unknown : found->second.answer;
}

void Settled::vote(model::GuardId guard, kernel::ObjectId object, bool yes, CallIndex call) {
    auto& votes = votes_[{guard, object}];
    if (votes.answer != kernel::Answer::unknown) {
        return; // It was adopted: who contradicts it is not accepted and cannot vote.
    }
    auto& first = votes.first[yes ? 1 : 0];
    ++votes.count[yes ? 1 : 0];
    first = std::min(first, call);
}

bool Settled::adopt() {
    bool is_new = false;
    for (auto& [key, votes] : votes_) {
        if (votes.answer != kernel::Answer::unknown) {
            continue;
        }
        auto const yes = votes.count[1] != votes.count[0] ? votes.count[1] > votes.count[0]
                                                          : votes.first[1] < votes.first[0];
        votes.answer = kernel::to_answer(yes);
        is_new = true;
    }
    return is_new;
}

CallIndex Settled::voter(model::GuardId guard, kernel::ObjectId object, bool yes) const {
    auto const found = votes_.find({guard, object});
    return found == votes_.end() ? kNoCall : found->second.first[yes ? 1 : 0];
}

std::vector<Settled::Tie> Settled::ties() const {
    std::vector<Tie> all;
    for (auto const& [key, votes] : votes_) {
        if (votes.count[0] > 0 && votes.count[0] == votes.count[1]) {
            auto const yes = votes.answer == kernel::Answer::yes ? 1 : 0;
            all.push_back({key.first, votes.first[yes], votes.first[1 - yes]});
        }
    }
    return all;
}

} // namespace kflow::check
