// What a stack tells of the texts between two frames.
#include "sim/check/code_texts.hpp"
#include "sim/model/model.hpp"
#include "sim/model/resolve.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

using namespace kflow;

namespace {

/// The texts of `f`. Functions in `open` may be inlined or called, those in `inlined` have no
/// symbol, the rest is called.
struct Fixture {
    model::Program program;
    std::set<std::string> open;
    std::set<std::string> inlined;

    Fixture(std::string const& text, std::set<std::string> open_, std::set<std::string> inlined_ = {})
        : open(std::move(open_)), inlined(std::move(inlined_)) {
        auto const model = model::Model::from_texts({{"linux/kernel/test.flow", text}});
        REQUIRE(to_string(model->diagnostics()) == "");
        program = model::resolve(model, {"test", 6, 12, 0, {}}).program;
    }

    std::string name(check::OpenCall const& call) const {
        return std::string(program[call.caller].name) + ">" +
               std::string(program[call.callee].name);
    }
    check::CodeTexts::Told told(std::string const& callee) const {
        auto const possible = [this](model::FunctionId, model::FunctionId called) {
            auto const called_name = std::string(program[called].name);
            auto const is_inlined = inlined.contains(called_name);
            return build::Possibility{.may_be_inlined = is_inlined || open.contains(called_name),
                                      .may_be_called = !is_inlined};
        };
        return check::CodeTexts(program, program.find_function("f"), possible)
            .told(program.find_function(callee));
    }
    std::vector<std::string> inlined_before(std::string const& callee) const {
        std::vector<std::string> names;
        for (auto const& call : told(callee).inlined) {
            names.push_back(name(call));
        }
        return names;
    }
    std::string called(std::string const& callee) const {
        auto const call = told(callee).called;
        return call ? name(*call) : "";
    }
};

} // namespace

TEST_CASE("a frame between two others is a call, and none is inlined code") {
    Fixture const f("fn f\n    g1\nfn g1\n    c\n", {"g1"});
    CHECK(f.called("g1") == "f>g1");
    CHECK(f.inlined_before("g1").empty());
    CHECK(f.inlined_before("c") == std::vector<std::string>{"f>g1"});
    CHECK(f.called("c") == ""); // It cannot be inlined: nobody asks.
}

TEST_CASE("of two ways neither is told") {
    Fixture const f("fn f\n    g1\n    g2\nfn g1\n    c\nfn g2\n    c\n", {"g1", "g2", "c"});
    CHECK(f.inlined_before("c").empty());
    CHECK(f.called("c") == "");
    CHECK(f.called("g2") == "f>g2");
}

TEST_CASE("what all ways have in common is told") {
    Fixture const f("fn f\n    g1\nfn g1\n    g2\n    g3\nfn g2\n    c\nfn g3\n    c\n",
                    {"g1", "g2", "g3"});
    CHECK(f.inlined_before("c") == std::vector<std::string>{"f>g1"});
}

TEST_CASE("what has no symbol is inlined without being told, and leads on") {
    Fixture const f("fn f\n    h1\nfn h1\n    g1\nfn g1\n    c\n", {"g1"}, {"h1"});
    CHECK(f.inlined_before("c") == std::vector<std::string>{"h1>g1"});
    CHECK(f.called("g1") == "h1>g1");
}

TEST_CASE("a call through a pointer may stand in any text, and a frame that no text has tells nothing") {
    Fixture const f("fn f\n    via ops->c {c, d}\n    g1\nfn g1\n    c\n", {"g1", "c"});
    CHECK(f.inlined_before("c").empty());
    CHECK(f.called("c") == "");
    CHECK(f.called("d") == "");
}
