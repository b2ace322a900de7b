#include "sim/check/accepting_runs.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace kflow::check {
namespace {

struct Move {
    KeyIndex key = kNoKey;
    bool value = false;
    NodeIndex to = 0;
};

/// By which edge each state of a layer is reached first; null: it is not, or a run begins there.
using Ways = std::vector<Edge const*>;

bool is_onward(Layer const& layer, Edge const* edge) {
    auto const& onward = layer.onward;
    return std::less_equal<>()(onward.data(), edge) &&
           std::less<>()(edge, onward.data() + onward.size());
}

/// The states that are reached from those of the layer before; `reached` becomes them.
Ways arrive(Layer const& before, Layer const& layer, std::vector<std::uint32_t>& reached) {
    std::vector<char> is_reached(before.states.size(), 0);
    for (auto const s : reached) {
        is_reached[s] = 1;
    }
    reached.clear();
    Ways ways(layer.states.size());
    for (auto const& e : before.onward) {
        if (is_reached[e.from] != 0 && layer.alive[e.to] != 0 && !ways[e.to]) {
            ways[e.to] = &e;
            reached.push_back(e.to);
        }
    }
    return ways;
}

/// Adds what is reached by choices.
void find_ways(Layer const& l, std::vector<std::uint32_t>& reached, Ways& ways) {
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

/// The moves of one run that accepts.
std::vector<Move> one_run(Layers const& accepted) {
    auto const& [automaton, word, layers] = accepted;
    std::vector<Ways> ways;
    std::vector<std::uint32_t> reached;
    for (std::uint32_t s = 0; s < (word.part ? automaton.nodes.size() : 1); ++s) {
        reached.push_back(s);
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
        auto const& l = layers[i];
        auto& here = ways.emplace_back(i == 0 ? Ways(l.states.size())
                                              : arrive(layers[i - 1], layers[i], reached));
        find_ways(l, reached, here);
    }
    std::vector<Move> run;
    auto const& last = layers.back();
    auto const end =
        std::ranges::find_if(reached, [&](auto s) { return accepted.is_end(last.states[s]); });
    for (auto i = layers.size(), s = std::size_t{end == reached.end() ? 0 : *end}; i-- > 0;) {
        for (auto const* way = ways[i][s]; way != nullptr; way = ways[i][s]) {
            run.push_back({way->key, way->value, layers[i].states[s].node});
            s = way->from;
            if (i > 0 && is_onward(layers[i - 1], way)) {
                break;
            }
        }
    }
    std::ranges::reverse(run);
    return run;
}

/// One bit for each value of Passed, of each open call.
constexpr std::size_t kMarks = 3;
constexpr std::size_t kWordBits = 64;

/// What all ways to a state have in common, for each state of a layer.
struct Marks {
    std::size_t words = 0; ///< of a state
    std::vector<std::uint64_t> bits;

    Marks(std::size_t states, std::size_t words_) : words(words_), bits(states * words_, ~0ULL) {}
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
        return call == kNoOpenCall ? meet(from, to, kNoMark, kNoMark)
                                   : meet(from, to, first + (how == kInlined ? 0 : 1), first + 2);
    }
};

void meet_inside(Layer const& l, Marks& marks) {
    for (bool changed = true; changed;) {
        changed = false;
        for (auto const& e : l.inner) {
            if (l.alive[e.from] != 0 && l.alive[e.to] != 0) {
                changed = marks.meet(marks.of(e.from), e.to, e.inlines, kInlined) || changed;
            }
        }
    }
}

constexpr auto kNever = ~std::uint64_t{0};
using Counts = std::vector<std::uint64_t>; ///< of each state: the fewest rounds so far

bool carry(std::uint64_t from, std::uint64_t& to, std::uint64_t rounds) {
    if (from == kNever || from + rounds >= to) {
        return false;
    }
    to = from + rounds;
    return true;
}

void carry_inside(Layer const& l, LoopIndex loop, Counts& here) {
    for (bool changed = true; changed;) {
        changed = false;
        for (auto const& e : l.inner) {
            if (l.alive[e.from] != 0 && l.alive[e.to] != 0) {
                changed = carry(here[e.from], here[e.to], e.round == loop ? 1 : 0) || changed;
            }
        }
    }
}

} // namespace

