#include "sim/check/simulate.hpp"

#include "sim/check/accepting_runs.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

namespace kflow::check {
namespace {

using kernel::Answer;

/// What a run has to remember: answers to keys that it may be asked again, and how many rounds it
/// made of the loops whose number is known.
struct Promise {
    std::vector<std::uint32_t> answers;                           ///< key * 2 + value, sorted
    std::vector<std::pair<LoopIndex, std::uint64_t>> rounds = {}; ///< by loop
    auto operator<=>(Promise const&) const = default;
};
constexpr std::size_t kMostStates = 10000;

/// Where the states of the last layer stand in it.
class StateIndex {
public:
    explicit StateIndex(std::size_t nodes) : unpromised_(nodes) {}

    /// Forgets all of them, for the next layer.
    void clear() {
        ++layer_;
        promised_.clear();
    }
    /// The state's place: `next`, if it was not there.
    std::uint32_t find_or_add(State const& state, std::uint32_t next) {
        if (state.promise != 0) {
            return promised_.emplace(state, next).first->second;
        }
        auto& known = unpromised_[state.node];
        if (known.layer != layer_) {
            known = {layer_, next};
        }
        return known.place;
    }

private:
    struct Known {
        std::size_t layer = 0;
        std::uint32_t place = 0;
    };
    std::size_t layer_ = 1;
    std::vector<Known> unpromised_; ///< of each node: where nothing is promised
    std::map<State, std::uint32_t> promised_;
};

class Simulation {
public:
    /// `remembered`, a flag for each key: a guard that is asked again has the answer that it had.
    /// The fewer are remembered, the more is accepted than may be, and the fewer states there are.
    Simulation(Automaton const& a, Word const& w, Knowledge const& k,
               std::vector<char> const& remembered)
        : a_(a), word_(w), knowledge_(k),
          remembered_(remembered), layers_{a, w, std::vector<Layer>(w.letters.size() + 1)},
          index_(a.nodes.size()) {
        promises_.emplace_back();
        numbers_.emplace(Promise{}, 0);
    }

    Run run() {
        Run result;
        result.asked.assign(a_.keys.size(), 0);
        result.taken.resize(word_.letters.size());
        start();
        for (std::size_t i = 0; i < word_.letters.size(); ++i) {
            close(i);
            if (!read(i)) {
                result.read = i;
                result.overflow = overflow_;
                expect(i, result);
                return result;
            }
        }
        result.read = word_.letters.size();
        auto const last_open = !word_.letters.empty() && word_.letters.back().open;
        if (!last_open) {
            close(word_.letters.size());
        }
        finish(result, last_open);
        if (!result.accepted) {
            expect(word_.letters.size(), result);
        }
        result.overflow = overflow_;
        return result;
    }

    Layers const& layers() const { return layers_; }

private:
    /// Adds a state to the last layer that there is.
    std::uint32_t add(std::size_t layer, NodeIndex node, Promise const& promise) {
        return place(layer, {node, promise == Promise{} ? 0 : number_of(node, promise)});
    }

    /// The number of what has to be remembered of a promise from a node on.
    PromiseIndex number_of(NodeIndex node, Promise const& promise) {
        Promise kept{{}, promise.rounds};
        for (auto const p : promise.answers) {
            auto const key = p / 2;
            auto const& forgets = a_.nodes[node].forgets;
            if (a_.is_live(node, key) &&
                std::find(forgets.begin(), forgets.end(), key) == forgets.end()) {
                kept.answers.push_back(p);
            }
        }
        auto const [number, is_new] =
            numbers_.emplace(kept, static_cast<PromiseIndex>(promises_.size()));
        if (is_new) {
            promises_.push_back(std::move(kept));
        }
        return number->second;
    }

    std::uint32_t place(std::size_t layer, State const& state) {
        auto& states = layers_.layers[layer].states;
        auto const next = static_cast<std::uint32_t>(states.size());
        auto const found = index_.find_or_add(state, next);
        if (found == next) {
            states.push_back(state);
        }
        return found;
    }

