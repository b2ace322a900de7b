// No text, however damaged, crashes the compiler: cut anywhere, bytes changed, lines moved, nested
// too deep.
#include "sim/base/random.hpp"
#include "sim/model/call_graph.hpp"
#include "tests/unit/model/model_helpers.hpp"

#include <catch2/catch.hpp>

using namespace kflow;
using namespace kflow::model;
using namespace kflow::model::test;

namespace {

/// Something of everything that the language has.
std::string const kText = R"(# kernel/test.c

## A guard.
##ko 가드.
guard g of child default yes
guard h

effect e child
collection vma of mm
condition ready of task

[..6.11] fn f mm
    old

## F.
##ko 에프.
[6.12.., !config RT] fn f mm
    a r=x else fail undo ua, do e child=x
    if g child=x
        b else fail undo
            if h
                ub
    else if not h
        c else
            d
        ## Why.
        ##ko 왜.
        [config SMP] do e
    [6.12..] else
        maybe "who knows"
            emit sched_switch
        else
            wait ready
    retry:
    each vma as w mm=old
        k vma=w else next
        leave
    loop
        via p->q {a if h, b x=y if not g child=z, none} v=w else again
        l else goto retry
    m else goto out
    out:
    fail EAGAIN

fn k vma noreturn
    a
)";

/// Everything that a damaged model goes through.
std::size_t compile_all(std::string text) {
    auto const report = lint_text(text, kernel(6, 12, 0, {"SMP"}));
    auto const resolution = resolve_text(std::move(text), kernel(6, 1));
    CallGraph const calls(resolution.program);
    std::size_t sum = report.diagnostics.size() + calls.recursions().size();
    for (std::size_t i = 0; i < resolution.program.functions.size(); ++i) {
        sum += to_text(resolution.program, static_cast<FunctionId>(i)).size();
    }
    return sum;
}

} // namespace

TEST_CASE("the whole text is fine") {
    CHECK(lint_text(kText).statements > 25);
    CHECK(errors(kText, kernel(6, 12, 0, {"SMP"})).empty());
}

TEST_CASE("a text cut at any byte ends in a program or a diagnostic") {
    std::size_t sum = 0;
    for (std::size_t end = 0; end <= kText.size(); ++end) {
        sum += compile_all(kText.substr(0, end));
    }
    CHECK(sum > 0);
}

TEST_CASE("changed bytes and moved lines end in a program or a diagnostic") {
    Random random(11);
    std::string const bytes = "\t\r\n #[]{}=,.:\"_a0\x80\xff@!-";
    std::size_t sum = 0;
    for (int round = 0; round < 600; ++round) {
        std::string text = kText;
        for (int change = 0; change < 4; ++change) {
            auto const at = random.below(text.size());
            switch (random.below(3)) {
            case 0:
                text[at] = bytes[random.below(bytes.size())];
                break;
            case 1:
                text.erase(at, random.below(20));
                break;
            default:
                text.insert(at, kText.substr(random.below(kText.size()), random.below(40)));
                break;
            }
        }
        sum += compile_all(std::move(text));
    }
    CHECK(sum > 0);
}

TEST_CASE("what is too deep or too long is said") {
    std::string deep = "guard g\n\nfn f\n";
    for (std::size_t i = 1; i < 400; ++i) {
        deep += std::string(i * 4, ' ') + "if g\n";
    }
    CHECK_FALSE(errors(deep).empty());
    std::string wide = "guard g\n\nfn f\n    if g\n        a\n";
    for (int i = 0; i < 50000; ++i) {
        wide += "    else if g\n        a\n";
    }
    CHECK(errors(wide).front() == "206:5 more than 100 arms behind one `if`");
    std::string many = "fn f\n";
    for (int i = 0; i < 5000; ++i) {
        many += "    a else fail undo b\n";
    }
    CHECK(errors(many).empty());
}
