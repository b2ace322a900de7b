// What each statement compiles to.
#include "tests/unit/model/model_helpers.hpp"

#include <catch2/catch.hpp>

using namespace kflow::model;
using namespace kflow::model::test;

namespace {
std::string const kGuards = "guard g default no\nguard h of child default yes\n"
                            "guard s of system\neffect e child\ncollection vma of mm\n"
                            "condition ready of task\n\n";
}

TEST_CASE("a call binds roles and says what follows its failure") {
    CHECK(code("fn f a\n    x r=a\n    y else return\n    z else fail\n    w else fail EAGAIN\n") ==
          "fn f a\n"
          "  0  call x r=a\n"
          "  1  call y else return\n"
          "  2  call z else return\n"
          "  3  call w else 5\n"
          "  4  ret\n"
          "  5  set_error EAGAIN\n"
          "  6  jump 7\n"
          "  7* ret_error\n");
}

TEST_CASE("a block behind else runs on failure only") {
    CHECK(code("fn f\n    x else\n        y\n        return\n    z\n") == "fn f\n"
                                                                          "  0  call x else 2\n"
                                                                          "  1  jump 4\n"
                                                                          "  2  call y\n"
                                                                          "  3  ret\n"
                                                                          "  4  call z\n"
                                                                          "  5  ret\n");
}

TEST_CASE("if, else if and else are branches") {
    CHECK(code(kGuards + "fn f\n    if g\n        a\n    else if not h child=x\n        b\n"
                         "    else\n        c\n    d\n") == "fn f\n"
                                                            "  0  branch g else 3\n"
                                                            "  1  call a\n"
                                                            "  2  jump 7\n"
                                                            "  3  branch not h child=x else 6\n"
                                                            "  4  call b\n"
                                                            "  5  jump 7\n"
                                                            "  6  call c\n"
                                                            "  7  call d\n"
                                                            "  8  ret\n");
}

TEST_CASE("bounded arms of an if drop out one by one") {
    std::string const text = kGuards +
                             "fn f\n    if g\n        a\n    [6.12..] else if s\n        b\n"
                             "    [..6.1] else\n        c\n    [6.12..] else\n        d\n";
    CHECK(code(text, "f", kernel(6, 1)) == "fn f\n"
                                           "  0  branch g else 3\n"
                                           "  1  call a\n"
                                           "  2  jump 4\n"
                                           "  3  call c\n"
                                           "  4  ret\n");
    CHECK(code(text, "f", kernel(6, 12)) == "fn f\n"
                                            "  0  branch g else 3\n"
                                            "  1  call a\n"
                                            "  2  jump 7\n"
                                            "  3  branch s else 6\n"
                                            "  4  call b\n"
                                            "  5  jump 7\n"
                                            "  6  call d\n"
                                            "  7  ret\n");
}

TEST_CASE("loops forget what guards of the call answered") {
    CHECK(code(kGuards + "fn f\n    loop\n        if g\n            leave\n        if s\n"
                         "            again\n        a else again\n") == "fn f\n"
                                                                         "  0  branch g else 2\n"
                                                                         "  1  jump 7\n"
                                                                         "  2  branch s else 4\n"
                                                                         "  3  jump 5\n"
                                                                         "  4  call a else 5\n"
                                                                         "  5  forget g\n"
                                                                         "  6  jump 0\n"
                                                                         "  7  ret\n");
}

TEST_CASE("each has an iterator slot, and inner ones another") {
    CHECK(code(kGuards +
               "fn f mm\n    each vma\n        each vma as w mm=old\n            a vma=w\n"
               "        next\n    each vma\n        b\n") ==
          "fn f mm\n"
          "  0  each_begin vma as vma slot 0\n"
          "  1  each_next vma slot 0 else 8\n"
          "  2  each_begin vma as w mm=old slot 1\n"
          "  3  each_next w slot 1 else 6\n"
          "  4  call a vma=w\n"
          "  5  jump 3\n"
          "  6  jump 7\n"
          "  7  jump 1\n"
          "  8  each_begin vma as vma slot 0\n"
          "  9  each_next vma slot 0 else 12\n"
          " 10  call b\n"
          " 11  jump 9\n"
          " 12  ret\n");
}

TEST_CASE("maybe, do, emit, wait, via") {
    CHECK(code(kGuards + "fn f\n    maybe \"why not\"\n        a\n    else\n        b\n"
                         "    do e child=kid else return\n    emit task_newtask child=kid\n"
                         "    wait ready\n    via ss->fork {a if g, b x=y if not h child=z, none} "
                         "child=kid else return\n") ==
          "fn f\n"
          "  0  maybe else 3\n"
          "  1  call a\n"
          "  2  jump 4\n"
          "  3  call b\n"
          "  4  effect e child=kid else return\n"
          "  5  emit task_newtask child=kid\n"
          "  6  wait ready\n"
          "  7  via ss->fork {a if g, b x=y if not h child=z, none} child=kid else return\n"
          "  8  ret\n");
}

