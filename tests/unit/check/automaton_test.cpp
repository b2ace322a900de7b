// What a function may show, read off small models.
#include "sim/check/align.hpp"
#include "sim/check/automaton.hpp"
#include "sim/check/simulate.hpp"
#include "sim/model/model.hpp"
#include "sim/model/resolve.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace kflow;
using check::DifferenceKind;
using kernel::Answer;

namespace {

/// Names in `inlined` are expanded, in `parts` may be called as `.part`, the rest is visible.
class FakeMask final : public check::Mask {
public:
    model::Program const* program = nullptr;
    std::set<std::string> inlined;
    std::set<std::string> either;
    bool open = false; ///< which of the two `either` is, is asked

    check::Shown call(check::Callers, model::FunctionId callee, int) const override {
        auto const name = std::string((*program)[callee].name);
        if (either.contains(name)) {
            return {.visible = true, .expanded = true, .open = open};
        }
        return inlined.contains(name) ? check::Shown{false, true, false}
                                      : check::Shown{true, false, false};
    }
    check::Shown indirect(check::Callers, model::FunctionId callee) const override {
        return call({}, callee, 1);
    }
    bool shows_iterator(check::Callers, std::string_view event) const override {
        return event == "shown";
    }
};

struct Fixture {
    std::shared_ptr<model::Model const> model;
    model::Program program;
    FakeMask mask;
    check::Alphabet alphabet;
    check::Automaton automaton;
    std::vector<Answer> answers;
    std::vector<check::Symbol> required;

    Fixture(std::string const& text, std::set<std::string> inlined = {},
            std::set<std::string> either = {}, bool open = false) {
        model = model::Model::from_texts({{"linux/kernel/test.flow", text}});
        REQUIRE(to_string(model->diagnostics()) == "");
        auto resolution = model::resolve(model, {"test", 6, 12, 0, {}});
        REQUIRE(to_string(resolution.diagnostics) == "");
        program = std::move(resolution.program);
        mask.program = &program;
        mask.inlined = std::move(inlined);
        mask.either = std::move(either);
        mask.open = open;
        automaton = check::compile(program, mask, alphabet, program.find_function("f"));
        answers.assign(automaton.keys.size(), Answer::unknown);
    }

    check::Word word(std::string const& text) {
        check::Word w;
        std::string name;
        for (auto const c : text + " ") {
            if (c != ' ') {
                name += c;
            } else if (!name.empty()) {
                w.letters.push_back(
                    {alphabet.add(name), check::kSucceeded | check::kFailed, false});
                name.clear();
            }
        }
        return w;
    }
    check::Run run(check::Word const& w) {
        return check::simulate(automaton, w, {answers, required});
    }
    /// What all readings do with the open call of a function: a set of check::Passed.
    int passed(std::string const& text, std::string const& callee) {
        auto const result = check::simulate(
            automaton, word(text), {.answers = answers, .required = required, .find_passed = true});
        for (std::size_t i = 0; i < automaton.open_calls.size(); ++i) {
            if (program[automaton.open_calls[i].callee].name == callee) {
                return result.accepted ? result.passed[i] : -1;
            }
        }
        return -1;
    }
    bool accepts(std::string const& text) { return run(word(text)).accepted; }
    void know(std::string const& guard, bool value) {
        for (std::size_t i = 0; i < automaton.keys.size(); ++i) {
            if (program[automaton.keys[i].guard].name == guard) {
                answers[i] = kernel::to_answer(value);
            }
        }
    }
    std::vector<check::Difference> differences(std::string const& text) {
        auto const w = word(text);
        return check::align(automaton, w, {answers, required}, run(w));
    }
};

constexpr char kGuards[] = R"(
## g
guard g of call default no
## of the task
guard t of task default no
## things
collection thing of task
)";

} // namespace

TEST_CASE("calls come in order") {
    Fixture f("fn f\n    a\n    b\n");
    CHECK(f.accepts("a b"));
    CHECK_FALSE(f.accepts("a"));
    CHECK_FALSE(f.accepts("b a"));
    CHECK_FALSE(f.accepts("a b b"));
}

TEST_CASE("what the build inlines is expanded in place") {
    Fixture f("fn f\n    a\n    g1\n    b\nfn g1\n    c\n    g2\nfn g2\n    d\n", {"g1", "g2"});
    CHECK(f.accepts("a c d b"));
    CHECK_FALSE(f.accepts("a g1 b"));
    Fixture e("fn f\n    a\n    g1\nfn g1\n    c\n", {}, {"g1"});
    CHECK(e.accepts("a c"));
    CHECK(e.accepts("a g1"));
}

