#include "sim/check/child_order.hpp"

#include <algorithm>
#include <string>

namespace kflow::check {

namespace {

using build::FlowSite;
using build::FunctionFlow;

/// Functions that are not traced and call each other: none nests deeper in kernels.
constexpr std::size_t kDeepestHidden = 5;

/// Lays out a function's nodes, and those of the hidden functions that it calls in their places.
class Layout {
public:
    Layout(build::ControlFlow const& flow, ChildOrder& order) : flow_(flow), order_(order) {}

    void add(FunctionFlow const& function) {
        auto const piece = lay_out(function);
        order_.first.insert(order_.first.end(), piece.first.begin(), piece.first.end());
        order_.may_be_silent = order_.may_be_silent || piece.silent;
        for (auto const last : piece.last) {
            order_.nodes[last].ends = true;
        }
        for (auto& node : order_.nodes) {
            std::sort(node.next.begin(), node.next.end());
            node.next.erase(std::unique(node.next.begin(), node.next.end()), node.next.end());
        }
    }

private:
    /// A stretch of code, seen from outside.
    struct Piece {
        std::vector<std::uint32_t> first;
        std::vector<std::uint32_t> last;
        bool silent = false; ///< there is a way through it that shows nothing
    };

    /// What a site leads to, hidden callees looked into.
    struct Ahead {
        std::vector<std::uint32_t> nodes;
        bool end = false;
    };

    Piece lay_out(FunctionFlow const& function) {
        std::vector<Piece> pieces;
        for (auto const& site : function.sites) {
            pieces.push_back(piece_of(site));
        }
        Piece whole;
        auto const entry = ahead(function, pieces, function.first, function.may_be_silent);
        whole.first = entry.nodes;
        whole.silent = entry.end;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            auto const& site = function.sites[i];
            auto const behind = ahead(function, pieces, site.next, site.ends);
            for (auto const last : pieces[i].last) {
                auto& next = order_.nodes[last].next;
                next.insert(next.end(), behind.nodes.begin(), behind.nodes.end());
                if (behind.end) {
                    whole.last.push_back(last);
                }
            }
        }
        return whole;
    }

    Piece piece_of(FlowSite const& site) {
        if (site.kind == FlowSite::Callee::hidden) {
            if (site.next.empty() && !site.ends) {
                return {}; // It does not return: __stack_chk_fail and its like, the kernel's end.
            }
            return hidden(site.callee);
        }
        auto const node = static_cast<std::uint32_t>(order_.nodes.size());
        auto const pointer = site.kind == FlowSite::Callee::pointer;
        order_.nodes.push_back({trace::Name(site.callee), pointer, false, {}});
        if (pointer) { // Whom it leads to may not be traced itself, and then shows what it calls.
            order_.nodes.back().next.push_back(node);
        }
        return {{node}, {node}, pointer};
    }

    Piece hidden(std::string_view symbol) {
        Piece all;
        auto const is_inside = std::ranges::find(inside_, symbol) != inside_.end();
        auto const functions = is_inside || inside_.size() >= kDeepestHidden
                                   ? std::vector<FunctionFlow>{}
                                   : flow_.functions(symbol);
        all.silent = functions.empty();
        inside_.emplace_back(symbol);
        for (auto const& function : functions) {
            auto const piece = lay_out(function);
            all.first.insert(all.first.end(), piece.first.begin(), piece.first.end());
            all.last.insert(all.last.end(), piece.last.begin(), piece.last.end());
            all.silent = all.silent || piece.silent;
        }
        inside_.pop_back();
        return all;
    }

