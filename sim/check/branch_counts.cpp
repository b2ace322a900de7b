#include "sim/check/branch_counts.hpp"

#include <algorithm>

namespace kflow::check {

using Kind = Expression::Kind;

BranchCounts::BranchCounts(Expression& expression) : root_(node_of(expression)) {}

void BranchCounts::add(SeenPath const& path) {
    add(root_, path.calls, path.times);
}

BranchCounts::Node BranchCounts::node_of(Expression& expression) {
    Node node;
    node.expression = &expression;
    for (auto& part : expression.parts) {
        node.parts.push_back(node_of(part));
        auto const& made = node.parts.back();
        for (auto const& [call, inner] : made.part_of) {
            node.part_of[call] = node.parts.size() - 1;
        }
        node.steps.insert(made.steps.begin(), made.steps.end());
    }
    switch (expression.kind) {
    case Kind::nothing:
        node.can_be_empty = true;
        break;
    case Kind::call:
        node.part_of[expression.call] = 0;
        node.first = node.last = {expression.call};
        break;
    case Kind::sequence:
        join_sequence(node);
        break;
    case Kind::choice:
        join_choice(node);
        expression.taken.assign(expression.parts.size(), 0);
        break;
    case Kind::repeat:
        join_choice(node);
        for (auto const& last : node.last) {
            for (auto const& first : node.first) {
                node.steps.insert({last, first});
            }
        }
        break;
    }
    return node;
}

void BranchCounts::join_sequence(Node& node) {
    std::set<CodeState> last; // of what stands before, empty parts passed over
    node.can_be_empty = true;
    for (auto const& part : node.parts) {
        for (auto const& before : last) {
            for (auto const& first : part.first) {
                node.steps.insert({before, first});
            }
        }
        if (node.can_be_empty) {
            node.first.insert(part.first.begin(), part.first.end());
        }
        if (!part.can_be_empty) {
            last.clear();
        }
        last.insert(part.last.begin(), part.last.end());
        node.can_be_empty = node.can_be_empty && part.can_be_empty;
    }
    node.last = std::move(last);
}

void BranchCounts::join_choice(Node& node) {
    for (auto const& part : node.parts) {
        node.first.insert(part.first.begin(), part.first.end());
        node.last.insert(part.last.begin(), part.last.end());
        node.can_be_empty = node.can_be_empty || part.can_be_empty;
    }
}

void BranchCounts::add(Node& node, Calls calls, std::size_t times) {
    switch (node.expression->kind) {
    case Kind::nothing:
    case Kind::call:
        break;
    case Kind::sequence:
        add_sequence(node, calls, times);
        break;
    case Kind::choice:
        add_choice(node, calls, times);
        break;
    case Kind::repeat:
        add_rounds(node, calls, times);
        break;
    }
}

void BranchCounts::add_sequence(Node& node, Calls calls, std::size_t times) {
    for (std::size_t part = 0; part < node.parts.size(); ++part) {
        auto const end = std::ranges::find_if(
            calls, [&](auto const& call) { return node.part_of.at(call) != part; });
        auto const length = static_cast<std::size_t>(end - calls.begin());
        add(node.parts[part], calls.first(length), times);
        calls = calls.subspan(length);
    }
}

void BranchCounts::add_choice(Node& node, Calls calls, std::size_t times) {
    auto const empty = std::ranges::find_if(node.parts, &Node::can_be_empty);
    auto const part = calls.empty() ? static_cast<std::size_t>(empty - node.parts.begin())
                                    : node.part_of.at(calls.front());
    node.expression->taken[part] += times;
    add(node.parts[part], calls, times);
}

void BranchCounts::add_rounds(Node& node, Calls calls, std::size_t times) {
    auto& body = node.parts.front();
    std::size_t rounds = 0;
    for (; !calls.empty(); ++rounds) {
        std::size_t length = 1;
        while (length < calls.size() && body.steps.contains({calls[length - 1], calls[length]})) {
            ++length;
        }
        add(body, calls.first(length), times);
        calls = calls.subspan(length);
    }
    node.expression->rounds[rounds] += times;
}

} // namespace kflow::check
