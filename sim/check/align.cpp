#include "sim/check/align.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>

namespace kflow::check {
namespace {

using kernel::Answer;

// A rename is cheaper than a missing and an extra call, a swap than two of either.
constexpr std::uint32_t kMissingCost = 10;
constexpr std::uint32_t kExtraCost = 10;
constexpr std::uint32_t kRenameCost = 15;
constexpr std::uint32_t kSwapCost = 12;
constexpr std::uint32_t kOutcomeCost = 9;
constexpr std::size_t kMostVisits = 60000;

using Promise = std::vector<std::uint32_t>;

struct Spot {
    std::uint32_t letter = 0;
    NodeIndex node = 0;
    bool swapped = false; ///< letter + 1 was read, letter still has to be
    Promise promise;
    auto operator<=>(Spot const&) const = default;
};

struct Visit {
    Spot spot;
    std::uint32_t cost = 0;
    std::uint32_t from = 0;
    std::optional<Difference> difference;
};

class Search {
public:
    Search(Automaton const& a, Word const& w, Knowledge const& k, bool promises)
        : a_(a), word_(w), knowledge_(k), promises_(promises) {}

    std::optional<std::vector<Difference>> run() {
        push({}, 0, 0, std::nullopt);
        if (word_.part) {
            for (NodeIndex n = 1; n < a_.nodes.size(); ++n) {
                push({0, n, false, {}}, 0, 0, std::nullopt);
            }
        }
        while (!queue_.empty() && visits_.size() < kMostVisits) {
            auto const [cost, index] = queue_.top();
            queue_.pop();
            auto const spot = visits_[index].spot;
            if (cost != best_[spot]) {
                continue;
            }
            if (done(spot)) {
                return path(index);
            }
            leave(spot, cost, index);
        }
        return std::nullopt;
    }

private:
    void push(Spot spot, std::uint32_t cost, std::uint32_t from,
              std::optional<Difference> difference) {
        auto const [place, is_new] = best_.emplace(spot, cost);
        if (!is_new && place->second <= cost) {
            return;
        }
        place->second = cost;
        visits_.push_back({std::move(spot), cost, from, difference});
        queue_.emplace(cost, static_cast<std::uint32_t>(visits_.size() - 1));
    }

    bool done(Spot const& spot) const {
        if (spot.letter < word_.letters.size() || spot.swapped) {
            return false;
        }
        return !word_.closed || (a_.nodes[spot.node].ends & word_.demanded) != 0;
    }

    std::vector<Difference> path(std::uint32_t index) const {
        std::vector<Difference> found;
        for (auto i = index; visits_[i].cost > 0; i = visits_[i].from) {
            if (visits_[i].difference) {
                found.push_back(*visits_[i].difference);
            }
        }
        std::reverse(found.begin(), found.end());
        return found;
    }

    void leave(Spot const& spot, std::uint32_t cost, std::uint32_t index) {
        for (auto const& choice : a_.nodes[spot.node].choices) {
            if (auto promise = allowed(choice, spot.promise)) {
                push(arrive(spot.letter, choice.to, spot.swapped, *promise), cost, index,
                     std::nullopt);
            }
        }
        auto const& steps = a_.nodes[spot.node].steps;
        for (StepIndex s = 0; s < steps.size(); ++s) {
            step(spot, cost, index, steps[s], {spot.node, s});
        }
        if (spot.letter < word_.letters.size() && !spot.swapped) {
            auto next = spot;
            ++next.letter;
            push(next, cost + kExtraCost, index,
                 Difference{DifferenceKind::extra, spot.letter, std::nullopt});
        }
    }