TEST_CASE("what all readings have in common tells whether an open call is inlined") {
    constexpr auto called = check::kCalled | check::kPassed;
    constexpr auto inlined = check::kInlined | check::kPassed;
    std::string const body = "fn f\n    a\n    if g\n        g1\n    b\nfn g1\n    c\n    if g\n        d\n";
    Fixture f(kGuards + body, {}, {"g1"}, true);
    CHECK(f.passed("a g1 b", "g1") == called);
    CHECK(f.passed("a c b", "g1") == inlined);
    CHECK(f.passed("a c d b", "g1") == inlined);
    CHECK(f.passed("a b", "g1") == 0);    // It was not made.
    CHECK(f.passed("a g1 c b", "g1") == -1);
    // A call without a trace of itself, on every way, can only be inlined.
    Fixture silent("fn f\n    a\n    g1\n    b\nfn g1\n    leaf\n", {"leaf"}, {"g1"}, true);
    CHECK(silent.passed("a b", "g1") == inlined);
    // At one place a call, at the other inlined.
    Fixture both("fn f\n    g1\n    a\n    g1\nfn g1\n    c\n", {}, {"g1"}, true);
    CHECK(both.passed("g1 a c", "g1") == (called | inlined));
    // Two texts could have made the call: which one is not told, only that it was made.
    Fixture texts("fn f\n    h1\n    h2\nfn h1\n    g1\nfn h2\n    g1\nfn g1\n    c\n", {"h1", "h2"},
                  {"g1"}, true);
    CHECK(texts.passed("g1 c", "g1") == called);
}

TEST_CASE("an open call is inlined into the readings that fit, and in a loop in every round") {
    Fixture f(std::string(kGuards) +
                  "fn f task\n    each thing\n        g1\n        b\nfn g1\n    if g\n        c\n",
              {}, {"g1"}, true);
    CHECK(f.passed("c b b", "g1") == (check::kInlined | check::kPassed));
    CHECK(f.passed("", "g1") == 0);
    CHECK(f.passed("c b g1 b", "g1") ==
          (check::kInlined | check::kCalled | check::kPassed));
}

TEST_CASE("recursion is never inlined") {
    Fixture f(std::string(kGuards) + "fn f\n    a\n    if g\n        f\n", {}, {"f"}, true);
    CHECK(f.automaton.open_calls.empty());
    CHECK(f.accepts("a f"));
    CHECK_FALSE(f.accepts("a a"));
}

TEST_CASE("an inlined leaf shows nothing") {
    Fixture f("fn f\n    a\n    leaf\n    b\n", {"leaf"});
    CHECK(f.accepts("a b"));
}

TEST_CASE("a guard has one answer in a call") {
    Fixture f(std::string(kGuards) + "fn f\n    if g\n        a\n    b\n    if g\n        c\n");
    CHECK(f.accepts("a b c"));
    CHECK(f.accepts("b"));
    CHECK_FALSE(f.accepts("a b"));
    CHECK_FALSE(f.accepts("b c"));
    f.know("g", true);
    CHECK_FALSE(f.accepts("b"));
    CHECK(f.run(f.word("a b c")).asked == std::vector<std::uint8_t>{2});
}

TEST_CASE("each round of a loop asks anew") {
    Fixture f(std::string(kGuards) +
              "fn f task\n    each thing\n        if g\n            a\n        b\n");
    CHECK(f.accepts(""));
    CHECK(f.accepts("a b b a b"));
    CHECK_FALSE(f.accepts("a a b"));
}

TEST_CASE("a failing call goes its own way, and the ladder runs backwards") {
    Fixture f("fn f\n    a else fail undo ua\n    b else fail undo ub\n    c else fail\n    d\n");
    CHECK(f.accepts("a b c d"));
    CHECK(f.accepts("a"));
    CHECK(f.accepts("a b ua"));
    CHECK(f.accepts("a b c ub ua"));
    CHECK_FALSE(f.accepts("a b c ua ub"));
    auto const outcome = [&](std::string const& text) { return f.run(f.word(text)).outcomes; };
    CHECK(outcome("a b c d") == check::kSucceeded);
    CHECK(outcome("a b ua") == check::kFailed);
    auto failed = f.word("a b c d");
    failed.letters[1].outcomes = check::kFailed;
    CHECK_FALSE(f.run(failed).accepted);
}

