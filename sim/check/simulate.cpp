#include "sim/check/simulate.hpp"

#include <algorithm>
#include <deque>
#include <functional>
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
using PromiseIndex = std::uint32_t;

struct State {
    NodeIndex node = 0;
    PromiseIndex promise = 0;
    auto operator<=>(State const&) const = default;
};

/// An edge between two states: within a layer, or to the next one.
struct Edge {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    KeyIndex key = kNoKey;
    bool value = false;
    StepIndex step = 0;
    LoopIndex round = kNoLoop; ///< it is a round of this loop
    OpenCallIndex inlines = kNoOpenCall;
};

/// All states after reading some letters.
struct Layer {
    std::vector<State> states;
    std::vector<Edge> inner;  ///< choices
    std::vector<Edge> onward; ///< steps to the next layer
    std::vector<char> alive;
};

constexpr std::size_t kMostStates = 40000;

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
        : a_(a), word_(w), knowledge_(k), remembered_(remembered), layers_(w.letters.size() + 1),
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

    /// Of an accepting run: a key that it answers in both ways; kNoKey: it is a true one.
    KeyIndex contradiction() const {
        std::vector<char> answers(a_.keys.size(), 0); // 0: none; 1 no, 2 yes
        for (auto const& move : accepting_run()) {
            if (move.key != kNoKey && knowledge_.answers[move.key] == Answer::unknown) {
                auto const answer = static_cast<char>(move.value ? 2 : 1);
                auto const before = std::exchange(answers[move.key], answer);
                if (before != 0 && before != answer) {
                    return move.key;
                }
            }
            for (auto const key : a_.nodes[move.to].forgets) {
                answers[key] = 0;
            }
        }
        return kNoKey;
    }

