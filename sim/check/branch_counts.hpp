#pragma once
// How often the branches of an expression were taken, and how often its loops went round.

#include "sim/check/expression.hpp"

#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace kflow::check {

class BranchCounts {
public:
    /// Sets the expression's own counts; it must outlive this and stay where it is.
    explicit BranchCounts(Expression& expression);

    /// A path that the expression has.
    void add(SeenPath const& path);

private:
    using Calls = std::span<CodeState const>;

    /// What is known of a part. Each call stands in one part only, so a part is told by any of
    /// them.
    struct Node {
        Expression* expression = nullptr;
        std::vector<Node> parts;
        std::map<CodeState, std::size_t> part_of; ///< each call below it
        std::set<CodeState> first;
        std::set<CodeState> last;
        bool can_be_empty = false;
        std::set<std::pair<CodeState, CodeState>> steps; ///< inside it, one behind the other
    };
    static Node node_of(Expression& expression);
    static void join_sequence(Node& node);
    static void join_choice(Node& node);

    static void add(Node& node, Calls calls, std::size_t times);
    static void add_sequence(Node& node, Calls calls, std::size_t times);
    static void add_choice(Node& node, Calls calls, std::size_t times);
    static void add_rounds(Node& node, Calls calls, std::size_t times);

    Node root_;
};

} // namespace kflow::check
