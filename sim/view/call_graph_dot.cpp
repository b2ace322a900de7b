#include "sim/view/call_graph_dot.hpp"

#include "sim/trace/call_tree.hpp"
#include "sim/view/dot.hpp"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <map>

namespace kflow::view {

namespace {

using model::CallGraph;
using model::NodeIndex;

/// Colours by the first folders of the kernel tree that match; the last is for everything else.
constexpr std::pair<std::string_view, std::string_view> kSubsystems[] = {
    {"linux/kernel/sched/", "#cfe3f5"},
    {"linux/kernel/time/", "#e3ddf3"},
    {"linux/kernel/", "#fbe3c0"},
    {"linux/arch/", "#f5d0d0"},
    {"linux/mm/", "#d6ecd2"},
    {"linux/fs/", "#f3efc4"},
    {"linux/security/", "#e8d5c4"},
    {"linux/include/", "#eeeeee"},
    {"glibc/", "#d0ece8"},
    {"", "#ffffff"}};

std::string_view color_of(std::string_view file) {
    for (auto const& [folder, color] : kSubsystems) {
        if (file.starts_with(folder)) {
            return color;
        }
    }
    return "#ffffff";
}

/// "linux/kernel/fork.flow" → "kernel/fork.c" as a box's title.
std::string title_of(std::string_view file) {
    if (file.empty()) {
        return "elsewhere";
    }
    std::string_view title = file;
    title.remove_prefix(title.starts_with("linux/") ? 6 : 0);
    title.remove_suffix(title.ends_with(".flow") ? 5 : 0);
    return std::string(title);
}

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

class StaticDrawing {
public:
    StaticDrawing(CallGraph const& graph, build::BuildFacts const& facts,
                  CallGraphOptions const& options)
        : graph_(graph), facts_(facts), options_(options) {}

    std::string draw(NodeIndex root) {
        auto const nodes = neighbourhood(graph_, root, options_);
        DotWriter dot(graph_[root].name, {{"rankdir", "LR"}, {"fontname", "Helvetica"}});
        dot.comment(fmt::format("calls below {}, depth {}, {}", graph_[root].name, options_.depth,
                                options_.as_traced ? std::string(facts_.name())
                                                   : "as the source has them"));
        dot.node_defaults({{"shape", "box"}, {"style", "filled"}, {"fontname", "Helvetica"}});
        dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "9"}});
        boxes(dot, nodes);
        edges(dot, nodes);
        return dot.finish();
    }

private:
    void boxes(DotWriter& dot, std::vector<NodeIndex> const& nodes) {
        std::map<std::string_view, std::vector<NodeIndex>> by_file;
        for (NodeIndex const node : nodes) {
            by_file[graph_[node].file].push_back(node);
        }
        for (auto const& [file, members] : by_file) {
            if (!file.empty()) {
                dot.open_cluster(std::string(file), title_of(file));
            }
            for (NodeIndex const node : members) {
                dot.node(id_of(node), look_of(node));
            }
            if (!file.empty()) {
                dot.close();
            }
        }
    }

    std::string id_of(NodeIndex node) const { return model::node_name(graph_[node]); }

    Attributes look_of(NodeIndex node) const {
        Attributes look{{"label", std::string(graph_[node].name)},
                        {"fillcolor", std::string(color_of(graph_[node].file))}};
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
        auto const& program = graph_.program();
        std::string text;
        auto at = program.code[edge.pc].context;
        for (int n = 0; n < 2 && at != ~std::uint32_t{0}; ++n) {
            auto const& context = program.contexts[at];
            text += text.empty() ? "" : "\n";
            text += words_of(context);
            at = context.parent;
        }
        return text;
    }

    /// "if vfork", "not if vfork", "each vma", "loop", "maybe".
    std::string words_of(model::Context const& context) const {
        if (context.is_loop) {
            return "loop";
        }
        auto const& program = graph_.program();
        auto const& test = program.code[context.test];
        if (test.op == model::Op::branch) {
            bool const negated = test.negate != context.otherwise;
            return fmt::format("{} {}", negated ? "if not" : "if",
                               program[model::GuardId{test.subject}].name);
        }
        if (test.op == model::Op::each_next) {
            return fmt::format("each {}", program[test.role]);
        }
        return context.otherwise ? "maybe not" : "maybe";
    }

    CallGraph const& graph_;
    build::BuildFacts const& facts_;
    CallGraphOptions const& options_;
};

/// Who called whom how often.
using Counts = std::map<std::pair<std::string_view, std::string_view>, std::size_t>;

Counts count_function_records(trace::Capture const& capture) {
    Counts counts;
    for (auto const& event : capture.events) {
        if (auto const* const call = event.as<trace::FunctionEntry>()) {
            ++counts[{call->parent.symbol.view(), call->ip.symbol.view()}];
        }
    }
    return counts;
}

Counts count_graph_records(trace::Capture const& capture) {
    Counts counts;
    auto const forest = trace::build_call_forest(capture.events);
    for (auto const& call : forest.calls) {
        bool const rooted = call.parent != trace::Call::kNone;
        if (call.noise == trace::NoiseKind::none && rooted) {
            ++counts[{forest.calls[call.parent].name.view(), call.name.view()}];
        }
    }
    return counts;
}

/// The pairs within `depth` calls of the root; all of them without a root.
Counts below(Counts const& counts, std::string_view root, int depth) {
    if (root.empty()) {
        return counts;
    }
    std::map<std::string_view, int> distance{{root, 0}};
    std::deque<std::string_view> work{root};
    Counts kept;
    while (!work.empty()) {
        std::string_view const caller = work.front();
        work.pop_front();
        if (distance[caller] >= depth) {
            continue;
        }
        for (auto pair = counts.lower_bound({caller, {}});
             pair != counts.end() && pair->first.first == caller; ++pair) {
            kept.insert(*pair);
            if (distance.try_emplace(pair->first.second, distance[caller] + 1).second) {
                work.push_back(pair->first.second);
            }
        }
    }
    return kept;
}

} // namespace

std::string call_graph_dot(CallGraph const& graph, NodeIndex root, build::BuildFacts const& facts,
                           CallGraphOptions const& options) {
    return StaticDrawing(graph, facts, options).draw(root);
}

std::string dynamic_graph_dot(trace::Capture const& capture, std::string_view root, int depth) {
    auto counts = count_graph_records(capture);
    if (counts.empty()) {
        counts = count_function_records(capture);
    }
    counts = below(counts, root, depth);
    DotWriter dot("calls", {{"rankdir", "LR"}, {"fontname", "Helvetica"}});
    dot.node_defaults({{"shape", "box"},
                       {"style", "filled"},
                       {"fillcolor", "#fbe3c0"},
                       {"fontname", "Helvetica"}});
    dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}});
    for (auto const& [pair, count] : counts) {
        dot.edge(pair.first, pair.second, {{"label", fmt::format("{}", count)}});
    }
    return dot.finish();
}

} // namespace kflow::view
