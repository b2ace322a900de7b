#include "sim/check/learned_flow.hpp"

#include "sim/check/code_paths.hpp"
#include "sim/check/constants.hpp"
#include "sim/check/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kflow::check {
namespace {

using Kind = Expression::Kind;

constexpr std::string_view kHead =
    "# What {} was seen to do: made by kflow learn, explained in docs/LEARN.md.\n";

/// How often something took so many rounds; from eight on in powers of two.
std::string spread(std::map<std::size_t, std::size_t> const& rounds) {
    constexpr std::size_t each = 8;
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> groups;
    for (auto const& [n, times] : rounds) {
        auto least = n;
        auto most = n;
        if (n >= each) {
            for (least = each; least * 2 <= n; least *= 2) {
            }
            most = least * 2 - 1;
        }
        groups[{least, most}] += times;
    }
    std::string text;
    for (auto const& [ends, times] : groups) {
        auto const n = ends.first == ends.second ? fmt::format("{}", ends.first)
                                                 : fmt::format("{}-{}", ends.first, ends.second);
        text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", n, times);
    }
    return text;
}

/// A time of a few digits.
std::string in_words(Nanos time) {
    constexpr std::int64_t kilo = 1000;
    if (time.count < kilo) {
        return fmt::format("{} ns", time.count);
    }
    return time.count < kilo * kilo
               ? fmt::format("{:.1f} us", static_cast<double>(time.count) / kilo)
               : fmt::format("{:.1f} ms", static_cast<double>(time.count) / (kilo * kilo));
}

class BodyText {
public:
    std::string text;

    void add(Expression const& e, std::size_t depth) {
        switch (e.kind) {
        case Kind::nothing:
            line(depth, "nothing");
            break;
        case Kind::call:
            line(depth, e.call.callee.view());
            break;
        case Kind::sequence:
            for (auto const& part : e.parts) {
                add(part, depth);
            }
            break;
        case Kind::choice:
            add_choice(e, depth);
            break;
        case Kind::repeat:
            line(depth, fmt::format("repeat {}..{}  # {}", e.rounds.begin()->first,
                                    e.rounds.rbegin()->first, spread(e.rounds)));
            add(e.parts.front(), depth + 1);
            break;
        }
    }

    void line(std::size_t depth, std::string_view words) {
        constexpr std::size_t step = 4;
        text += fmt::format("{}{}\n", std::string(depth * step, ' '), words);
    }

private:
    /// Most frequent branches first.
    void add_choice(Expression const& e, std::size_t depth) {
        std::size_t all = 0;
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < e.parts.size(); ++i) {
            all += e.taken[i];
            order.push_back(i);
        }
        auto const is_nothing = [&](std::size_t i) { return e.parts[i].kind == Kind::nothing; };
        std::ranges::stable_sort(order, [&](auto a, auto b) { return e.taken[a] > e.taken[b]; });
        if (e.parts.size() == 2 && std::ranges::any_of(order, is_nothing)) {
            auto const some = is_nothing(0) ? 1U : 0U;
            line(depth, fmt::format("sometimes {} of {}", e.taken[some], all));
            add(e.parts[some], depth + 1);
            return;
        }
        for (auto const i : order) {
            line(depth,
                 fmt::format("{} {} of {}", i == order.front() ? "either" : "or", e.taken[i], all));
            add(e.parts[i], depth + 1);
        }
    }
};

/// The lists as paths through the code; where it has none for one of them, sites are not told
/// apart.
std::vector<SeenPath> paths_of(LearnedFunction const& function, ChildOrder const* order) {
    std::vector<SeenPath> paths;
    for (auto const& [list, seen] : function.lists) {
        paths.push_back({order ? path_of(*order, list) : std::vector<CodeState>{}, seen.calls});
        if (paths.back().calls.size() == list.size()) {
            continue;
        }
        if (order) {
            return paths_of(function, nullptr);
        }
        for (auto const name : list) {
            paths.back().calls.push_back({0, name});
        }
    }
    return paths;
}

void add_constants(Constants const& constants, BodyText& out) {
    for (auto const& names : constants.as_often) {
        std::string all;
        for (auto const name : names) {
            all += fmt::format("{}{}", all.empty() ? "" : ", ", name.view());
        }
        out.line(1, "# each as often as the others: " + all);
    }
    for (auto const& batch : constants.batches) {
        auto const after = batch.after == trace::Name() ? std::string("it returns")
                                                        : std::string(batch.after.view());
        out.line(1, fmt::format("# {} {} before {} and {}", batch.size, batch.of.view(),
                                batch.then.view(), after));
    }
}

} // namespace

std::string learned_flow(std::string_view build, LearnedProfile const& profile, ChildOrders& orders,
                         trace::CallShapes const& shapes) {
    BodyText out;
    out.text = fmt::format(fmt::runtime(kHead), build);
    for (auto const& [symbol, function] : profile.functions()) {
        auto head =
            fmt::format("\nfn {}  # {} call{} in {} capture{}", symbol.view(), function.all.calls,
                        function.all.calls == 1 ? "" : "s", function.all.captures.size(),
                        function.all.captures.size() == 1 ? "" : "s");
        auto const half = shapes.own_time(symbol, 1, 2);
        auto const most = shapes.own_time(symbol, 9, 10);
        if (half && most) {
            head += fmt::format("; own time between calls: half below {}, nine in ten below {}",
                                in_words(*half), in_words(*most));
        }
        out.line(0, head);
        if (function.all.programs.size() < kFewestPrograms) {
            out.line(1, "# too seldom to be a rule: whatever the code allows is taken");
        }
        if (!function.lists.empty()) {
            out.add(expression_of(paths_of(function, orders.of(symbol))), 1);
        }
        if (function.all.programs.size() >= kFewestPrograms) {
            add_constants(find_constants(function), out);
        }
    }
    return std::move(out.text);
}

std::string_view learned_body(std::string_view text, std::string_view function) {
    auto const head = fmt::format("\nfn {}  #", function);
    auto const begin = text.find(head);
    if (begin == std::string_view::npos) {
        return {};
    }
    auto const end = text.find("\n\n", begin + 1);
    return text.substr(begin + 1, end == std::string_view::npos ? end : end - begin);
}

} // namespace kflow::check
