#include "sim/model/call_graph.hpp"

#include "sim/model/interner.hpp"
#include "sim/model/model.hpp"

#include <algorithm>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/dominator_tree.hpp>
#include <boost/graph/reverse_graph.hpp>
#include <boost/graph/strong_components.hpp>
#include <fmt/format.h>
#include <iterator>
#include <queue>
#include <set>

namespace kflow::model {

namespace {

template <typename Graph>
std::vector<bool> reach(Graph const& graph, NodeIndex from) {
    std::vector<boost::default_color_type> colors(boost::num_vertices(graph));
    auto const map =
        boost::make_iterator_property_map(colors.begin(), boost::get(boost::vertex_index, graph));
    boost::queue<NodeIndex> queue;
    boost::breadth_first_visit(graph, from, queue, boost::bfs_visitor<>(), map);
    std::vector<bool> seen(colors.size());
    for (std::size_t i = 0; i < colors.size(); ++i) {
        seen[i] = colors[i] == boost::black_color;
    }
    return seen;
}

/// Symbols that the function's code calls: its own symbol's and its `.part.N`s', which are parts of
/// it and no calls.
std::vector<std::string_view> callees_of(build::BuildFacts const& facts, std::string_view name) {
    std::vector<std::string_view> symbols = facts.parts_of(name);
    if (auto const symbol = facts.symbol_of(name)) {
        symbols.push_back(symbol->name);
    }
    std::vector<std::string_view> callees;
    for (auto const symbol : symbols) {
        for (auto const callee : facts.callees(symbol)) {
            if (!build::is_part_symbol(callee) || build::function_of_symbol(callee) != name) {
                callees.push_back(callee);
            }
        }
    }
    return callees;
}

} // namespace

CallGraph::CallGraph(Program const& program) : program_(program), graph_(program.functions.size()) {
    for (std::size_t i = 0; i < program.functions.size(); ++i) {
        auto const& f = program.functions[i];
        graph_[i] = {f.name, static_cast<FunctionId>(i),
                     f.has_body ? program[f.file] : std::string_view(), f.has_body};
    }
    for (std::size_t i = 0; i < program.functions.size(); ++i) {
        add_body(static_cast<FunctionId>(i));
    }
}

void CallGraph::add_edge(NodeIndex from, NodeIndex to, CallEdge const& edge) {
    for (auto [it, end] = boost::out_edges(from, graph_); it != end; ++it) {
        if (boost::target(*it, graph_) == to) {
            auto& known = graph_[*it];
            ++known.count;
            known.indirect = known.indirect && edge.indirect;
            known.cleanup = known.cleanup && edge.cleanup;
            return;
        }
    }
    auto const added = boost::add_edge(from, to, edge, graph_).first;
    graph_[added].count = 1;
}

void CallGraph::add_body(FunctionId id) {
    auto const from = node_of(id);
    auto const body = program_.body(id);
    for (std::size_t k = 0; k < body.size(); ++k) {
        auto const& i = body[k];
        CallEdge edge;
        edge.line = i.line;
        edge.pc = program_[id].entry + static_cast<Pc>(k);
        edge.cleanup = i.cleanup;
        if (i.op == Op::call) {
            add_edge(from, i.subject, edge);
        } else if (i.op == Op::syscall) {
            auto const callee =
                program_.find_function(fmt::format("__arm64_sys_{}", program_.syscalls[i.subject]));
            if (callee != kNone<FunctionId>) {
                add_edge(from, node_of(callee), edge);
            }
        } else if (i.op == Op::via) {
            edge.indirect = true;
            for (auto const& member : program_.in_members(i.members)) {
                if (member.callee != kNone<FunctionId>) {
                    add_edge(from, node_of(member.callee), edge);
                }
            }
        }
    }
}

void CallGraph::add_call_sites(build::BuildFacts const& facts) {
    NameMap<NodeIndex> nodes;
    std::queue<NodeIndex> leaves;
    for (NodeIndex i = 0; i < size(); ++i) {
        nodes.try_emplace(graph_[i].name, i);
        if (!graph_[i].has_body) {
            leaves.push(i);
        }
    }
    for (; !leaves.empty(); leaves.pop()) {
        auto const from = leaves.front();
        for (auto const callee : callees_of(facts, graph_[from].name)) {
            auto const name = build::function_of_symbol(callee);
            auto const [it, is_new] = nodes.try_emplace(name, size());
            if (is_new) {
                leaves.push(boost::add_vertex({name, kNone<FunctionId>, {}, false}, graph_));
            }
            CallEdge edge;
            edge.from_build = true;
            add_edge(from, it->second, edge);
        }
    }
}

std::vector<bool> CallGraph::reachable_from(NodeIndex from) const {
    return reach(graph_, from);
}

std::vector<bool> CallGraph::reaching(NodeIndex to) const {
    return reach(boost::make_reverse_graph(graph_), to);
}

std::vector<std::vector<NodeIndex>> CallGraph::recursions() const {
    std::vector<std::size_t> component(size());
    auto const index = boost::get(boost::vertex_index, graph_);
    auto const count = boost::strong_components(
        graph_, boost::make_iterator_property_map(component.begin(), index));
    std::vector<std::vector<NodeIndex>> groups(count);
    for (NodeIndex i = 0; i < size(); ++i) {
        groups[component[i]].push_back(i);
    }
    auto const is_single = [this](std::vector<NodeIndex> const& group) {
        return group.size() == 1 && !boost::edge(group[0], group[0], graph_).second;
    };
    groups.erase(std::remove_if(groups.begin(), groups.end(), is_single), groups.end());
    std::sort(groups.begin(), groups.end());
    return groups;
}

std::vector<NodeIndex> CallGraph::dominators(NodeIndex root) const {
    std::vector<NodeIndex> result(size(), kNoNode);
    auto const index = boost::get(boost::vertex_index, graph_);
    // Boost's short form marks "not visited" by 0, and so takes callers that the root cannot reach
    // for its own.
    std::vector<std::size_t> visited(size(), ~std::size_t{0});
    std::vector<NodeIndex> parents(size(), kNoNode);
    std::vector<NodeIndex> order(size(), kNoNode);
    boost::lengauer_tarjan_dominator_tree(
        graph_, root, index, boost::make_iterator_property_map(visited.begin(), index),
        boost::make_iterator_property_map(parents.begin(), index), order,
        boost::make_iterator_property_map(result.begin(), index));
    return result;
}

std::vector<NodeIndex> CallGraph::path(NodeIndex from, NodeIndex to) const {
    std::vector<NodeIndex> before(size(), kNoNode);
    std::queue<NodeIndex> work;
    work.push(from);
    before[from] = from;
    for (; !work.empty() && before[to] == kNoNode; work.pop()) {
        for (auto [it, end] = boost::adjacent_vertices(work.front(), graph_); it != end; ++it) {
            if (before[*it] == kNoNode) {
                before[*it] = work.front();
                work.push(*it);
            }
        }
    }
    std::vector<NodeIndex> way;
    if (before[to] == kNoNode) {
        return way;
    }
    for (auto node = to; node != from; node = before[node]) {
        way.push_back(node);
    }
    way.push_back(from);
    std::reverse(way.begin(), way.end());
    return way;
}

std::string node_name(CallNode const& node) {
    return node.file.empty() ? std::string(node.name)
                             : fmt::format("{}:{}", short_path(node.file), node.name);
}

namespace {

std::set<GraphDifference::Change> changes_of(CallGraph const& calls) {
    std::set<GraphDifference::Change> all;
    auto const& graph = calls.graph();
    for (NodeIndex i = 0; i < calls.size(); ++i) {
        if (!calls[i].has_body) {
            continue;
        }
        all.insert({node_name(calls[i]), ""});
        for (auto [it, end] = boost::adjacent_vertices(i, graph); it != end; ++it) {
            all.insert({node_name(calls[i]), node_name(calls[*it])});
        }
    }
    return all;
}

} // namespace

GraphDifference difference(CallGraph const& first, CallGraph const& second) {
    auto const a = changes_of(first);
    auto const b = changes_of(second);
    GraphDifference result;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(),
                        std::back_inserter(result.only_first));
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(),
                        std::back_inserter(result.only_second));
    return result;
}

} // namespace kflow::model
