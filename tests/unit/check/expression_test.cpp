// What a person reads of what was learned: the bodies of kflow learn.
#include "sim/base/random.hpp"
#include "sim/check/branch_counts.hpp"
#include "sim/check/learned_flow.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace kflow;
using namespace kflow::check;

namespace {

/// Nine letters in any order, as often as one likes: the narrowest body is that of the lists.
build::ControlFlow anything() {
    std::string const all = ">1,2,3,4,5,6,7,8,9,$";
    std::string text = "%\nf\t0\t" + all;
    for (char c = 'a'; c <= 'i'; ++c) {
        text += std::string(" ") + static_cast<char>('1' + (c - 'a')) + ":" + c + all;
    }
    return build::ControlFlow::from_text(text + "\n");
}

/// The body of `f`, which had these lists, without its first line.
std::string body(std::string const& lists, int captures = 2) {
    auto const flow = anything();
    ChildOrders orders(flow);
    std::string text;
    for (int i = 1; i <= captures; ++i) {
        text += "capture program" + std::to_string(i) + ".trace\n";
    }
    text += "f 9/" + std::to_string(captures) + "\n" + lists;
    auto const profile = LearnedProfile::from_text(text, "learned");
    REQUIRE(std::holds_alternative<LearnedProfile>(profile));
    auto const flow_text =
        learned_flow("some-build", std::get<LearnedProfile>(profile), orders, trace::CallShapes());
    std::string const found(learned_body(flow_text, "f"));
    REQUIRE(found.starts_with("fn f  # 9 calls in "));
    return found.substr(found.find('\n') + 1);
}

constexpr char kSeldom[] = "    # too seldom to be a rule: whatever the code allows is taken\n";

} // namespace

TEST_CASE("calls that are always made stand one below the other") {
    CHECK(body("    9/1-2 a b c\n") == kSeldom + std::string("    a\n    b\n    c\n"));
    CHECK(body("    9/1-2 -\n") == kSeldom + std::string("    nothing\n"));
}

TEST_CASE("what is not always called, and what instead of each other, says how often") {
    CHECK(body("    6/1-9 a b c\n    3/1-9 a c\n", 9) == "    a\n"
                                                         "    sometimes 6 of 9\n"
                                                         "        b\n"
                                                         "    c\n");
    CHECK(body("    2/1-9 a c\n    6/1-9 b c\n    1/1-9 c\n", 9) == "    either 6 of 9\n"
                                                                    "        b\n"
                                                                    "    or 2 of 9\n"
                                                                    "        a\n"
                                                                    "    or 1 of 9\n"
                                                                    "        nothing\n"
                                                                    "    c\n");
}

TEST_CASE("a loop says how often it went round") {
    CHECK(body("    6/1-9 a (b c)*2 d\n    2/1-9 a b c d\n    1/1-9 a (b c)*20 d\n", 9) ==
          "    a\n"
          "    repeat 1..20  # 1: 2, 2: 6, 16-31: 1\n"
          "        b\n"
          "        c\n"
          "    d\n"
          "    # each as often as the others: b, c\n");
}

TEST_CASE("a loop in a loop, and a batch that is always as full") {
    CHECK(body("    6/1-9 (a a a b)*2 a b\n    3/1-9 (a a a b)*3 a a b\n", 9) ==
          "    repeat 3..4  # 3: 6, 4: 3\n"
          "        repeat 1..3  # 1: 6, 2: 3, 3: 21\n"
          "            a\n"
          "        b\n"
          "    # 3 a before b and a\n");
}

TEST_CASE("whatever the lists, their body has each of them, and counts them all") {
    auto const flow = anything();
    ChildOrders orders(flow);
    auto const& order = *orders.of(trace::Name("f"));
    Random random(20261130);
    for (int round = 0; round < 300; ++round) {
        std::vector<SeenPath> paths;
        std::size_t all = 0;
        for (auto lists = 1 + random.below(6); lists > 0; --lists) {
            ChildList list;
            for (auto calls = random.below(12); calls > 0; --calls) {
                list.emplace_back(std::string(1, static_cast<char>('a' + random.below(9))));
            }
            paths.push_back({path_of(order, list), 1 + static_cast<std::size_t>(random.below(5))});
            all += paths.back().times;
        }
        auto const expression = expression_of(paths); // Throws where a path is none of its own.
        if (expression.kind == Expression::Kind::choice) {
            std::size_t taken = 0;
            for (auto const times : expression.taken) {
                taken += times;
            }
            CHECK(taken == all);
        }
    }
}