KeyIndex find_contradiction(Layers const& accepted, Knowledge const& knowledge) {
    auto const& automaton = accepted.automaton;
    std::vector<char> answers(automaton.keys.size(), 0); // 0: none; 1 no, 2 yes
    for (auto const& move : one_run(accepted)) {
        if (move.key != kNoKey && knowledge.answers[move.key] == kernel::Answer::unknown) {
            auto const answer = static_cast<char>(move.value ? 2 : 1);
            auto const before = std::exchange(answers[move.key], answer);
            if (before != 0 && before != answer) {
                return move.key;
            }
        }
        for (auto const key : automaton.nodes[move.to].forgets) {
            answers[key] = 0;
        }
    }
    return kNoKey;
}

// From layer to layer, at each state the marks that all ways to it have in common.
std::vector<std::uint8_t> passed_by_all(Layers const& accepted) {
    auto const& [automaton, word, layers] = accepted;
    auto const words = (automaton.open_calls.size() * kMarks + kWordBits - 1) / kWordBits;
    std::vector<std::uint64_t> const none(words, 0);
    Marks here(layers.front().states.size(), words);
    for (std::size_t s = 0; s < (word.part ? automaton.nodes.size() : 1); ++s) {
        here.meet(none.data(), s, kNoOpenCall, kPassed);
    }
    for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
        auto const& l = layers[i];
        meet_inside(l, here);
        Marks next(layers[i + 1].states.size(), words);
        for (auto const& e : l.onward) {
            if (l.alive[e.from] != 0 && layers[i + 1].alive[e.to] != 0) {
                auto const& step = automaton.nodes[l.states[e.from].node].steps[e.step];
                next.meet(here.of(e.from), e.to, step.calls, kCalled);
            }
        }
        here = std::move(next);
    }
    auto const& last = layers.back();
    meet_inside(last, here);
    Marks all(1, words);
    for (std::size_t s = 0; s < last.states.size(); ++s) {
        if (last.alive[s] != 0 && accepted.is_end(last.states[s])) {
            all.meet(here.of(s), 0, kNoOpenCall, kPassed);
        }
    }
    std::vector<std::uint8_t> result;
    for (std::size_t c = 0; c < automaton.open_calls.size(); ++c) {
        std::uint8_t set = 0;
        for (std::size_t m = 0; m < kMarks; ++m) {
            auto const bit = c * kMarks + m;
            set |= static_cast<std::uint8_t>((all.of(0)[bit / kWordBits] >> (bit % kWordBits) & 1)
                                             << m);
        }
        result.push_back(set);
    }
    return result;
}

std::uint64_t fewest_rounds(Layers const& accepted, LoopIndex loop) {
    auto const& layers = accepted.layers;
    Counts here(layers.front().states.size(), kNever);
    here[0] = 0;
    for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
        auto const& l = layers[i];
        carry_inside(l, loop, here);
        Counts next(layers[i + 1].states.size(), kNever);
        for (auto const& e : l.onward) {
            if (l.alive[e.from] != 0 && layers[i + 1].alive[e.to] != 0) {
                carry(here[e.from], next[e.to], 0);
            }
        }
        here = std::move(next);
    }
    auto const& last = layers.back();
    carry_inside(last, loop, here);
    std::uint64_t fewest = kNever;
    for (std::size_t s = 0; s < last.states.size(); ++s) {
        if (last.alive[s] != 0 && accepted.is_end(last.states[s])) {
            fewest = std::min(fewest, here[s]);
        }
    }
    return fewest == kNever ? 0 : fewest;
}

} // namespace kflow::check
