// Looseness, control flow, contexts: what text cases cannot show well.
#include "sim/model/flow_analysis.hpp"
#include "sim/model/looseness.hpp"
#include "tests/unit/model/model_helpers.hpp"

#include <catch2/catch.hpp>

using namespace kflow::model;
using namespace kflow::model::test;

namespace {

std::vector<Step> steps(Program const& p, std::vector<std::string> const& names) {
    std::vector<Step> list;
    for (auto const& name : names) {
        auto const event = p.find_event(name);
        list.push_back(event != kNone<EventId> ? Step{kNone<FunctionId>, event}
                                               : Step{p.find_function(name), kNone<EventId>});
    }
    return list;
}

Acceptance accepts_names(Program const& p, std::vector<std::string> const& names) {
    return accepts(p, p.find_function("f"), steps(p, names));
}

} // namespace

TEST_CASE("a body accepts its lists and no others") {
    auto const r =
        resolve_text("guard g\nguard m of mm\n\nfn f mm\n    a\n    if g\n        b else "
                     "return\n    emit e\n    if g\n        c\n    if m mm=x\n        "
                     "d\n    if m mm=y\n        d\n    stop\n\nfn stop noreturn\n    "
                     "schedule\n");
    auto const& p = r.program;
    REQUIRE(r.diagnostics.empty());
    CHECK(accepts_names(p, {"a", "e", "stop"}) == Acceptance::yes);
    CHECK(accepts_names(p, {"a", "b", "e", "c", "stop"}) == Acceptance::yes);
    CHECK(accepts_names(p, {"a", "b"}) == Acceptance::yes); // it failed
    CHECK(accepts_names(p, {"a", "b", "e", "stop"}) == Acceptance::no);
    CHECK(accepts_names(p, {"a", "e", "c", "stop"}) == Acceptance::no);
    CHECK(accepts_names(p, {"a", "e", "d", "stop"}) == Acceptance::yes); // of one of two objects
    CHECK(accepts_names(p, {"a", "e", "d", "d", "d", "stop"}) == Acceptance::no);
    CHECK(accepts_names(p, {"a", "e"}) == Acceptance::no); // cut short
    CHECK(accepts_names(p, {}) == Acceptance::no);
}

TEST_CASE("each round of a loop asks anew") {
    auto const r = resolve_text("guard g\n\nfn f\n    loop\n        if g\n            a\n        b "
                                "else leave\n");
    CHECK(accepts_names(r.program, {"a", "b", "b", "a", "b"}) == Acceptance::yes);
    CHECK(accepts_names(r.program, {"a", "a", "b"}) == Acceptance::no);
}

TEST_CASE("the ladder runs in reverse, and only what was done") {
    auto const r =
        resolve_text("guard g\n\nfn f\n    a else fail undo ua\n    if g\n        b else "
                     "fail undo ub\n    c else fail\n");
    auto const& p = r.program;
    CHECK(accepts_names(p, {"a", "b", "c", "ub", "ua"}) == Acceptance::yes);
    CHECK(accepts_names(p, {"a", "c", "ua"}) == Acceptance::yes);
    CHECK(accepts_names(p, {"a", "b", "ua"}) == Acceptance::yes);
    CHECK(accepts_names(p, {"a"}) == Acceptance::yes);
    CHECK(accepts_names(p, {"a", "c", "ub", "ua"}) == Acceptance::no);
    CHECK(accepts_names(p, {"a", "b", "c", "ua", "ub"}) == Acceptance::no);
}

TEST_CASE("looseness: a strict body is far from a loose one") {
    auto const r = resolve_text("fn strict\n    a\n    b\n    c\n    d\n\nfn loose\n    loop\n"
                                "        maybe \"?\"\n            a\n        maybe \"?\"\n"
                                "            b\n        maybe \"?\"\n            c\n"
                                "        maybe \"?\"\n            leave\n");
    auto const& p = r.program;
    auto const strict = measure_looseness(p, p.find_function("strict"));
    auto const loose = measure_looseness(p, p.find_function("loose"));
    REQUIRE(strict.mutants > 0);
    CHECK(strict.accepted == 0);
    REQUIRE(loose.mutants > 0);
    CHECK(loose.accepted == loose.mutants);
}

TEST_CASE("nothing is reached behind a call that never comes back") {
    auto const r = resolve_text("fn f\n    stop else return\n    a\n\nfn stop noreturn\n    b\n");
    auto const& p = r.program;
    auto const f = p.find_function("f");
    CHECK(reachable_instructions(p, f) == std::vector<bool>{true, false, false});
    CHECK(can_return(p, f, reachable_instructions(p, f))); // the call can fail
}

TEST_CASE("an instruction knows the blocks that it stands in") {
    auto const r =
        resolve_text("guard g\ncollection vma of mm\n\nfn f\n    each vma\n        if g\n"
                     "            a\n        else\n            b\n    c\n");
    auto const& p = r.program;
    auto const body = p.body(p.find_function("f"));
    auto const called = [&](std::string_view name) -> Instruction const& {
        for (auto const& i : body) {
            if (i.op == Op::call && p[static_cast<FunctionId>(i.subject)].name == name) {
                return i;
            }
        }
        FAIL("no call of " << name);
        return body[0];
    };
    auto const& a = p.contexts[called("a").context];
    auto const& b = p.contexts[called("b").context];
    CHECK(p.code[a.test].op == Op::branch);
    CHECK_FALSE(a.otherwise);
    CHECK(b.otherwise);
    CHECK(p.code[p.contexts[a.parent].test].op == Op::each_next);
    CHECK(p.contexts[a.parent].parent == ~std::uint32_t{0});
    CHECK(called("c").context == ~std::uint32_t{0});
}

TEST_CASE("a function with an error in it only returns, and the others are whole") {
    auto const r = resolve_text("fn f\n    if no_such_guard\n        a\n\nfn k\n    b\n");
    auto const& p = r.program;
    CHECK(r.diagnostics.size() == 1);
    CHECK(to_text(p, p.find_function("f")) == "fn f\n  0  ret\n");
    CHECK(to_text(p, p.find_function("k")) == "fn k\n  0  call b\n  1  ret\n");
}
