#pragma once
// The call graph of one build: from the bodies, and below them from the call sites that the build
// is known to have. Questions are answered by Boost.Graph.

#include "sim/build/build_facts.hpp"
#include "sim/model/ir.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::model {

/// Index of a node; nodes keep the order in which they were added: the program's functions first.
using NodeIndex = std::size_t;

struct CallNode {
    std::string_view name;
    FunctionId function = kNone<FunctionId>; ///< kNone: known from the build's call sites alone
    std::string_view file;                   ///< below model/; empty for a leaf
    bool has_body = false;
};

/// Where a call was found first; one edge stands for all calls of the same two functions.
struct CallEdge {
    std::uint32_t line = 0;  ///< in the caller's file; 0: a call site of the build
    std::uint32_t count = 0; ///< how many statements (or sites) make this call
    Pc pc = 0;               ///< of the first; its Instruction::context tells the conditions
    bool indirect = false;   ///< a member of a `via`
    bool cleanup = false;    ///< only on the way out of a failure
    bool from_build = false;
};

/// What tells two builds apart.
struct GraphDifference {
    struct Change {
        std::string caller; ///< "kernel/fork:copy_process"
        std::string callee; ///< empty: the function itself
        bool operator==(Change const&) const = default;
        auto operator<=>(Change const&) const = default;
    };
    std::vector<Change> only_first;  ///< sorted
    std::vector<Change> only_second; ///< sorted
};

class CallGraph {
public:
    using Graph =
        boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, CallNode, CallEdge>;

    /// The program must outlive the graph.
    explicit CallGraph(Program const& program);

    /// Adds what the build calls below functions without a body, to any depth: symbols, as their
    /// functions' names. Names live in the facts, which must outlive the graph.
    void add_call_sites(build::BuildFacts const& facts);

    Graph const& graph() const { return graph_; }
    Program const& program() const { return program_; }
    CallNode const& operator[](NodeIndex node) const { return graph_[node]; }
    std::size_t size() const { return boost::num_vertices(graph_); }

    /// The node of a function of the program: the same number.
    static NodeIndex node_of(FunctionId id) { return index_of(id); }

    /// For every node whether a call of `from` can lead there; itself included.
    std::vector<bool> reachable_from(NodeIndex from) const;
    /// For every node whether it can lead to `to`; itself included.
    std::vector<bool> reaching(NodeIndex to) const;
    /// Functions that can call themselves, in groups (strongly connected components with a way
    /// back), each sorted.
    std::vector<std::vector<NodeIndex>> recursions() const;
    /// For every node the call that every way from `root` goes through last before it (its
    /// immediate dominator); kNoNode for the root and for what the root cannot reach.
    std::vector<NodeIndex> dominators(NodeIndex root) const;
    /// A shortest way of calls from one to another, both included; empty if there is none.
    std::vector<NodeIndex> path(NodeIndex from, NodeIndex to) const;

    static constexpr NodeIndex kNoNode = ~NodeIndex{0};

private:
    void add_edge(NodeIndex from, NodeIndex to, CallEdge const& edge);
    void add_body(FunctionId id);

    Program const& program_;
    Graph graph_;
};

/// What one has and the other has not: functions with a body (by file and name), and calls between
/// functions.
GraphDifference difference(CallGraph const& first, CallGraph const& second);

/// "kernel/fork:copy_process"; a leaf is its name alone.
std::string node_name(CallNode const& node);

} // namespace kflow::model