TEST_CASE("an unclosed call may stop at its noreturn call") {
    Fixture f("fn f noreturn\n    a\n    dead\nfn dead noreturn\n    x\n");
    auto w = f.word("a dead");
    CHECK_FALSE(f.run(w).accepted);
    w.closed = false;
    w.letters.back().open = true;
    CHECK(f.run(w).accepted);
    auto wrong = f.word("dead");
    wrong.closed = false;
    wrong.letters.back().open = true;
    CHECK_FALSE(f.run(wrong).accepted);
}

TEST_CASE("events are calls where the build shows the iterator") {
    Fixture f("fn f\n    a\n    emit shown\n    emit other\n    b\n");
    CHECK(f.accepts("a b"));
    CHECK(f.accepts("a __traceiter_shown b"));
    f.required = {f.alphabet.find("__traceiter_shown")};
    CHECK_FALSE(f.accepts("a b"));
    CHECK(f.accepts("a __traceiter_shown b"));
    CHECK(f.accepts("a __traceiter_shown @other b"));
    CHECK_FALSE(f.accepts("a __traceiter_shown b @other"));
}

TEST_CASE("guards that decide nothing visible are not asked") {
    Fixture f(std::string(kGuards) + "fn f\n    if g\n        leaf\n    a\n", {"leaf"});
    CHECK(f.accepts("a"));
    CHECK(f.run(f.word("a")).asked == std::vector<std::uint8_t>{0});
}

TEST_CASE("a guard of a role is the object's, through inlined calls too") {
    Fixture f(std::string(kGuards) +
                  "fn f task child\n    if t\n        a\n    h task=child\n    k\n"
                  "fn h task\n    if t\n        b\nfn k task\n    if t\n        c\n",
              {"h", "k"});
    CHECK(f.accepts("a c"));
    CHECK(f.accepts("a b c"));
    CHECK(f.accepts("b"));
    CHECK_FALSE(f.accepts("a b"));
    CHECK_FALSE(f.accepts("c"));
}

TEST_CASE("what an effect makes anew has no answers yet") {
    auto const text = [](std::string const& role) {
        return std::string(kGuards) + "effect make " + role +
               "\nfn f\n    if t task=it\n        a\n    b\n    do make it=it\n"
               "    if t task=it\n        c\n    h x=it\nfn h x\n    pass\n";
    };
    Fixture reads(text("it"), {"h"});
    CHECK(reads.accepts("a b c"));
    CHECK_FALSE(reads.accepts("a b"));
    Fixture makes(text("new it"), {"h"});
    CHECK(makes.accepts("a b c"));
    CHECK(makes.accepts("a b"));
    CHECK(makes.accepts("b c"));
    CHECK_FALSE(makes.accepts("b c c"));
}

TEST_CASE("where there are too many runs at once, one of them is looked for") {
    std::string guards;
    std::string before;
    std::string after;
    for (int i = 0; i < 24; ++i) {
        auto const name = "t" + std::to_string(i);
        guards += "## of the task\nguard " + name + " of task default no\n";
        before += "    if " + name + "\n        part\n";
        after += "    if " + name + "\n        e\n";
    }
    guards += "## of the task\nguard s of task default no\n";
    Fixture f(guards + "fn f current\n    if s\n        x\n" + before + "    b\n" + after +
                  "    if s\n        y\n    c\nfn part\n    leaf\n",
              {"leaf"}, {"part"});
    auto const run = f.run(f.word("b c"));
    CHECK(run.accepted);
    CHECK(run.overflow);
    CHECK_FALSE(run.guessed);
    CHECK(f.accepts("part b e c"));
    CHECK(f.accepts("x part b e y c"));
    CHECK_FALSE(f.accepts("x b c")); // s was answered yes: y must come.
    CHECK_FALSE(f.accepts("c b"));
    // Too many that look alike have to be remembered: not looked at to the end.
    CHECK(f.run(f.word("part b c")).guessed);
}

TEST_CASE("alignment names and places the difference") {
    Fixture f("fn f\n    a\n    b\n    c\n    d\n");
    auto const one = [&](std::string const& text) {
        auto const all = f.differences(text);
        REQUIRE(all.size() == 1);
        return std::pair(all[0].kind, all[0].letter);
    };
    CHECK(one("a c d") == std::pair(DifferenceKind::missing, std::size_t{1}));
    CHECK(one("a b b c d") == std::pair(DifferenceKind::extra, std::size_t{2}));
    CHECK(one("a x c d") == std::pair(DifferenceKind::renamed, std::size_t{1}));
    CHECK(one("a c b d") == std::pair(DifferenceKind::reordered, std::size_t{1}));
    CHECK(one("a b c") == std::pair(DifferenceKind::missing, std::size_t{3}));
}
