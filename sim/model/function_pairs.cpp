#include "sim/model/function_pairs.hpp"

#include "sim/model/model.hpp"

#include <algorithm>
#include <map>

namespace kflow::model {

namespace {

using Side = FunctionDifference::Side;
using Nodes = std::vector<NodeIndex>;

bool is_user_side(CallNode const& node) {
    return tree_of(node.file) == "glibc";
}

std::string file_of(ComparedBuild const& build, NodeIndex node) {
    auto const& program = build.calls->program();
    auto const& f = program[(*build.calls)[node].function];
    if (f.has_body) {
        auto const& source = program.sources[index_of(f.file)];
        return is_user_side((*build.calls)[node]) ? "glibc/" + source : source;
    }
    return build.names ? std::string(build::home_of(*build.names, f.name)) : std::string();
}

Side side_of(ComparedBuild const& build, NodeIndex node) {
    auto const& known = (*build.calls)[node];
    Side side;
    side.node = node;
    side.name = known.name;
    side.file = file_of(build, node);
    side.exists = true;
    side.described = known.has_body;
    side.doc = build.calls->program()[build.calls->program()[known.function].doc];
    return side;
}

/// What the build knows of a function that only the other one's model has.
Side absent_side(ComparedBuild const& build, Side const& other, CallNode const& node, bool unique) {
    Side side;
    side.name = other.name;
    if (build.names && !is_user_side(node)) {
        bool const defined = build.names->defines(other.file, other.name);
        side.exists = defined || (unique && build.names->knows(other.name));
        side.file = defined       ? other.file
                    : side.exists ? std::string(build::home_of(*build.names, other.name))
                                  : std::string();
    }
    return side;
}

/// The functions of one name in one model.
std::map<std::string_view, Nodes> by_name(CallGraph const& calls) {
    std::map<std::string_view, Nodes> names;
    for (NodeIndex node = 0; node < calls.size(); ++node) {
        names[calls[node].name].push_back(node);
    }
    return names;
}

class Pairing {
public:
    Pairing(ComparedBuild const& first, ComparedBuild const& second)
        : first_(first), second_(second) {}

    std::vector<FunctionDifference> pair() {
        auto firsts = by_name(*first_.calls);
        auto seconds = by_name(*second_.calls);
        for (auto& [name, nodes] : seconds) {
            pair_name(firsts[name], nodes);
        }
        for (auto& [name, nodes] : firsts) {
            if (!seconds.contains(name)) {
                Nodes none;
                pair_name(nodes, none);
            }
        }
        return std::move(pairs_);
    }

private:
    /// Those of one file first, then what is left in order: it was moved.
    void pair_name(Nodes& firsts, Nodes& seconds) {
        bool const unique = firsts.size() <= 1 && seconds.size() <= 1;
        for (bool const any_file : {false, true}) {
            for (auto& a : firsts) {
                for (auto& b : seconds) {
                    if (a != CallGraph::kNoNode && b != CallGraph::kNoNode &&
                        (any_file || (*first_.calls)[a].file == (*second_.calls)[b].file)) {
                        add({side_of(first_, a), side_of(second_, b), false, {}, {}, {}});
                        a = b = CallGraph::kNoNode;
                    }
                }
            }
        }
        for (auto const a : firsts) {
            if (a != CallGraph::kNoNode) {
                auto const side = side_of(first_, a);
                auto const other = absent_side(second_, side, (*first_.calls)[a], unique);
                add({side, other, false, {}, {}, {}});
            }
        }
        for (auto const b : seconds) {
            if (b != CallGraph::kNoNode) {
                auto const side = side_of(second_, b);
                auto const other = absent_side(first_, side, (*second_.calls)[b], unique);
                add({other, side, false, {}, {}, {}});
            }
        }
    }

    void add(FunctionDifference pair) { pairs_.push_back(std::move(pair)); }

    ComparedBuild const& first_;
    ComparedBuild const& second_;
    std::vector<FunctionDifference> pairs_;
};

} // namespace

std::vector<FunctionDifference> pair_functions(ComparedBuild const& first,
                                               ComparedBuild const& second) {
    return Pairing(first, second).pair();
}

} // namespace kflow::model
