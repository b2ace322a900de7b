// What two tracers make of the calls that both sources have.
#include "sim/model/function_pairs.hpp"

#include "sim/model/model.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

namespace kflow::model {

namespace {

std::string_view source_of(ComparedBuild const& build, NodeIndex node) {
    auto const& program = build.calls->program();
    auto const& f = program[(*build.calls)[node].function];
    return f.has_body ? std::string_view(program.sources[index_of(f.file)]) : std::string_view();
}

ShownCall shown_call(ComparedBuild const& build, NodeIndex from, NodeIndex to, bool indirect) {
    auto const caller = (*build.calls)[from].name;
    auto const callee = (*build.calls)[to].name;
    auto const caller_file = source_of(build, from);
    auto const callee_file = source_of(build, to);
    auto const found =
        indirect
            ? build.facts->called(callee, callee_file)
            : build.facts->edge({caller_file, caller, callee_file, callee, caller, caller_file, 0});
    std::vector<std::string_view> symbols = found.parts;
    if (!found.symbol.empty() && found.kind != build::EdgeKind::inlined) {
        symbols.insert(symbols.begin(), found.symbol);
    }
    return {found.kind, fmt::format("{}", fmt::join(symbols, " "))};
}

/// The nodes of the second model by those of the first.
std::vector<NodeIndex> partners(std::vector<FunctionDifference> const& functions,
                                std::size_t size) {
    std::vector<NodeIndex> seconds(size, CallGraph::kNoNode);
    for (auto const& f : functions) {
        if (f.first.node != CallGraph::kNoNode) {
            seconds[f.first.node] = f.second.node;
        }
    }
    return seconds;
}

class ShownComparison {
public:
    ShownComparison(std::vector<FunctionDifference> const& functions, ComparedBuild const& first,
                    ComparedBuild const& second)
        : first_(first), second_(second), partners_(partners(functions, first.calls->size())) {}

    std::vector<ShownDifference> compare(FunctionDifference const& callee) const {
        std::map<std::pair<ShownCall, ShownCall>, std::vector<std::string>> found;
        auto const& graph = first_.calls->graph();
        auto const [begin, end] = boost::in_edges(callee.first.node, graph);
        for (auto edge = begin; edge != end; ++edge) {
            auto const from = boost::source(*edge, graph);
            auto const other = partners_[from];
            if (other == CallGraph::kNoNode || is_user_side(from)) {
                continue;
            }
            auto const [same, exists] =
                boost::edge(other, callee.second.node, second_.calls->graph());
            if (!exists) {
                continue;
            }
            auto const a = shown_call(first_, from, callee.first.node, graph[*edge].indirect);
            auto const b = shown_call(second_, other, callee.second.node,
                                      second_.calls->graph()[same].indirect);
            if (differ(a, b, callee)) {
                found[{a, b}].emplace_back((*second_.calls)[other].name);
            }
        }
        std::vector<ShownDifference> differences;
        for (auto& [pair, callers] : found) {
            std::ranges::sort(callers);
            differences.push_back({pair.first, pair.second, std::move(callers)});
        }
        return differences;
    }

private:
    bool is_user_side(NodeIndex node) const {
        return tree_of((*first_.calls)[node].file) == "glibc";
    }

    /// A new name is no difference of the symbols.
    static bool differ(ShownCall const& a, ShownCall const& b, FunctionDifference const& callee) {
        return a.kind != b.kind || (!callee.renamed && a.symbols != b.symbols);
    }

    ComparedBuild const& first_;
    ComparedBuild const& second_;
    std::vector<NodeIndex> partners_;
};

} // namespace

void compare_shown(std::vector<FunctionDifference>& functions, ComparedBuild const& first,
                   ComparedBuild const& second) {
    if (!first.facts || !second.facts) {
        return;
    }
    ShownComparison const comparison(functions, first, second);
    for (auto& f : functions) {
        bool const in_both =
            f.first.node != CallGraph::kNoNode && f.second.node != CallGraph::kNoNode;
        if (in_both && f.first.reached && f.second.reached) {
            f.shown = comparison.compare(f);
        }
    }
}

} // namespace kflow::model