    void start() {
        add(0, 0, {});
        if (word_.part) {
            for (NodeIndex n = 1; n < a_.nodes.size(); ++n) {
                add(0, n, {});
            }
        }
    }

    bool is_required(Symbol symbol) const {
        return std::binary_search(knowledge_.required.begin(), knowledge_.required.end(), symbol);
    }

    /// Whether a run with these promises may take the choice; `next` are its promises after it.
    bool allows(Choice const& choice, Promise const& promise, Promise& next) const {
        next = promise;
        if (choice.unless != kNoSymbol && is_required(choice.unless)) {
            return false;
        }
        if (choice.loop != kNoLoop) {
            return counts(choice, next);
        }
        if (choice.key == kNoKey) {
            return true;
        }
        auto const known = knowledge_.answers[choice.key];
        if (known != Answer::unknown) {
            return (known == Answer::yes) == choice.value;
        }
        if (remembered_[choice.key] == 0) {
            return true;
        }
        auto& answers = next.answers;
        auto const mine = choice.key * 2 + (choice.value ? 1U : 0U);
        auto const at = std::lower_bound(answers.begin(), answers.end(), choice.key * 2);
        if (at != answers.end() && *at / 2 == choice.key) {
            return *at == mine;
        }
        answers.insert(at, mine);
        return true;
    }

    /// A move of a loop: where its number is known, all rounds are made, and no more.
    bool counts(Choice const& choice, Promise& next) const {
        auto const& known = knowledge_.rounds;
        if (choice.loop >= known.size() || !known[choice.loop]) {
            return true;
        }
        auto const members = *known[choice.loop];
        auto at = std::find_if(next.rounds.begin(), next.rounds.end(),
                               [&](auto const& r) { return r.first >= choice.loop; });
        if (at == next.rounds.end() || at->first != choice.loop) {
            at = next.rounds.insert(at, {choice.loop, 0});
        }
        switch (choice.move) {
        case LoopMove::round:
            return ++at->second <= members;
        case LoopMove::end: {
            auto const all = at->second == members;
            next.rounds.erase(at);
            return all;
        }
        default:
            at->second = 0;
            return true;
        }
    }

    void close(std::size_t layer) {
        auto& l = layers_.layers[layer];
        Promise next;
        for (std::uint32_t i = 0; i < l.states.size(); ++i) {
            if (l.states.size() > kMostStates) {
                overflow_ = true;
                return;
            }
            auto const state = l.states[i];
            for (auto const& choice : a_.nodes[state.node].choices) {
                if (allows(choice, promises_[state.promise], next)) {
                    auto const to = add(layer, choice.to, next);
                    auto const round = choice.move == LoopMove::round ? choice.loop : kNoLoop;
                    l.inner.push_back({i, to, choice.key, choice.value, 0, round, choice.inlines});
                }
            }
        }
    }

    static bool reads(Step const& step, Letter const& letter) {
        return step.symbol == letter.symbol && (letter.open || (step.outcomes & letter.outcomes));
    }

    bool read(std::size_t layer) {
        auto const& letter = word_.letters[layer];
        auto& l = layers_.layers[layer];
        index_.clear();
        for (std::uint32_t i = 0; i < l.states.size(); ++i) {
            auto const state = l.states[i];
            auto const& steps = a_.nodes[state.node].steps;
            for (StepIndex s = 0; s < steps.size(); ++s) {
                if (reads(steps[s], letter)) {
                    auto const to = add(layer + 1, steps[s].to, promises_[state.promise]);
                    l.onward.push_back({i, to, kNoKey, false, s, kNoLoop});
                }
            }
        }
        return !l.onward.empty();
    }

    void finish(Run& result, bool last_open) {
        auto& last = layers_.layers.back();
        last.alive.assign(last.states.size(), 0);
        for (std::size_t i = 0; i < last.states.size(); ++i) {
            auto const ends = a_.nodes[last.states[i].node].ends;
            auto const good = word_.closed ? (ends & word_.demanded) != 0 : true;
            if (good || (last_open && !word_.closed)) {
                last.alive[i] = 1;
                result.accepted = true;
                result.outcomes |= word_.closed ? ends & word_.demanded : kAnyOutcome;
            }
        }
        if (result.accepted) {
            trace_back(result);
        }
    }

