// Functions that got another name: the evidence for it, and which pairs it is enough for.
#include "sim/model/function_pairs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace kflow::model {

namespace {

using Places = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

std::vector<BodyStep> steps_of_side(ComparedBuild const& build,
                                    FunctionDifference::Side const& side) {
    return side.described ? steps_of(build.calls->program(), (*build.calls)[side.node].function)
                          : std::vector<BodyStep>();
}

std::set<std::string_view> words_of(std::string_view name) {
    std::set<std::string_view> words;
    while (!name.empty()) {
        auto const end = std::min(name.find('_'), name.size());
        if (end > 0) {
            words.insert(name.substr(0, end));
        }
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    return words;
}

bool are_alike(std::string_view a, std::string_view b) {
    auto const first = words_of(a);
    auto const second = words_of(b);
    auto const shared = std::ranges::count_if(
        first, [&second](std::string_view word) { return second.contains(word); });
    return 2 * static_cast<std::size_t>(shared) >= std::max(first.size(), second.size());
}

/// How many steps of one body the other has too, wherever they stand.
std::size_t common_steps(std::vector<BodyStep> first, std::vector<BodyStep> second) {
    std::ranges::sort(first);
    std::ranges::sort(second);
    std::vector<BodyStep> common;
    std::ranges::set_intersection(first, second, std::back_inserter(common));
    return common.size();
}

class RenameSearch {
public:
    RenameSearch(std::vector<FunctionDifference>& functions, ComparedBuild const& first,
                 ComparedBuild const& second)
        : functions_(functions), first_(first), second_(second) {}

    void search() {
        find_places();
        for (auto const& [weight, gone, added] : candidates()) {
            auto& from = functions_[gone];
            auto& to = functions_[added];
            if (!from.renamed && !to.renamed) {
                to.evidence = evidence(from, to);
                to.renamed = from.renamed = true;
                to.first = from.first;
                merged_.insert(gone);
            }
        }
        std::size_t at = 0;
        std::erase_if(functions_,
                      [&](FunctionDifference const&) { return merged_.contains(at++); });
    }

private:
    /// (minus its weight, the index of the one that is gone, of the new one), best first.
    using Candidate = std::tuple<int, std::size_t, std::size_t>;

    void find_places() {
        for (auto const& f : functions_) {
            if (!f.first.described || !f.second.described) {
                continue;
            }
            for (auto const& [before, after] :
                 replacements(steps_of_side(first_, f.first), steps_of_side(second_, f.second))) {
                auto& callers = places_[{before, after}];
                if (std::ranges::find(callers, f.second.name) == callers.end()) {
                    callers.push_back(f.second.name);
                }
            }
        }
    }

    std::vector<Candidate> candidates() const {
        std::vector<Candidate> found;
        for (std::size_t gone = 0; gone < functions_.size(); ++gone) {
            if (!functions_[gone].is_gone() || !functions_[gone].first.reached) {
                continue;
            }
            for (std::size_t added = 0; added < functions_.size(); ++added) {
                if (!functions_[added].is_new() || !functions_[added].second.reached) {
                    continue;
                }
                auto const weight = evidence(functions_[gone], functions_[added]).weight();
                if (weight >= RenameEvidence::kEnough) {
                    found.emplace_back(-weight, gone, added);
                }
            }
        }
        std::ranges::sort(found);
        return found;
    }

    RenameEvidence evidence(FunctionDifference const& gone, FunctionDifference const& added) const {
        RenameEvidence found;
        auto const& a = gone.first;
        auto const& b = added.second;
        if (auto const place = places_.find({a.name, b.name}); place != places_.end()) {
            found.callers = place->second;
        }
        found.same_file = !a.file.empty() && a.file == b.file;
        found.alike = are_alike(a.name, b.name);
        if (a.described && b.described) {
            auto const first = steps_of_side(first_, a);
            auto const second = steps_of_side(second_, b);
            found.same_steps = common_steps(first, second);
            found.all_steps = std::max(first.size(), second.size());
        }
        return found;
    }

    std::vector<FunctionDifference>& functions_;
    ComparedBuild const& first_;
    ComparedBuild const& second_;
    Places places_; ///< (name before, name after): the callers that have one for the other
    std::set<std::size_t> merged_;
};

} // namespace

int RenameEvidence::weight() const {
    bool const same_body = all_steps >= 3 && 5 * same_steps >= 4 * all_steps;
    return (callers.empty() ? 0 : 2) + (same_body ? 3 : 0) + (same_file ? 1 : 0) + (alike ? 1 : 0);
}

void find_renamed(std::vector<FunctionDifference>& functions, ComparedBuild const& first,
                  ComparedBuild const& second) {
    RenameSearch(functions, first, second).search();
}

} // namespace kflow::model
