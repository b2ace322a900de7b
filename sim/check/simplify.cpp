#include "sim/check/automaton.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace kflow::check {
namespace {

void find_live(Automaton& a) {
    a.words = (a.keys.size() + 63) / 64;
    a.live.assign(a.nodes.size() * a.words, 0);
    std::vector<std::vector<NodeIndex>> before(a.nodes.size());
    for (NodeIndex n = 0; n < a.nodes.size(); ++n) {
        for (auto const& c : a.nodes[n].choices) {
            before[c.to].push_back(n);
            if (c.key != kNoKey) {
                a.live[n * a.words + c.key / 64] |= std::uint64_t{1} << (c.key % 64);
            }
        }
        for (auto const& s : a.nodes[n].steps) {
            before[s.to].push_back(n);
        }
    }
    std::vector<NodeIndex> work(a.nodes.size());
    std::iota(work.begin(), work.end(), 0U);
    std::vector<std::uint64_t> passed(a.words);
    while (!work.empty()) {
        auto const to = work.back();
        work.pop_back();
        // No element of it is named: without keys there are none.
        std::copy_n(a.live.begin() + static_cast<std::ptrdiff_t>(to * a.words), a.words,
                    passed.begin());
        for (auto const key : a.nodes[to].forgets) {
            passed[key / 64] &= ~(std::uint64_t{1} << (key % 64));
        }
        for (auto const from : before[to]) {
            bool grew = false;
            for (std::size_t w = 0; w < a.words; ++w) {
                auto& bits = a.live[from * a.words + w];
                grew = grew || (passed[w] & ~bits) != 0;
                bits |= passed[w];
            }
            if (grew) {
                work.push_back(from);
            }
        }
    }
}

/// Two answers that lead to the same place decide nothing.
bool drop_idle_guards(Node& node) {
    auto& choices = node.choices;
    std::sort(choices.begin(), choices.end());
    choices.erase(std::unique(choices.begin(), choices.end()), choices.end());
    bool changed = false;
    for (std::size_t i = 0; i + 1 < choices.size(); ++i) {
        auto& c = choices[i];
        auto const other =
            std::find(choices.begin(), choices.end(),
                      Choice{c.to, c.key, !c.value, c.unless, c.loop, c.move, c.inlines});
        if (c.key != kNoKey && other != choices.end()) {
            choices.erase(other);
            choices[i].key = kNoKey;
            choices[i].value = false;
            changed = true;
        }
    }
    if (node.maybe != 0 && choices.size() == 1) {
        node.maybe = 0;
        changed = true;
    }
    return changed;
}

bool passes(Node const& node) {
    return node.steps.empty() && node.ends == 0 && !node.blocks && node.forgets.empty() &&
           node.maybe == 0 && node.choices.size() == 1 && node.choices[0].key == kNoKey &&
           node.choices[0].unless == kNoSymbol && node.choices[0].loop == kNoLoop &&
           node.choices[0].inlines == kNoOpenCall;
}

/// Where a node really leads, through those that read and decide nothing.
NodeIndex follow(Automaton const& a, NodeIndex node) {
    for (std::size_t i = 0; i < a.nodes.size() && passes(a.nodes[node]); ++i) {
        node = a.nodes[node].choices[0].to;
    }
    return node;
}

bool redirect(Automaton& a, std::vector<NodeIndex> const& to) {
    bool changed = false;
    for (auto& node : a.nodes) {
        for (auto& c : node.choices) {
            changed = changed || to[c.to] != c.to;
            c.to = to[c.to];
        }
        for (auto& s : node.steps) {
            changed = changed || to[s.to] != s.to;
            s.to = to[s.to];
        }
    }
    return changed;
}

bool skip_passing(Automaton& a) {
    std::vector<NodeIndex> to(a.nodes.size());
    for (NodeIndex n = 0; n < a.nodes.size(); ++n) {
        to[n] = follow(a, n);
    }
    return redirect(a, to);
}

bool merge_equal(Automaton& a) {
    std::map<std::tuple<std::vector<Choice>, std::vector<Step>, std::uint8_t, bool,
                        std::vector<KeyIndex>, std::uint32_t>,
             NodeIndex>
        known;
    std::vector<NodeIndex> to(a.nodes.size());
    for (NodeIndex n = 0; n < a.nodes.size(); ++n) {
        auto const& node = a.nodes[n];
        to[n] = known
                    .try_emplace(std::tuple(node.choices, node.steps, node.ends, node.blocks,
                                            node.forgets, node.maybe),
                                 n)
                    .first->second;
    }
    return redirect(a, to);
}

void drop_unreachable(Automaton& a) {
    constexpr auto kUnseen = ~std::uint32_t{0};
    std::vector<NodeIndex> number(a.nodes.size(), kUnseen);
    std::vector<NodeIndex> order{follow(a, 0)};
    number[order[0]] = 0;
    auto const see = [&](NodeIndex n) {
        if (number[n] == kUnseen) {
            number[n] = static_cast<NodeIndex>(order.size());
            order.push_back(n);
        }
    };
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (auto const& c : a.nodes[order[i]].choices) {
            see(c.to);
        }
        for (auto const& s : a.nodes[order[i]].steps) {
            see(s.to);
        }
    }
    std::vector<Node> kept;
    kept.reserve(order.size());
    for (auto const n : order) {
        kept.push_back(std::move(a.nodes[n]));
        for (auto& c : kept.back().choices) {
            c.to = number[c.to];
        }
        for (auto& s : kept.back().steps) {
            s.to = number[s.to];
        }
    }
    a.nodes = std::move(kept);
}

