// What is learned from lists of calls, and what is taken for alike.
#include "sim/check/folded_list.hpp"
#include "sim/check/habits.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>

using namespace kflow;
using namespace kflow::check;

namespace {

ChildList list(std::string const& text) {
    ChildList names;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        names.emplace_back(word);
    }
    return names;
}

/// Of captures of twenty programs.
LearnedProfile profile_of(std::string const& text) {
    std::string captures;
    for (int i = 1; i <= 20; ++i) {
        captures += "capture program" + std::to_string(i) + ".trace\n";
    }
    auto made = LearnedProfile::from_text(captures + text, "learned");
    REQUIRE(std::holds_alternative<LearnedProfile>(made));
    return std::get<LearnedProfile>(std::move(made));
}

/// One function `f` with this control flow and these lists.
struct Fixture {
    build::ControlFlow flow;
    ChildOrders orders{flow};
    LearnedProfile profile;
    Habits habits;

    Fixture(std::string const& code, std::string const& learned)
        : flow(build::ControlFlow::from_text("%\n" + code)), profile(profile_of(learned)),
          habits(profile, orders) {}

    bool alike(std::string const& children, bool returned = true) {
        return habits.judge(trace::Name("f"), list(children), returned) == Habits::Answer::alike;
    }
};

/// Any of a, b and c, in any order, as often as one likes.
constexpr char kAnything[] = "f\t0\t>4,8,c,$ 4:a>4,8,c,$ 8:b>4,8,c,$ c:c>4,8,c,$\n";

} // namespace

TEST_CASE("what repeats is written once, and read back") {
    for (auto const* text : {"a", "a b", "(a)*3", "x (a b)*2 y", "(a b c)*40 d", "-"}) {
        auto const unfolded = unfold(text);
        REQUIRE(unfolded);
        CHECK(fold(*unfolded) == text);
    }
    CHECK(unfold("x (a b)*2 y") == list("x a b a b y"));
    CHECK(unfold("-")->empty());
    for (auto const* text : {"", "(a", "(a)", "(a)*1", "(a)*x", "()*2", "a)*2", "((a)*2)*2"}) {
        INFO(text);
        CHECK_FALSE(unfold(text));
    }
}

TEST_CASE("captures are added, each once, and the text says all") {
    LearnedProfile profile;
    profile.add("two", {{trace::Name("f"), list("a b")}, {trace::Name("f"), list("a b")}});
    profile.add("one", {{trace::Name("f"), list("a b")}, {trace::Name("g"), {}}});
    CHECK(profile.has("one"));
    CHECK_FALSE(profile.has("three"));
    auto const text = profile.text("some-build");
    CHECK(text.find("\nf 3/2\n    3/1-2 a b\n") != std::string::npos);
    CHECK(text.find("\ng 1/1\n    1/1 -\n") != std::string::npos);
    auto const read = LearnedProfile::from_text(text, "learned");
    CHECK(std::get<LearnedProfile>(read).text("some-build") == text);
}

TEST_CASE("captures are numbered by name, whenever they came") {
    LearnedProfile profile;
    for (auto const* name : {"e.trace", "b.trace", "a.trace", "d.trace", "c.trace"}) {
        std::vector<SeenCall> calls{{trace::Name("f"), list("a")}};
        if (name[0] != 'b') {
            calls.push_back({trace::Name("f"), list("b")});
        }
        profile.add(name, calls);
    }
    auto const text = profile.text("some-build");
    CHECK(text.find("    5/1-5 a\n    4/1,3-5 b\n") != std::string::npos);
}

TEST_CASE("captures of one program are one program") {
    LearnedProfile profile;
    profile.add("one.graph.trace", {{trace::Name("f"), list("a")}});
    profile.add("one.graph.trace.zst", {{trace::Name("f"), list("a")}});
    profile.add("two.graph.trace", {{trace::Name("f"), list("b")}});
    auto const& f = *profile.function(trace::Name("f"));
    CHECK(f.all.captures.size() == 3);
    CHECK(f.all.programs.size() == 2);
    CHECK(f.lists.at(list("a")).programs.size() == 1);
}