    static Ahead ahead(FunctionFlow const& function, std::vector<Piece> const& pieces,
                       std::vector<std::uint32_t> const& sites, bool ends) {
        Ahead found{{}, ends};
        std::vector<char> seen(function.sites.size(), 0);
        auto work = sites;
        while (!work.empty()) {
            auto const site = work.back();
            work.pop_back();
            if (seen[site] != 0) {
                continue;
            }
            seen[site] = 1;
            auto const& piece = pieces[site];
            found.nodes.insert(found.nodes.end(), piece.first.begin(), piece.first.end());
            if (piece.silent) {
                auto const& through = function.sites[site];
                found.end = found.end || through.ends;
                work.insert(work.end(), through.next.begin(), through.next.end());
            }
        }
        std::sort(found.nodes.begin(), found.nodes.end());
        found.nodes.erase(std::unique(found.nodes.begin(), found.nodes.end()), found.nodes.end());
        return found;
    }

    build::ControlFlow const& flow_;
    ChildOrder& order_;
    std::vector<std::string> inside_; ///< hidden functions, outermost first
};

} // namespace

bool ChildOrder::look_through(std::vector<std::uint32_t>& ahead, NameSet const& untraced) const {
    auto const is_untraced = [&](std::uint32_t node) {
        return untraced.contains(nodes[node].callee);
    };
    if (untraced.empty() || std::ranges::none_of(ahead, is_untraced)) {
        return false;
    }
    bool ends = false;
    std::vector<char> seen(nodes.size(), 0);
    for (auto const node : ahead) {
        seen[node] = 1;
    }
    for (std::size_t i = 0; i < ahead.size(); ++i) {
        auto const& node = nodes[ahead[i]];
        if (is_untraced(ahead[i])) {
            ends = ends || node.ends;
            for (auto const next : node.next) {
                if (seen[next] == 0) {
                    seen[next] = 1;
                    ahead.push_back(next);
                }
            }
        }
    }
    return ends;
}

ChildOrder::Reading ChildOrder::read(std::span<trace::Name const> children,
                                     NameSet const& untraced) const {
    Reading reading{0, may_be_silent, children.size(), 0, {}};
    std::vector<std::uint32_t> here;
    std::vector<std::uint32_t> ahead = first;
    std::vector<std::size_t> taken(nodes.size(), 0); ///< for which child a node was taken last
    reading.can_end = look_through(ahead, untraced) || reading.can_end;
    for (auto const child : children) {
        here.clear();
        for (auto const node : ahead) {
            auto const& callee = nodes[node].callee;
            if (nodes[node].pointer || callee == child || untraced.contains(callee)) {
                here.push_back(node);
            }
        }
        if (here.empty()) {
            break;
        }
        ++reading.read;
        reading.can_end = false;
        ahead.clear();
        auto const add = [&](std::uint32_t node) {
            if (taken[node] != reading.read) {
                taken[node] = reading.read;
                ahead.push_back(node);
            }
        };
        for (auto const node : here) {
            reading.can_end = reading.can_end || nodes[node].ends;
            std::ranges::for_each(nodes[node].next, add);
            if (untraced.contains(nodes[node].callee)) {
                add(node); // The child may be one of several that it calls.
            }
        }
        reading.can_end = look_through(ahead, untraced) || reading.can_end;
        if (reading.can_end && reading.shortest == 0) {
            reading.shortest = reading.read;
        }
    }
    for (auto const node : ahead) {
        if (!nodes[node].pointer) {
            reading.lacking.push_back(nodes[node].callee);
        }
    }
    // A function that is called at several places lacks once.
    std::ranges::sort(reading.lacking);
    auto const twice = std::unique(reading.lacking.begin(), reading.lacking.end());
    reading.lacking.erase(twice, reading.lacking.end());
    return reading;
}

ChildOrder const* ChildOrders::of(trace::Name symbol) {
    auto const [place, is_new] = known_.try_emplace(symbol);
    if (is_new) {
        for (auto const& function : flow_.functions(symbol.view())) {
            Layout(flow_, place->second).add(function);
        }
    }
    auto const& order = place->second;
    auto const exists = order.may_be_silent || !order.first.empty();
    return exists ? &order : nullptr;
}

} // namespace kflow::check