/// An answer that nobody asks for again needs no forgetting.
void prune_forgets(Automaton& a) {
    for (NodeIndex n = 0; n < a.nodes.size(); ++n) {
        std::erase_if(a.nodes[n].forgets, [&](KeyIndex key) { return !a.is_live(n, key); });
    }
}

/// Nodes that some way leads to `to` from, the node itself included.
std::vector<char> leading_to(Automaton const& a, NodeIndex to) {
    std::vector<std::vector<NodeIndex>> before(a.nodes.size());
    for (NodeIndex n = 0; n < a.nodes.size(); ++n) {
        for (auto const& c : a.nodes[n].choices) {
            before[c.to].push_back(n);
        }
        for (auto const& s : a.nodes[n].steps) {
            before[s.to].push_back(n);
        }
    }
    std::vector<char> leads(a.nodes.size(), 0);
    std::vector<NodeIndex> work{to};
    leads[to] = 1;
    while (!work.empty()) {
        auto const here = work.back();
        work.pop_back();
        for (auto const n : before[here]) {
            if (leads[n] == 0) {
                leads[n] = 1;
                work.push_back(n);
            }
        }
    }
    return leads;
}

/// Whether a round from `body` on can read anything before it is back at `next`.
bool round_reads(Automaton const& a, NodeIndex next, NodeIndex body) {
    auto const back = leading_to(a, next);
    std::vector<char> seen(a.nodes.size(), 0);
    std::vector<NodeIndex> work{body};
    seen[next] = seen[body] = 1;
    while (!work.empty()) {
        auto const here = work.back();
        work.pop_back();
        auto const see = [&](NodeIndex n) {
            if (back[n] != 0 && seen[n] == 0) {
                seen[n] = 1;
                work.push_back(n);
            }
        };
        for (auto const& s : a.nodes[here].steps) {
            if (back[s.to] != 0) {
                return true;
            }
        }
        for (auto const& c : a.nodes[here].choices) {
            see(c.to);
        }
    }
    return false;
}

/// A loop whose rounds never show anything has no number that could be known.
void drop_silent_loops(Automaton& a) {
    std::vector<char> reads(a.loops.size(), 0);
    for (NodeIndex n = 0; n < a.nodes.size(); ++n) {
        for (auto const& c : a.nodes[n].choices) {
            if (c.move == LoopMove::round && reads[c.loop] == 0 && round_reads(a, n, c.to)) {
                reads[c.loop] = 1;
            }
        }
    }
    std::vector<LoopIndex> number(a.loops.size(), kNoLoop);
    std::vector<Loop> kept;
    for (LoopIndex l = 0; l < a.loops.size(); ++l) {
        if (reads[l] != 0) {
            number[l] = static_cast<LoopIndex>(kept.size());
            kept.push_back(a.loops[l]);
        }
    }
    a.loops = std::move(kept);
    for (auto& node : a.nodes) {
        for (auto& c : node.choices) {
            if (c.loop != kNoLoop) {
                c.loop = number[c.loop];
                c.move = c.loop == kNoLoop ? LoopMove::none : c.move;
            }
        }
    }
}

} // namespace

void simplify(Automaton& a) {
    drop_silent_loops(a);
    for (bool changed = true; changed;) {
        find_live(a);
        prune_forgets(a);
        changed = false;
        for (auto& node : a.nodes) {
            changed = drop_idle_guards(node) || changed;
        }
        changed = skip_passing(a) || changed;
        changed = merge_equal(a) || changed;
        drop_unreachable(a);
    }
    find_live(a);
}

} // namespace kflow::check