TEST_CASE("a damaged file is told with its line") {
    for (auto const* text :
         {"f\n", "f 3/2\n    a b\n", "    3/1 a\n", "capture one\nf 3/1\n    3/1 (a\n",
          "capture one\nf 3/1\n    3/2 a\n", "capture one\nf 3/1\n    3/ a\n",
          "capture one\nf 3/1\n    3/1-x a\n", "capture one\nf 3/1\n    3/0 a\n"}) {
        auto const made = LearnedProfile::from_text(text, "learned");
        INFO(text);
        REQUIRE(std::holds_alternative<Diagnostic>(made));
        CHECK(std::get<Diagnostic>(made).place.file == "learned");
        CHECK(std::get<Diagnostic>(made).place.line >= 1);
    }
}

TEST_CASE("a function that shows nothing new is held to its lists") {
    Fixture f(kAnything, "f 9000/20\n    6000/1-20 a b\n    3000/1-20 a c\n");
    CHECK(f.habits.is_settled(trace::Name("f")));
    CHECK(f.alike("a b"));
    CHECK_FALSE(f.alike("a b a c"));
    CHECK_FALSE(f.alike("a"));
    CHECK(f.alike("a", false)); // it has not returned yet
    CHECK(f.habits.judge(trace::Name("g"), {}, true) == Habits::Answer::unheard);
}

TEST_CASE("how often a loop goes round is not settled, once it was seen to differ") {
    // a, a loop of b, perhaps c, a loop of d.
    Fixture f("f\t0\t>4 4:a>8 8:b>8,c,10 c:c>10 10:d>10,$\n",
              "f 9000/20\n    6000/1-20 a b d\n    3000/1-20 a b b d\n    300/1-20 a b c d\n");
    CHECK(f.habits.is_settled(trace::Name("f")));
    CHECK(f.alike("a b b b b d"));
    CHECK_FALSE(f.alike("a b b c d")); // with c always once
    CHECK_FALSE(f.alike("a b d d"));   // always once
    CHECK_FALSE(f.alike("a d"));       // always at least once
    // Two places are no loop.
    Fixture places("f\t0\t>4 4:b>8,$ 8:b>c,$ c:b>$\n",
                   "f 9000/20\n    6000/1-20 b\n    3000/1-20 b b\n");
    CHECK_FALSE(places.alike("b b b"));
    // What was always so is so again: as many d as b.
    Fixture pairs("f\t0\t>4 4:b>4,8 8:d>8,$\n",
                  "f 9000/20\n    6000/1-20 b d\n    3000/1-20 b b d d\n");
    CHECK(pairs.alike("b b b d d d"));
    CHECK_FALSE(pairs.alike("b b b d d"));
}

TEST_CASE("many calls of few programs are no rule") {
    Fixture few(kAnything, "f 9000/6\n    6000/1-6 a b\n    3000/1-6 a c\n");
    CHECK_FALSE(few.habits.is_settled(trace::Name("f")));
    CHECK(few.alike("c a b"));
    // Nor if one program in four showed something new.
    Fixture wild(kAnything, "f 90/16\n    60/1-16 a b\n    3/1 a\n    3/2 b\n    3/3 a b c\n"
                            "    3/4 c\n");
    CHECK_FALSE(wild.habits.is_settled(trace::Name("f")));
}

TEST_CASE("another one may combine the steps that it made") {
    // Some programs have a list of their own: the next has another one.
    Fixture f(kAnything, "f 8/20\n    2/1 a b\n    2/2 a b a b\n    2/3-20 a b a b a b\n"
                         "    2/4-20 a b c\n");
    CHECK_FALSE(f.habits.is_settled(trace::Name("f")));
    CHECK(f.alike("a b a b a b a b"));
    CHECK(f.alike("a b a b c"));
    CHECK_FALSE(f.alike("b a"));       // it never began so
    CHECK_FALSE(f.alike("a b c c"));   // no such step
    CHECK_FALSE(f.alike("a b a b a")); // as many of the one as of the other
    CHECK_FALSE(f.alike(""));
}

TEST_CASE("where programs went different ways, the next may go a new one") {
    // Behind a, three went ways of their own; behind b, all went on alike.
    Fixture f("f\t0\t>4 4:a>8,c,10,14 8:b>c,18 c:c>18 10:d>18 14:e>18 18:z>$\n",
              "f 20/20\n    20/4-20 a b z\n    1/1 a c z\n    1/2 a d z\n    1/3 a z\n");
    CHECK_FALSE(f.habits.is_settled(trace::Name("f")));
    CHECK(f.alike("a e z"));
    CHECK_FALSE(f.alike("a b c z"));
}