    /// Marks what accepting runs passed, from the last letter to the first.
    void trace_back(Run& result) {
        std::set<std::uint32_t> maybes;
        for (std::size_t i = layers_.layers.size(); i-- > 0;) {
            auto& l = layers_.layers[i];
            l.alive.resize(l.states.size(), 0);
            for (auto const& e : l.onward) {
                if (layers_.layers[i + 1].alive[e.to]) {
                    l.alive[e.from] = 1;
                    result.taken[i].push_back({l.states[e.from].node, e.step});
                }
            }
            revive(l);
            for (auto const& e : l.inner) {
                // An unclosed call has not come to what stands behind its last child.
                auto const reached = word_.closed || i + 1 < layers_.layers.size();
                if (e.key != kNoKey && reached && l.alive[e.to] && l.alive[e.from]) {
                    result.asked[e.key] |= e.value ? 2 : 1;
                }
                auto const maybe = a_.nodes[l.states[e.from].node].maybe;
                if (maybe != 0 && reached && l.alive[e.to]) {
                    maybes.insert(maybe - 1);
                }
            }
        }
        for (auto& taken : result.taken) {
            std::sort(taken.begin(), taken.end());
            taken.erase(std::unique(taken.begin(), taken.end()), taken.end());
        }
        result.maybes.assign(maybes.begin(), maybes.end());
        for (LoopIndex loop = 0; knowledge_.count_rounds && loop < a_.loops.size(); ++loop) {
            result.rounds.push_back(fewest_rounds(layers_, loop));
        }
        if (knowledge_.find_passed) {
            result.passed = passed_by_all(layers_);
        }
    }

    static void revive(Layer& l) {
        for (bool changed = true; changed;) {
            changed = false;
            for (auto e = l.inner.rbegin(); e != l.inner.rend(); ++e) {
                if (l.alive[e->to] && !l.alive[e->from]) {
                    l.alive[e->from] = 1;
                    changed = true;
                }
            }
        }
    }

    void expect(std::size_t layer, Run& result) const {
        std::set<Run::Taken> all;
        for (auto const& state : layers_.layers[layer].states) {
            auto const& node = a_.nodes[state.node];
            for (StepIndex s = 0; s < node.steps.size(); ++s) {
                all.insert({state.node, s});
            }
            result.could_end = result.could_end || (node.ends & word_.demanded) != 0;
        }
        result.expected.assign(all.begin(), all.end());
    }

    Automaton const& a_;
    Word const& word_;
    Knowledge const& knowledge_;
    std::vector<char> const& remembered_; ///< by key
    Layers layers_;
    StateIndex index_;
    std::deque<Promise> promises_; ///< stay where they are
    std::map<Promise, PromiseIndex> numbers_;
    bool overflow_ = false;
};

/// What the fewest answers show that need to be remembered: a run that contradicts itself tells one
/// more, until one is true, or there is none.
Run refine(Automaton const& automaton, Word const& word, Knowledge const& knowledge) {
    std::vector<char> remembered(automaton.keys.size(), 0);
    Run accepted;
    for (;;) {
        Simulation simulation(automaton, word, knowledge, remembered);
        auto run = simulation.run();
        if (run.overflow) {
            accepted.guessed = true; // One of those that were not looked at may fit.
            return accepted;
        }
        if (!run.accepted) {
            return run;
        }
        accepted = std::move(run);
        accepted.overflow = true;
        auto const key = find_contradiction(simulation.layers(), knowledge);
        if (key == kNoKey) {
            return accepted;
        }
        remembered[key] = 1;
    }
}

} // namespace

Run simulate(Automaton const& automaton, Word const& word, Knowledge const& knowledge) {
    std::vector<char> const all(automaton.keys.size(), 1);
    auto run = Simulation(automaton, word, knowledge, all).run();
    return run.overflow && !run.accepted ? refine(automaton, word, knowledge) : run;
}

} // namespace kflow::check