TEST_CASE("undo builds a ladder in reverse, inside the same conditions") {
    CHECK(code(kGuards +
               "fn f\n    a else fail undo ua\n    if g\n        b else fail undo ub x=y, "
               "vb\n    c else fail undo\n        if h\n            uc\n    fail EAGAIN\n") ==
          "fn f\n"
          "  0  call a else return\n"
          "  1  branch g else 3\n"
          "  2  call b else 12\n"
          "  3  call c else 9\n"
          "  4  set_error EAGAIN\n"
          "  5  jump 7\n"
          "  6  ret\n"
          "  7* branch h else 9\n"
          "  8* call uc\n"
          "  9* branch g else 12\n"
          " 10* call ub x=y\n"
          " 11* call vb\n"
          " 12* call ua\n"
          " 13* ret_error\n");
}

TEST_CASE("a goto back forgets, a goto forward does not") {
    CHECK(code(kGuards + "fn f\n    retry:\n    if g\n        goto out\n    a else goto retry\n"
                         "    goto retry\n    out:\n    return success\n") ==
          "fn f\n"
          "  0  branch g else 2\n"
          "  1  jump 5\n"
          "  2  call a else 8\n"
          "  3  forget g\n"
          "  4  jump 0\n"
          "  5  set_error none\n"
          "  6  ret\n"
          "  7  ret\n"
          "  8  forget g\n"
          "  9  jump 0\n");
}

TEST_CASE("bounds choose by version, patch level and configuration") {
    std::string const text = "fn f\n    [..6.11] a\n    [6.12..] b\n    [6.1] c\n    [6.12.5..] d\n"
                             "    [config SMP] e\n    [!config SMP, 6.1..] g\n    pass\n";
    auto const body = [&](Target const& target) {
        auto listing = code(text, "f", target);
        std::string names;
        for (std::size_t at = listing.find("call "); at != std::string::npos;
             at = listing.find("call ", at + 1)) {
            names += listing[at + 5];
        }
        return names;
    };
    CHECK(body(kernel(6, 1)) == "acg");
    CHECK(body(kernel(6, 11, 3, {"SMP"})) == "ae");
    CHECK(body(kernel(6, 12, 4)) == "bg");
    CHECK(body(kernel(6, 12, 5)) == "bdg");
    CHECK(body(kernel(7, 2, 13, {"SMP"})) == "bde");
}

TEST_CASE("variants of a function are chosen by version") {
    std::string const text = "[..6.11] fn f\n    old\n\n[6.12..] fn f\n    new_one\n";
    CHECK(code(text, "f", kernel(6, 1)) == "fn f\n  0  call old\n  1  ret\n");
    CHECK(code(text, "f", kernel(7, 2)) == "fn f\n  0  call new_one\n  1  ret\n");
}

TEST_CASE("a name of several files is the nearest one's, or must say which") {
    auto const model =
        Model::from_texts({{"linux/kernel/a.flow",
                            "fn f\n    g\n    only_b\n    only_b@kernel/b\n\nfn g\n    pass\n"},
                           {"linux/kernel/b.flow", "fn g\n    pass\n\nfn only_b\n    pass\n"},
                           {"linux/kernel/c.flow", "fn h\n    g\n    g@kernel/b\n    g@kernel/d\n"},
                           {"glibc/d.flow", "fn only_b\n    pass\n"}});
    auto const r = resolve(model, kernel(6, 12));
    CHECK(messages(r.diagnostics) ==
          std::vector<std::string>{"2:5 \"g\" could be a function of 2 files",
                                   "4:7 \"kernel/d\" has no function \"g\" in this build"});
    auto const& p = r.program;
    auto const body = p.body(p.find_function("f"));
    CHECK(p.files[index_of(p[static_cast<FunctionId>(body[0].subject)].file)] ==
          "linux/kernel/a.flow");
    CHECK(p.files[index_of(p[static_cast<FunctionId>(body[1].subject)].file)] ==
          "linux/kernel/b.flow");
    CHECK(p.find_function("g", "kernel/b") == p.find_function("g", "kernel/b.c"));
    CHECK(p.find_function("g", "kernel/b") != p.find_function("g"));
    CHECK(p.find_function("nobody") == kNone<FunctionId>);
}

TEST_CASE("a statement keeps its place and its documentation") {
    auto const r =
        resolve_text("## What f does.\n##ko f가 하는 일.\nfn f\n    ## One\n    ## two.\n"
                     "    ##ko 하나.\n    a\n");
    REQUIRE(r.diagnostics.empty());
    auto const& p = r.program;
    auto const id = p.find_function("f");
    CHECK(p[p[id].doc].english == "What f does.");
    auto const& call = p.body(id)[0];
    CHECK(call.line == 7);
    CHECK(call.column == 5);
    CHECK(p[call.doc].english == "One\ntwo.");
    CHECK(p[call.doc].korean == "하나.");
}
