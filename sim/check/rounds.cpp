#include "sim/check/rounds.hpp"

#include <algorithm>
#include <set>

namespace kflow::check {

namespace {

/// So many different numbers of rounds tell that there is no fixed one.
constexpr std::size_t kFewestNumbers = 2;

/// Calls of the same function in a row.
struct Row {
    trace::Name callee;
    std::size_t length = 0;
};

std::vector<Row> rows_of(ChildList const& children) {
    std::vector<Row> rows;
    for (auto const child : children) {
        if (rows.empty() || rows.back().callee != child) {
            rows.push_back({child, 0});
        }
        ++rows.back().length;
    }
    return rows;
}

bool same_callees(std::vector<Row> const& rows, std::vector<Row> const& others) {
    return std::ranges::equal(rows, others, {}, &Row::callee, &Row::callee);
}

/// Whether some place of the code can call the function again and again, and no other in between.
bool is_called_in_loop(ChildOrder const& order, trace::Name callee) {
    for (std::uint32_t node = 0; node < order.nodes.size(); ++node) {
        auto const& next = order.nodes[node].next;
        if (order.nodes[node].callee == callee && std::ranges::find(next, node) != next.end()) {
            return true;
        }
    }
    return false;
}

} // namespace

bool differs_in_rounds(LearnedFunction const& function, ChildOrder const& order,
                       ChildList const& children) {
    auto const rows = rows_of(children);
    std::vector<std::vector<Row>> like;
    std::vector<std::set<std::size_t>> lengths(rows.size());
    for (auto const& [list, seen] : function.lists) {
        auto const& others = like.emplace_back(rows_of(list));
        if (!same_callees(rows, others)) {
            like.pop_back();
            continue;
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            lengths[i].insert(others[i].length);
        }
    }
    std::vector<bool> fits(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        fits[i] = lengths[i].size() >= kFewestNumbers && rows[i].length > *lengths[i].begin() &&
                  is_called_in_loop(order, rows[i].callee);
    }
    return std::ranges::any_of(like, [&](std::vector<Row> const& others) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!fits[i] && rows[i].length != others[i].length) {
                return false;
            }
        }
        return true;
    });
}

} // namespace kflow::check