    void step(Spot const& spot, std::uint32_t cost, std::uint32_t index, Step const& step,
              Run::Taken taken) {
        auto const at = [&](std::uint32_t letter, bool swapped) {
            return arrive(letter, step.to, swapped, spot.promise);
        };
        auto const count = word_.letters.size();
        auto const i = spot.letter;
        if (spot.swapped) {
            if (word_.letters[i].symbol == step.symbol) {
                push(at(i + 2, false), cost, index, std::nullopt);
            }
            return;
        }
        push(at(i, false), cost + kMissingCost, index,
             Difference{DifferenceKind::missing, i, taken});
        if (i >= count) {
            return;
        }
        auto const& letter = word_.letters[i];
        if (letter.symbol == step.symbol) {
            auto const fits = letter.open || (letter.outcomes & step.outcomes) != 0;
            push(at(i + 1, false), fits ? cost : cost + kOutcomeCost, index,
                 fits ? std::nullopt : std::optional(Difference{DifferenceKind::extra, i, taken}));
            return;
        }
        push(at(i + 1, false), cost + kRenameCost, index,
             Difference{DifferenceKind::renamed, i, taken});
        if (i + 1 < count && word_.letters[i + 1].symbol == step.symbol) {
            push(at(i, true), cost + kSwapCost, index,
                 Difference{DifferenceKind::reordered, i, taken});
        }
    }

    Spot arrive(std::uint32_t letter, NodeIndex node, bool swapped, Promise const& promise) const {
        Spot spot{letter, node, swapped, {}};
        auto const& forgets = a_.nodes[node].forgets;
        for (auto const p : promise) {
            if (a_.is_live(node, p / 2) &&
                std::find(forgets.begin(), forgets.end(), p / 2) == forgets.end()) {
                spot.promise.push_back(p);
            }
        }
        return spot;
    }

    std::optional<Promise> allowed(Choice const& choice, Promise const& promise) const {
        auto const& required = knowledge_.required;
        if (choice.unless != kNoSymbol &&
            std::binary_search(required.begin(), required.end(), choice.unless)) {
            return std::nullopt;
        }
        if (choice.key == kNoKey) {
            return promise;
        }
        auto const known = knowledge_.answers[choice.key];
        if (known != Answer::unknown) {
            return (known == Answer::yes) == choice.value ? std::optional(promise) : std::nullopt;
        }
        if (!promises_) {
            return promise;
        }
        auto next = promise;
        auto const mine = choice.key * 2 + (choice.value ? 1U : 0U);
        auto const at = std::lower_bound(next.begin(), next.end(), choice.key * 2);
        if (at != next.end() && *at / 2 == choice.key) {
            return *at == mine ? std::optional(next) : std::nullopt;
        }
        next.insert(at, mine);
        return next;
    }

    Automaton const& a_;
    Word const& word_;
    Knowledge const& knowledge_;
    bool promises_;
    std::map<Spot, std::uint32_t> best_;
    std::vector<Visit> visits_;
    std::priority_queue<std::pair<std::uint32_t, std::uint32_t>,
                        std::vector<std::pair<std::uint32_t, std::uint32_t>>, std::greater<>>
        queue_;
};

} // namespace

std::string_view to_string(DifferenceKind kind) {
    switch (kind) {
    case DifferenceKind::missing:
        return "missing";
    case DifferenceKind::extra:
        return "extra";
    case DifferenceKind::renamed:
        return "renamed";
    case DifferenceKind::reordered:
        return "reordered";
    case DifferenceKind::unseen:
        return "unseen";
    }
    return "";
}

std::vector<Difference> align(Automaton const& automaton, Word const& word,
                              Knowledge const& knowledge, Run const& run) {
    for (auto const promises : {true, false}) {
        auto found = Search(automaton, word, knowledge, promises).run();
        if (found && !found->empty()) {
            return *found;
        }
    }
    if (run.read < word.letters.size()) {
        return {{DifferenceKind::extra, run.read, std::nullopt}};
    }
    auto const step = run.expected.empty() ? std::nullopt : std::optional(run.expected.front());
    return {{DifferenceKind::missing, word.letters.size(), step}};
}

} // namespace kflow::check
