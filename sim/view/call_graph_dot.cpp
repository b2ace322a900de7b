#include "sim/view/call_graph_dot.hpp"

#include "sim/model/conditions.hpp"
#include "sim/view/dot.hpp"
#include "sim/view/file_graph.hpp"

#include <fmt/format.h>
#include <map>

namespace kflow::view {

namespace {

using model::CallGraph;
using model::NodeIndex;

/// The nodes within `depth` calls of the root, nearest first, at most so many.
std::vector<NodeIndex> neighbourhood(CallGraph const& graph, NodeIndex root,
                                     CallGraphOptions const& options) {
    std::vector<NodeIndex> order{root};
    std::map<NodeIndex, int> distance{{root, 0}};
    for (std::size_t at = 0; at < order.size() && order.size() < options.most; ++at) {
        if (distance[order[at]] >= options.depth) {
            continue;
        }
        auto const [begin, end] = boost::out_edges(order[at], graph.graph());
        for (auto edge = begin; edge != end && order.size() < options.most; ++edge) {
            NodeIndex const to = boost::target(*edge, graph.graph());
            if (distance.try_emplace(to, distance[order[at]] + 1).second) {
                order.push_back(to);
            }
        }
    }
    return order;
}

std::string file_of(CallGraph const& graph, SourceFiles const& files, NodeIndex node) {
    auto const& known = graph[node];
    return known.function == model::kNone<model::FunctionId>
               ? files.of(known.name)
               : files.of(graph.program()[known.function]);
}

class StaticDrawing {
public:
    StaticDrawing(CallGraph const& graph, build::BuildFacts const& facts, SourceFiles const& files,
                  CallGraphOptions const& options)
        : graph_(graph), facts_(facts), files_(files), options_(options) {}

    std::string draw(NodeIndex root) {
        auto const nodes = neighbourhood(graph_, root, options_);
        DotWriter dot(graph_[root].name, {{"rankdir", "LR"},
                                          {"fontname", "Helvetica"},
                                          {"nodesep", "0.08"},
                                          {"ranksep", "1.5"}});
        dot.comment(fmt::format("calls below {}, depth {}, {}", graph_[root].name, options_.depth,
                                options_.as_traced ? std::string(facts_.name())
                                                   : "as the source has them"));
        if (nodes.size() >= options_.most) {
            dot.comment(fmt::format("only the nearest {} functions", options_.most));
        }
        dot.node_defaults(
            {{"shape", "box"}, {"style", "filled"}, {"height", "0.3"}, {"fontname", "Helvetica"}});
        dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}});
        boxes(dot, nodes);
        edges(dot, nodes);
        return dot.finish();
    }

private:
    void boxes(DotWriter& dot, std::vector<NodeIndex> const& nodes) {
        std::map<std::string, std::vector<NodeIndex>> by_file;
        for (NodeIndex const node : nodes) {
            by_file[file_of(graph_, files_, node)].push_back(node);
        }
        for (auto const& [file, members] : by_file) {
            bool const boxed = file != kElsewhere;
            if (boxed) {
                dot.open_cluster(file, file);
            }
            for (NodeIndex const node : members) {
                dot.node(id_of(node), look_of(node, file));
            }
            if (boxed) {
                dot.close();
            }
        }
    }

    std::string id_of(NodeIndex node) const { return model::node_name(graph_[node]); }

    Attributes look_of(NodeIndex node, std::string_view file) const {
        Attributes look{{"label", std::string(graph_[node].name)},
                        {"fillcolor", std::string(color_of_source(file))}};
        if (!options_.as_traced || graph_[node].file.starts_with("glibc/")) {
            return look;
        }
        auto const shown = facts_.called(graph_[node].name);
        if (shown.kind == build::EdgeKind::inlined) {
            look.emplace_back("style", "filled,dotted");
            look.emplace_back("fontcolor", "#777777");
        } else if (shown.kind == build::EdgeKind::hidden) {
            look.emplace_back("style", "filled,dashed");
        }
        return look;
    }

    void edges(DotWriter& dot, std::vector<NodeIndex> const& nodes) {
        std::map<NodeIndex, bool> here;
        for (NodeIndex const node : nodes) {
            here[node] = true;
        }
        for (NodeIndex const node : nodes) {
            auto const [begin, end] = boost::out_edges(node, graph_.graph());
            for (auto edge = begin; edge != end; ++edge) {
                NodeIndex const to = boost::target(*edge, graph_.graph());
                if (here.contains(to)) {
                    dot.edge(id_of(node), id_of(to), look_of(node, to, graph_.graph()[*edge]));
                }
            }
        }
    }

    Attributes look_of(NodeIndex from, NodeIndex to, model::CallEdge const& edge) const {
        Attributes look;
        if (auto const label = condition_of(edge); !label.empty()) {
            look.emplace_back("label", label);
        }
        if (edge.cleanup) {
            look.emplace_back("color", "#b03030");
        }
        bool const inlined = options_.as_traced && is_inlined(from, to);
        if (edge.indirect || inlined) {
            look.emplace_back("style", inlined ? "dotted" : "dashed");
        }
        return look;
    }

    bool is_inlined(NodeIndex from, NodeIndex to) const {
        if (graph_[to].file.starts_with("glibc/") || !graph_[from].has_body) {
            return false;
        }
        std::string_view const caller = graph_[from].name;
        std::string_view const callee = graph_[to].name;
        build::Edge const edge{"", caller, "", callee, "", "", 0};
        return facts_.edge(edge).kind == build::EdgeKind::inlined;
    }

    /// The conditions around the call, innermost first, at most two of them.
    std::string condition_of(model::CallEdge const& edge) const {
        if (edge.from_build || edge.line == 0) {
            return "";
        }
        std::string text;
        for (auto const& condition : conditions_around(graph_.program(), edge.pc)) {
            text += (text.empty() ? "" : "\n") + condition.text;
            if (text.find('\n') != std::string::npos) {
                break;
            }
        }
        return text;
    }

    CallGraph const& graph_;
    build::BuildFacts const& facts_;
    SourceFiles const& files_;
    CallGraphOptions const& options_;
};

} // namespace

std::string call_graph_dot(CallGraph const& graph, NodeIndex root, build::BuildFacts const& facts,
                           SourceFiles const& files, CallGraphOptions const& options) {
    return StaticDrawing(graph, facts, files, options).draw(root);
}

std::string all_calls_dot(CallGraph const& graph, SourceFiles const& files) {
    std::vector<std::string> file(graph.size());
    for (NodeIndex node = 0; node < graph.size(); ++node) {
        file[node] = file_of(graph, files, node);
    }
    std::vector<FileGraphCall> calls;
    for (NodeIndex from = 0; from < graph.size(); ++from) {
        auto const [begin, end] = boost::out_edges(from, graph.graph());
        for (auto edge = begin; edge != end; ++edge) {
            NodeIndex const to = boost::target(*edge, graph.graph());
            if (graph[to].has_body) {
                calls.push_back({std::string(graph[from].name), file[from],
                                 std::string(graph[to].name), file[to],
                                 graph.graph()[*edge].count});
            }
        }
    }
    return file_graph_dot(calls, "all calls of the model between functions with a body");
}

} // namespace kflow::view