TEST_CASE("a pointer may lead to a function that no capture shows") {
    Fixture f("f\t0\t>4 4:a>8 8:*>c c:b>$\n",
              "f 20/20\n    20/1-20 a one b\ng 20/20\n    20/1-20 two\n");
    CHECK(f.alike("a new b"));
    CHECK_FALSE(f.alike("a two b")); // known from elsewhere
    CHECK_FALSE(f.alike("new b"));
}

TEST_CASE("another CPU may hold a lock wherever the code takes one") {
    // Settled, and never met another at its lock: the one behind a.
    Fixture f("f\t0\t>4,14 4:a>8,c 8:queued_spin_lock_slowpath>c c:b>10,$ 10:c>$ 14:d>$\n",
              "f 9000/20\n    6000/1-20 a b\n    3000/1-20 a b c\n");
    CHECK(f.habits.is_settled(trace::Name("f")));
    CHECK(f.alike("a queued_spin_lock_slowpath b"));
    CHECK(f.alike("a queued_spin_lock_slowpath", false)); // it has not returned yet
    CHECK_FALSE(f.alike("d"));
    CHECK_FALSE(f.alike("a queued_spin_lock_slowpath d"));
}

TEST_CASE("a batch that was always as full is as full again") {
    // Three a, then b; the last batch is as long as it happens to be.
    Fixture f(kAnything, "f 8/20\n    2/1-20 a a a b a b\n    2/1 a a a b a a b\n"
                         "    2/2 (a a a b)*2 a b\n    2/3 a b\n");
    CHECK_FALSE(f.habits.is_settled(trace::Name("f")));
    CHECK(f.alike("a a a b a a a b a a a b a a b"));
    CHECK_FALSE(f.alike("a a b a a a b a a b"));
    CHECK_FALSE(f.alike("a a a a b a b"));
}

TEST_CASE("a step that was never made beside a third function is not made there") {
    Fixture f(kAnything, "f 12/20\n    2/1-20 a b c\n    2/1-20 a a b\n    1/1 a b a b c\n"
                         "    1/2 a a a b\n    1/3 a b c c\n    1/4 a a b a b\n");
    CHECK_FALSE(f.habits.is_settled(trace::Name("f")));
    CHECK(f.alike("a a b a a b"));
    CHECK(f.alike("a b a b c c"));
    CHECK_FALSE(f.alike("a a b c"));
}

TEST_CASE("a step that was never made without a third function is not made without it") {
    Fixture f(kAnything, "f 12/20\n    2/1-20 a c b\n    2/1-20 b a c\n    2/1-20 a a\n"
                         "    2/1-20 c\n    1/1 a a a\n    1/2 b a c b\n    1/3 c c\n");
    CHECK_FALSE(f.habits.is_settled(trace::Name("f")));
    CHECK(f.alike("b a c b a c"));
    CHECK_FALSE(f.alike("a c"));
}

TEST_CASE("a switch to another task in the middle of a batch makes no rule, and breaks none") {
    Fixture f("f\t0\t>4,8,c,$ 4:a>4,8,c,$ 8:b>4,8,c,$ c:finish_task_switch.isra.0>4,8,c,$\n",
              "f 8/8\n    2/1-6 a a a b a b\n    2/1 a a a b a a b\n    2/2 a b\n"
              "    1/3 a a finish_task_switch.isra.0 a b a b\n");
    CHECK(f.alike("a a a b a a a b a b"));
    CHECK_FALSE(f.alike("a a b a b"));
    CHECK(f.alike("a finish_task_switch.isra.0 a a b a b a b"));
}

TEST_CASE("what was seen too seldom may go on as its code does") {
    Fixture f(kAnything, "f 2/2\n    1/1 a\n    1/1 a b\n");
    CHECK(f.alike("a c"));
    CHECK(f.alike("c"));
    Fixture narrow("f\t0\t>4 4:a>$\n", "f 2/2\n    1/1 a\n");
    CHECK_FALSE(narrow.alike("b"));
}
