#include "sim/check/expression.hpp"

#include "sim/check/branch_counts.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace kflow::check {
namespace {

using Kind = Expression::Kind;

Expression made(Kind kind, std::vector<Expression> parts) {
    Expression e;
    e.kind = kind;
    e.parts = std::move(parts);
    return e;
}

/// Puts a part behind the others; the parts of its own kind take its place.
void append(Kind kind, std::vector<Expression>& parts, Expression part) {
    if (part.kind == kind) {
        std::move(part.parts.begin(), part.parts.end(), std::back_inserter(parts));
    } else if (part.kind != Kind::nothing || kind == Kind::choice) {
        parts.push_back(std::move(part));
    }
}

Expression joined(Kind kind, Expression a, Expression b) {
    std::vector<Expression> parts;
    append(kind, parts, std::move(a));
    append(kind, parts, std::move(b));
    if (kind == Kind::choice) { // `nothing` is said once.
        auto const is_nothing = [](auto const& e) { return e.kind == Kind::nothing; };
        auto const first = std::ranges::find_if(parts, is_nothing);
        if (first != parts.end()) {
            parts.erase(std::remove_if(std::next(first), parts.end(), is_nothing), parts.end());
        }
    }
    if (parts.empty()) {
        return {};
    }
    return parts.size() == 1 ? std::move(parts.front()) : made(kind, std::move(parts));
}

Expression repeated(Expression body) {
    return body.kind == Kind::repeat ? body : made(Kind::repeat, {std::move(body)});
}

/// What can come behind what: a graph of expressions between a source and a sink.
class Automaton {
public:
    using Vertex = std::uint32_t;
    using Set = std::set<Vertex>;
    static constexpr Vertex kSource = 0;
    static constexpr Vertex kSink = 1;

    Automaton() : labels_{{kSource, {}}, {kSink, {}}} { connect_none(); }

    explicit Automaton(std::vector<SeenPath> const& paths) : Automaton() {
        std::map<CodeState, Vertex> vertices;
        for (auto const& path : paths) {
            auto at = kSource;
            for (auto const& call : path.calls) {
                auto const [place, is_new] = vertices.try_emplace(call, fresh_);
                if (is_new) {
                    Expression label;
                    label.kind = Kind::call;
                    label.call = call;
                    add(std::move(label));
                }
                connect(at, place->second);
                at = place->second;
            }
            connect(at, kSink);
        }
    }

    /// The whole of it as one expression.
    Expression reduce() {
        Expression done;
        while (labels_.size() > 2) {
            if (auto const loop = find_loop(); !loop.empty()) {
                auto inner = extract(loop);
                inner.bend();
                contract(loop, repeated(inner.reduce()));
            } else if (next_.at(kSource) != first()) {
                add_way_around();
            } else if (auto const heads = first(); heads.size() == 1) {
                done = joined(Kind::sequence, std::move(done), take(*heads.begin()));
            } else {
                narrow(heads);
            }
        }
        return done;
    }

private:
    void connect_none() {
        for (auto const v : {kSource, kSink}) {
            next_[v];
            before_[v];
        }
    }

    Vertex add(Expression label) {
        auto const v = fresh_++;
        labels_.emplace(v, std::move(label));
        next_[v];
        before_[v];
        return v;
    }

    void connect(Vertex from, Vertex to) {
        next_.at(from).insert(to);
        before_.at(to).insert(from);
    }

    void disconnect(Vertex from, Vertex to) {
        next_.at(from).erase(to);
        before_.at(to).erase(from);
    }

    void erase(Vertex v) {
        for (auto const to : Set(next_.at(v))) {
            disconnect(v, to);
        }
        for (auto const from : Set(before_.at(v))) {
            disconnect(from, v);
        }
        labels_.erase(v);
        next_.erase(v);
        before_.erase(v);
    }

    /// Vertices that only the source leads to.
    Set first() const {
        Set found;
        for (auto const v : next_.at(kSource)) {
            if (v != kSink && before_.at(v).size() == 1) {
                found.insert(v);
            }
        }
        return found;
    }

    /// Vertices that lead to each other, or one that leads to itself; empty if there are none.
    Set find_loop() const {
        std::vector<Vertex> vertices;
        std::map<Vertex, std::size_t> index;
        for (auto const& [v, label] : labels_) {
            index[v] = vertices.size();
            vertices.push_back(v);
        }
        boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> graph(vertices.size());
        for (auto const& [from, all] : next_) {
            for (auto const to : all) {
                boost::add_edge(index.at(from), index.at(to), graph);
            }
        }
        std::vector<std::size_t> component(vertices.size());
        boost::strong_components(graph, boost::make_iterator_property_map(
                                            component.begin(), get(boost::vertex_index, graph)));
        std::map<std::size_t, Set> members;
        for (std::size_t i = 0; i < vertices.size(); ++i) {
            members[component[i]].insert(vertices[i]);
        }
        Set loop;
        for (auto const& [number, set] : members) {
            auto const is_loop = set.size() > 1 || next_.at(*set.begin()).contains(*set.begin());
            if (is_loop && (loop.empty() || *set.begin() < *loop.begin())) {
                loop = set;
            }
        }
        return loop;
    }

