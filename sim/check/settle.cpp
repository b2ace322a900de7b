#include "sim/check/settle.hpp"

namespace kflow::check {

kernel::Answer Settled::answer(model::GuardId guard, kernel::ObjectId object) const {
    auto const found = votes_.find({guard, object});
    return found == votes_.end() ? kernel::Answer::unknown : found->second.answer;
}

void Settled::vote(model::GuardId guard, kernel::ObjectId object, bool yes, Voter const& voter) {
    auto& votes = votes_[{guard, object}];
    if (votes.answer != kernel::Answer::unknown) {
        return; // It was adopted: who contradicts it is not accepted and cannot vote.
    }
    auto& first = votes.first[yes ? 1 : 0];
    ++votes.count[yes ? 1 : 0];
    if (voter.call < first.call) {
        first = voter;
    }
}

bool Settled::adopt() {
    bool is_new = false;
    for (auto& [key, votes] : votes_) {
        if (votes.answer != kernel::Answer::unknown) {
            continue;
        }
        auto const yes = votes.count[1] != votes.count[0]
                             ? votes.count[1] > votes.count[0]
                             : votes.first[1].call < votes.first[0].call;
        votes.answer = kernel::to_answer(yes);
        is_new = true;
    }
    return is_new;
}

Settled::Voter const* Settled::voter(model::GuardId guard, kernel::ObjectId object,
                                     bool yes) const {
    auto const found = votes_.find({guard, object});
    auto const* voter = found == votes_.end() ? nullptr : &found->second.first[yes ? 1 : 0];
    return voter && voter->call != kNoCall ? voter : nullptr;
}

std::vector<Settled::Tie> Settled::take_ties() {
    std::vector<Tie> all;
    for (auto& [key, votes] : votes_) {
        if (votes.count[0] > 0 && votes.count[0] == votes.count[1]) {
            auto const yes = votes.answer == kernel::Answer::yes ? 1 : 0;
            all.push_back({key.first, votes.first[yes], votes.first[1 - yes]});
            votes.count[1 - yes] = 0;
        }
    }
    return all;
}

void Settled::forget(std::function<bool(kernel::ObjectId)> const& is_gone) {
    std::erase_if(votes_, [&](auto const& entry) { return is_gone(entry.first.second); });
}

} // namespace kflow::check