private:
    struct Move {
        KeyIndex key = kNoKey;
        bool value = false;
        NodeIndex to = 0;
    };

    /// By which edge each state of a layer is reached first; null: it is not, or a run begins there.
    using Ways = std::vector<Edge const*>;

    /// The moves of one run that accepts.
    std::vector<Move> accepting_run() const {
        std::vector<Ways> ways;
        std::vector<std::uint32_t> reached;
        for (std::uint32_t s = 0; s < (word_.part ? a_.nodes.size() : 1); ++s) {
            reached.push_back(s);
        }
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            auto const& l = layers_[i];
            auto& here = ways.emplace_back(i == 0 ? Ways(l.states.size()) : arrive(i, reached));
            find_ways(l, reached, here);
        }
        std::vector<Move> run;
        auto const& last = layers_.back();
        auto const end = std::ranges::find_if(reached, [&](auto s) { return is_end(last.states[s]); });
        for (auto i = layers_.size(), s = std::size_t{end == reached.end() ? 0 : *end}; i-- > 0;) {
            for (auto const* way = ways[i][s]; way != nullptr; way = ways[i][s]) {
                run.push_back({way->key, way->value, layers_[i].states[s].node});
                s = way->from;
                if (i > 0 && is_onward(i - 1, way)) {
                    break;
                }
            }
        }
        std::ranges::reverse(run);
        return run;
    }

    bool is_onward(std::size_t layer, Edge const* edge) const {
        auto const& onward = layers_[layer].onward;
        return std::less_equal<>()(onward.data(), edge) &&
               std::less<>()(edge, onward.data() + onward.size());
    }

    /// The states that are reached from those of the layer before; `reached` becomes them.
    Ways arrive(std::size_t layer, std::vector<std::uint32_t>& reached) const {
        auto const& before = layers_[layer - 1];
        std::vector<char> is_reached(before.states.size(), 0);
        for (auto const s : reached) {
            is_reached[s] = 1;
        }
        reached.clear();
        Ways ways(layers_[layer].states.size());
        for (auto const& e : before.onward) {
            if (is_reached[e.from] != 0 && layers_[layer].alive[e.to] != 0 && !ways[e.to]) {
                ways[e.to] = &e;
                reached.push_back(e.to);
            }
        }
        return ways;
    }

    /// Adds what is reached by choices.
    static void find_ways(Layer const& l, std::vector<std::uint32_t>& reached, Ways& ways) {
        std::vector<std::vector<Edge const*>> choices(l.states.size());
        std::vector<char> is_reached(l.states.size(), 0);
        for (auto const& e : l.inner) {
            choices[e.from].push_back(&e);
        }
        for (auto const s : reached) {
            is_reached[s] = 1;
        }
        for (std::size_t next = 0; next < reached.size(); ++next) {
            for (auto const* e : choices[reached[next]]) {
                if (l.alive[e->to] != 0 && is_reached[e->to] == 0) {
                    is_reached[e->to] = 1;
                    ways[e->to] = e;
                    reached.push_back(e->to);
                }
            }
        }
    }

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
        auto& states = layers_[layer].states;
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
        auto& l = layers_[layer];
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
        auto& l = layers_[layer];
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
        auto& last = layers_.back();
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
        for (std::size_t i = layers_.size(); i-- > 0;) {
            auto& l = layers_[i];
            l.alive.resize(l.states.size(), 0);
            for (auto const& e : l.onward) {
                if (layers_[i + 1].alive[e.to]) {
                    l.alive[e.from] = 1;
                    result.taken[i].push_back({l.states[e.from].node, e.step});
                }
            }
            revive(l);
            for (auto const& e : l.inner) {
                // An unclosed call has not come to what stands behind its last child.
                auto const reached = word_.closed || i + 1 < layers_.size();
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
            result.rounds.push_back(rounds_of(loop));
        }
        if (knowledge_.find_passed) {
            result.passed = passed();
        }
    }

    // What every accepting run passes: from layer to layer, at each state the marks that all ways
    // to it have in common.

    /// One bit for each value of Passed, of each open call.
    static constexpr std::size_t kMarks = 3;
    static constexpr std::size_t kWordBits = 64;

    struct Marks {
        std::size_t words = 0; ///< of a state
        std::vector<std::uint64_t> bits;

        Marks(std::size_t states, std::size_t words_)
            : words(words_), bits(states * words_, ~0ULL) {}
        std::uint64_t* of(std::size_t state) { return bits.data() + state * words; }

        /// `to` keeps what the way over `from`, with two more marks, has as well.
        bool meet(std::uint64_t const* from, std::size_t to, std::size_t one, std::size_t other) {
            bool changed = false;
            for (std::size_t w = 0; w < words; ++w) {
                auto mine = from[w];
                mine |= one / kWordBits == w ? 1ULL << (one % kWordBits) : 0;
                mine |= other / kWordBits == w ? 1ULL << (other % kWordBits) : 0;
                auto& bits_there = of(to)[w];
                changed = changed || (bits_there & ~mine) != 0;
                bits_there &= mine;
            }
            return changed;
        }
        bool meet(std::uint64_t const* from, std::size_t to, OpenCallIndex call, Passed how) {
            constexpr auto kNoMark = ~std::size_t{0};
            auto const first = call == kNoOpenCall ? kNoMark : std::size_t{call} * kMarks;
            return call == kNoOpenCall
                       ? meet(from, to, kNoMark, kNoMark)
                       : meet(from, to, first + (how == kInlined ? 0 : 1), first + 2);
        }
    };

    void meet_inside(Layer const& l, Marks& marks) const {
        for (bool changed = true; changed;) {
            changed = false;
            for (auto const& e : l.inner) {
                if (l.alive[e.from] != 0 && l.alive[e.to] != 0) {
                    changed = marks.meet(marks.of(e.from), e.to, e.inlines, kInlined) || changed;
                }
            }
        }
    }

    std::vector<std::uint8_t> passed() const {
        auto const words = (a_.open_calls.size() * kMarks + kWordBits - 1) / kWordBits;
        std::vector<std::uint64_t> const none(words, 0);
        Marks here(layers_.front().states.size(), words);
        for (std::size_t s = 0; s < (word_.part ? a_.nodes.size() : 1); ++s) {
            here.meet(none.data(), s, kNoOpenCall, kPassed);
        }
        for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
            auto const& l = layers_[i];
            meet_inside(l, here);
            Marks next(layers_[i + 1].states.size(), words);
            for (auto const& e : l.onward) {
                if (l.alive[e.from] != 0 && layers_[i + 1].alive[e.to] != 0) {
                    auto const& step = a_.nodes[l.states[e.from].node].steps[e.step];
                    next.meet(here.of(e.from), e.to, step.calls, kCalled);
                }
            }
            here = std::move(next);
        }
        auto const& last = layers_.back();
        meet_inside(last, here);
        Marks all(1, words);
        for (std::size_t s = 0; s < last.states.size(); ++s) {
            if (last.alive[s] != 0 && is_end(last.states[s])) {
                all.meet(here.of(s), 0, kNoOpenCall, kPassed);
            }
        }
        std::vector<std::uint8_t> result;
        for (std::size_t c = 0; c < a_.open_calls.size(); ++c) {
            std::uint8_t set = 0;
            for (std::size_t m = 0; m < kMarks; ++m) {
                auto const bit = c * kMarks + m;
                set |= static_cast<std::uint8_t>(
                    (all.of(0)[bit / kWordBits] >> (bit % kWordBits) & 1) << m);
            }
            result.push_back(set);
        }
        return result;
    }

    static constexpr auto kNever = ~std::uint64_t{0};
    using Counts = std::vector<std::uint64_t>; ///< of each state: the fewest rounds so far

    static bool carry(std::uint64_t from, std::uint64_t& to, std::uint64_t rounds) {
        if (from == kNever || from + rounds >= to) {
            return false;
        }
        to = from + rounds;
        return true;
    }

    void carry_inside(Layer const& l, LoopIndex loop, Counts& here) const {
        for (bool changed = true; changed;) {
            changed = false;
            for (auto const& e : l.inner) {
                if (l.alive[e.from] != 0 && l.alive[e.to] != 0) {
                    changed = carry(here[e.from], here[e.to], e.round == loop ? 1 : 0) || changed;
                }
            }
        }
    }

    std::uint64_t rounds_of(LoopIndex loop) const {
        Counts here(layers_.front().states.size(), kNever);
        here[0] = 0;
        for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
            auto const& l = layers_[i];
            carry_inside(l, loop, here);
            Counts next(layers_[i + 1].states.size(), kNever);
            for (auto const& e : l.onward) {
                if (l.alive[e.from] != 0 && layers_[i + 1].alive[e.to] != 0) {
                    carry(here[e.from], next[e.to], 0);
                }
            }
            here = std::move(next);
        }
        auto const& last = layers_.back();
        carry_inside(last, loop, here);
        std::uint64_t fewest = kNever;
        for (std::size_t s = 0; s < last.states.size(); ++s) {
            if (last.alive[s] != 0 && is_end(last.states[s])) {
                fewest = std::min(fewest, here[s]);
            }
        }
        return fewest == kNever ? 0 : fewest;
    }

    bool is_end(State const& state) const {
        return !word_.closed || (a_.nodes[state.node].ends & word_.demanded) != 0;
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
        for (auto const& state : layers_[layer].states) {
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
    std::vector<Layer> layers_;
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
        auto const key = simulation.contradiction();
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
