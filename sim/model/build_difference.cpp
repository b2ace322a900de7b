#include "sim/model/build_difference.hpp"

#include "sim/model/function_pairs.hpp"

#include <algorithm>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/filtered_graph.hpp>
#include <map>
#include <tuple>

namespace kflow::model {

namespace {

using Side = FunctionDifference::Side;

/// Calls of functions whose body only one of the two models has would seem to be new.
struct LeavesComparedFunctions {
    CallGraph::Graph const* graph = nullptr;
    std::vector<bool> const* opaque = nullptr;
    bool operator()(CallGraph::Graph::edge_descriptor edge) const {
        return !(*opaque)[boost::source(edge, *graph)];
    }
};

/// What has a body, and what is called by a function that both models describe.
std::vector<bool> comparable(CallGraph const& calls, std::vector<bool> const& opaque) {
    std::vector<bool> found(calls.size());
    for (NodeIndex node = 0; node < calls.size(); ++node) {
        auto const [begin, end] = boost::in_edges(node, calls.graph());
        found[node] = calls[node].has_body || std::any_of(begin, end, [&](auto const& edge) {
                          return !opaque[boost::source(edge, calls.graph())];
                      });
    }
    return found;
}

std::vector<bool> reached_below(CallGraph const& calls, std::string_view below,
                                std::vector<bool> const& opaque) {
    if (below.empty()) {
        return comparable(calls, opaque);
    }
    auto const root = calls.program().find_function(below);
    if (root == kNone<FunctionId>) {
        return std::vector<bool>(calls.size(), false);
    }
    boost::filtered_graph const compared(calls.graph(),
                                         LeavesComparedFunctions{&calls.graph(), &opaque});
    std::vector<boost::default_color_type> colors(calls.size());
    auto const map = boost::make_iterator_property_map(
        colors.begin(), boost::get(boost::vertex_index, calls.graph()));
    boost::queue<NodeIndex> queue;
    boost::breadth_first_visit(compared, CallGraph::node_of(root), queue, boost::bfs_visitor<>(),
                               map);
    std::vector<bool> reached(calls.size());
    for (NodeIndex node = 0; node < reached.size(); ++node) {
        reached[node] = colors[node] == boost::black_color;
    }
    return reached;
}

/// What only this model describes although both sources have it.
std::vector<bool> opaque_nodes(std::vector<FunctionDifference> const& functions,
                               CallGraph const& calls, Side FunctionDifference::*side) {
    std::vector<bool> opaque(calls.size());
    for (auto const& f : functions) {
        if ((f.*side).node != CallGraph::kNoNode) {
            opaque[(f.*side).node] = f.is_described_for_one();
        }
    }
    return opaque;
}

void mark_reached(std::vector<FunctionDifference>& functions, CallGraph const& calls,
                  std::string_view below, Side FunctionDifference::*side) {
    auto const reached = reached_below(calls, below, opaque_nodes(functions, calls, side));
    for (auto& f : functions) {
        auto& known = f.*side;
        if (known.node == CallGraph::kNoNode) {
            continue;
        }
        known.reached = reached[known.node];
        auto const [begin, end] = boost::in_edges(known.node, calls.graph());
        for (auto edge = begin; edge != end; ++edge) {
            auto const caller = boost::source(*edge, calls.graph());
            if (reached[caller]) {
                known.callers.emplace_back(calls[caller].name);
            }
        }
        std::ranges::sort(known.callers);
    }
}

std::vector<BodyStep> first_steps(Program const& program, FunctionId function,
                                  std::map<std::string, std::string> const& new_names) {
    auto steps = steps_of(program, function);
    for (auto& step : steps) {
        if (auto const renamed = new_names.find(step.name); renamed != new_names.end()) {
            step.name = renamed->second;
        }
    }
    return steps;
}

void compare_bodies(std::vector<FunctionDifference>& functions, ComparedBuild const& first,
                    ComparedBuild const& second) {
    std::map<std::string, std::string> new_names;
    for (auto const& f : functions) {
        if (f.renamed) {
            new_names.emplace(f.first.name, f.second.name);
        }
    }
    for (auto& f : functions) {
        if (f.first.described && f.second.described) {
            f.steps = compare_steps(
                first_steps(first.calls->program(), (*first.calls)[f.first.node].function,
                            new_names),
                steps_of(second.calls->program(), (*second.calls)[f.second.node].function));
        }
    }
}

auto place_of(FunctionDifference const& f) {
    auto const& side = f.second.node == CallGraph::kNoNode ? f.first : f.second;
    return std::tuple(side.file.empty(), std::string_view(side.file), side.node,
                      std::string_view(side.name));
}

} // namespace

bool FunctionDifference::is_moved() const {
    return first.exists && second.exists && !first.file.empty() && !second.file.empty() &&
           first.file != second.file;
}

bool FunctionDifference::is_reached_in_one() const {
    return first.exists && second.exists && first.reached != second.reached;
}

bool FunctionDifference::is_described_for_one() const {
    return first.exists && second.exists && first.described != second.described;
}

bool FunctionDifference::is_changed() const {
    return is_new() || is_gone() || renamed || is_moved() || is_reached_in_one() ||
           !steps.empty() || !shown.empty();
}

bool BuildDifference::nothing_changed() const {
    return std::ranges::none_of(functions, &FunctionDifference::is_changed);
}

BuildDifference compare_builds(ComparedBuild const& first, ComparedBuild const& second,
                               std::string_view below) {
    BuildDifference result;
    auto& functions = result.functions;
    functions = pair_functions(first, second);
    mark_reached(functions, *first.calls, below, &FunctionDifference::first);
    mark_reached(functions, *second.calls, below, &FunctionDifference::second);
    std::erase_if(functions, [](FunctionDifference const& f) {
        return !f.first.reached && !f.second.reached;
    });
    find_renamed(functions, first, second);
    compare_bodies(functions, first, second);
    compare_shown(functions, first, second);
    std::ranges::sort(functions, {}, place_of);
    return result;
}

} // namespace kflow::model
