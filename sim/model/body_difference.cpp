#include "sim/model/body_difference.hpp"

#include <algorithm>
#include <functional>

namespace kflow::model {

namespace {

using Steps = std::vector<BodyStep>;

/// Steps of both bodies between two that they have in common.
struct Gap {
    std::size_t first_begin, first_end;
    std::size_t second_begin, second_end;
};

/// lengths[i][j]: of the longest common subsequence of what follows first[i] and second[j].
std::vector<std::vector<std::size_t>> common_lengths(Steps const& first, Steps const& second) {
    std::vector<std::vector<std::size_t>> lengths(first.size() + 1,
                                                  std::vector<std::size_t>(second.size() + 1));
    for (std::size_t i = first.size(); i-- > 0;) {
        for (std::size_t j = second.size(); j-- > 0;) {
            lengths[i][j] = first[i] == second[j] ? lengths[i + 1][j + 1] + 1
                                                  : std::max(lengths[i + 1][j], lengths[i][j + 1]);
        }
    }
    return lengths;
}

std::vector<Gap> gaps_between(Steps const& first, Steps const& second) {
    auto const lengths = common_lengths(first, second);
    std::vector<Gap> gaps;
    Gap gap{0, 0, 0, 0};
    auto const close = [&gaps, &gap](std::size_t i, std::size_t j) {
        gap.first_end = i;
        gap.second_end = j;
        if (gap.first_begin < i || gap.second_begin < j) {
            gaps.push_back(gap);
        }
        gap = {i + 1, i + 1, j + 1, j + 1};
    };
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < first.size() && j < second.size()) {
        if (first[i] == second[j]) {
            close(i++, j++);
        } else if (lengths[i + 1][j] >= lengths[i][j + 1]) {
            ++i;
        } else {
            ++j;
        }
    }
    close(first.size(), second.size());
    return gaps;
}

/// Errors are no such: two that a function returns for two reasons have only the number in common.
bool same_call(BodyStep const& a, BodyStep const& b) {
    auto const is_call = [](BodyStep const& step) { return step.kind <= BodyStep::Kind::pointer; };
    bool const both_events = a.kind == b.kind && a.kind == BodyStep::Kind::event;
    return a.name == b.name && (both_events || (is_call(a) && is_call(b)));
}

std::string name_before(Steps const& steps, std::size_t at) {
    return at == 0 ? std::string() : steps[at - 1].name;
}

class Comparison {
public:
    Comparison(Steps const& first, Steps const& second) : first_(first), second_(second) {}

    std::vector<StepDifference> compare() {
        collect();
        pair_up(StepDifference::Kind::order, std::equal_to<>());
        pair_up(StepDifference::Kind::condition, same_call);
        for (auto& found : found_) {
            if (!found.taken && !moves_along(found.difference)) {
                result_.push_back(std::move(found.difference));
            }
        }
        return std::move(result_);
    }

private:
    struct Found {
        StepDifference difference;
        std::size_t at; ///< in the body that has it
        bool taken = false;
    };

    void collect() {
        for (auto const& gap : gaps_between(first_, second_)) {
            for (auto i = gap.first_begin; i < gap.first_end; ++i) {
                found_.push_back({{StepDifference::Kind::removed, first_[i], {}}, i});
            }
            for (auto j = gap.second_begin; j < gap.second_end; ++j) {
                found_.push_back({{StepDifference::Kind::added, {}, second_[j]}, j});
            }
        }
    }

    /// What left one place and came to another: one difference, where it came to.
    void pair_up(StepDifference::Kind kind,
                 std::function<bool(BodyStep const&, BodyStep const&)> const& same) {
        for (auto& added : found_) {
            if (added.taken || added.difference.kind != StepDifference::Kind::added) {
                continue;
            }
            auto const removed = std::ranges::find_if(found_, [&](Found const& other) {
                return !other.taken && other.difference.kind == StepDifference::Kind::removed &&
                       same(other.difference.before, added.difference.after);
            });
            if (removed != found_.end()) {
                removed->taken = true;
                added.difference.kind = kind;
                added.difference.before = removed->difference.before;
                added.difference.behind_before = name_before(first_, removed->at);
                added.difference.behind_after = name_before(second_, added.at);
            }
        }
    }

    /// A run of steps that moved as a whole is told by its first.
    bool moves_along(StepDifference const& difference) const {
        return difference.kind == StepDifference::Kind::order && !result_.empty() &&
               result_.back().kind == StepDifference::Kind::order &&
               difference.behind_before == difference.behind_after;
    }

    Steps const& first_;
    Steps const& second_;
    std::vector<Found> found_;
    std::vector<StepDifference> result_;
};

} // namespace

std::vector<StepDifference> compare_steps(Steps const& first, Steps const& second) {
    return first == second ? std::vector<StepDifference>() : Comparison(first, second).compare();
}

std::vector<Replacement> replacements(Steps const& first, Steps const& second) {
    std::vector<Replacement> found;
    if (first == second) {
        return found;
    }
    for (auto const& gap : gaps_between(first, second)) {
        for (auto i = gap.first_begin; i < gap.first_end; ++i) {
            for (auto j = gap.second_begin; j < gap.second_end; ++j) {
                if (first[i].kind == second[j].kind && first[i].condition == second[j].condition) {
                    found.push_back({first[i].name, second[j].name});
                }
            }
        }
    }
    return found;
}

} // namespace kflow::model