    /// A part of it, between a source and a sink of its own.
    Automaton extract(Set const& part) const {
        Automaton inner;
        std::map<Vertex, Vertex> copies;
        for (auto const v : part) {
            copies[v] = inner.add(labels_.at(v));
        }
        for (auto const v : part) {
            for (auto const to : next_.at(v)) {
                inner.connect(copies.at(v), part.contains(to) ? copies.at(to) : kSink);
            }
            for (auto const from : before_.at(v)) {
                if (!part.contains(from)) {
                    inner.connect(kSource, copies.at(v));
                }
            }
        }
        return inner;
    }

    /// One round of a loop. What leads from where it is left back to where it is entered begins
    /// another; if nothing does, whatever leads back to where it is entered ends the round.
    void bend() {
        auto const can_leave = Set(before_.at(kSink));
        if (cut_returns([&](Vertex from) { return can_leave.contains(from); }) == 0) {
            cut_returns([](Vertex from) { return from != kSource; });
        }
    }

    /// Makes edges to where it is entered lead out, if they come from such a vertex. How many.
    template <typename Which>
    std::size_t cut_returns(Which which) {
        std::size_t cut = 0;
        for (auto const head : Set(next_.at(kSource))) {
            for (auto const from : Set(before_.at(head))) {
                if (which(from)) {
                    disconnect(from, head);
                    connect(from, kSink);
                    ++cut;
                }
            }
        }
        return cut;
    }

    void contract(Set const& part, Expression label) {
        auto const v = add(std::move(label));
        for (auto const u : part) {
            for (auto const from : Set(before_.at(u))) {
                if (!part.contains(from)) {
                    connect(from, v);
                }
            }
            for (auto const to : Set(next_.at(u))) {
                if (!part.contains(to)) {
                    connect(v, to);
                }
            }
        }
        for (auto const u : part) {
            erase(u);
        }
    }

    /// What the source leads to and others too is reached through a vertex that is nothing.
    void add_way_around() {
        auto const around = add({});
        for (auto const v : Set(next_.at(kSource))) {
            if (v == kSink || before_.at(v).size() > 1) {
                disconnect(kSource, v);
                connect(around, v);
            }
        }
        connect(kSource, around);
    }

    /// The only one that comes first: what comes behind it comes first now.
    Expression take(Vertex v) {
        auto label = std::move(labels_.at(v));
        for (auto const to : Set(next_.at(v))) {
            connect(kSource, to);
        }
        erase(v);
        return label;
    }

    /// Of several that may come first: what only one of them leads to is made one with it, or two
    /// of them are a choice.
    void narrow(Set const& heads) {
        for (auto const head : heads) {
            auto const part = only_through(head);
            if (part.size() > 1) {
                contract(part, extract(part).reduce());
                return;
            }
        }
        auto best = std::pair(*heads.begin(), *std::next(heads.begin()));
        std::size_t most = 0;
        for (auto u = heads.begin(); u != heads.end(); ++u) {
            for (auto v = std::next(u); v != heads.end(); ++v) {
                auto const both = in_common(reach(*u, kSink), reach(*v, kSink));
                if (both > most) {
                    most = both;
                    best = {*u, *v};
                }
            }
        }
        auto label = joined(Kind::choice, labels_.at(best.first), labels_.at(best.second));
        contract({best.first, best.second}, std::move(label));
    }

    static std::size_t in_common(Set const& a, Set const& b) {
        return static_cast<std::size_t>(
            std::ranges::count_if(a, [&](Vertex v) { return b.contains(v); }));
    }

    /// All that it leads to, itself and the sink included, on ways that do not pass `without`.
    Set reach(Vertex from, Vertex without) const {
        Set seen{from};
        std::vector<Vertex> work{from};
        while (!work.empty()) {
            auto const v = work.back();
            work.pop_back();
            for (auto const to : next_.at(v)) {
                if (to != without && seen.insert(to).second) {
                    work.push_back(to);
                }
            }
        }
        return seen;
    }

    Set only_through(Vertex v) const {
        auto const others = reach(kSource, v);
        Set part;
        for (auto const& [u, label] : labels_) {
            if (u != kSink && !others.contains(u)) {
                part.insert(u);
            }
        }
        return part;
    }

    std::map<Vertex, Expression> labels_;
    std::map<Vertex, Set> next_;
    std::map<Vertex, Set> before_;
    Vertex fresh_ = 2;
};

} // namespace

Expression expression_of(std::vector<SeenPath> const& paths) {
    auto whole = Automaton(paths).reduce();
    BranchCounts counts(whole);
    for (auto const& path : paths) {
        counts.add(path);
    }
    return whole;
}

} // namespace kflow::check
