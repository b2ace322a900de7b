// Below the model: what the builds are known to call, read from the shipped facts.
#include "sim/model/call_graph.hpp"
#include "sim/model/show.hpp"
#include "sim/model/target.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

using namespace kflow;
using namespace kflow::model;

namespace {

std::string const kModelDir = KFLOW_SOURCE_DIR "/model";

build::BuildFacts facts_of(std::string const& name) {
    auto facts = build::BuildFacts::load(kModelDir, name);
    REQUIRE(std::holds_alternative<build::BuildFacts>(facts));
    return std::get<build::BuildFacts>(facts);
}

NodeIndex node(CallGraph const& calls, std::string_view name) {
    for (NodeIndex i = 0; i < calls.size(); ++i) {
        if (calls[i].name == name) {
            return i;
        }
    }
    return CallGraph::kNoNode;
}

} // namespace

TEST_CASE("call sites lead on where bodies end") {
    auto const facts = facts_of("debian-6.12-arm64");
    auto const model =
        Model::from_texts({{"linux/kernel/exit.flow", "fn release_task\n    put_pid\n"}});
    auto const resolution = resolve(model, target_of(facts));
    CallGraph calls(resolution.program);
    REQUIRE(calls.size() == 2);
    calls.add_call_sites(facts);
    CHECK(calls.size() > 2);
    auto const freed = node(calls, "kmem_cache_free"); // kernel/pid.c, put_pid
    REQUIRE(freed != CallGraph::kNoNode);
    CHECK(calls[freed].function == kNone<FunctionId>);
    CHECK(calls.reachable_from(0)[freed]);
    CHECK(calls.path(0, freed).size() == 3);
    auto const edge = boost::edge(node(calls, "put_pid"), freed, calls.graph());
    REQUIRE(edge.second);
    CHECK(calls.graph()[edge.first].from_build);
    CHECK(calls.dominators(0)[node(calls, "put_pid")] == 0);
}

TEST_CASE("each build takes its own side of a bound") {
    auto const model =
        Model::from_texts({{"linux/kernel/a.flow",
                            "fn f\n    [..6.11] old\n    [6.12..7.1] middle\n    [7.2..] recent\n"
                            "    [config PREEMPTION] preempt\n    [!config SMP] single\n"}});
    auto const callees = [&](std::string const& name) {
        auto const resolution = resolve(model, target_of(facts_of(name)));
        std::vector<std::string> names;
        for (auto const& i : resolution.program.body(FunctionId{0})) {
            if (i.op == Op::call) {
                names.emplace_back(resolution.program[static_cast<FunctionId>(i.subject)].name);
            }
        }
        return names;
    };
    using Names = std::vector<std::string>;
    CHECK(callees("debian-6.1-arm64") == Names{"old"});
    CHECK(callees("debian-6.12-arm64") == Names{"middle"});
    CHECK(callees("debian-7.2-arm64") == Names{"recent", "preempt"});
}

TEST_CASE("the shipped model resolves for every build without an error") {
    auto const model = Model::load(kModelDir);
    CHECK(model->diagnostics().empty());
    for (auto const& name : build::list_builds(kModelDir)) {
        auto const resolution = resolve(model, target_of(facts_of(name)));
        INFO(name << "\n" << to_string(resolution.diagnostics));
        CHECK(resolution.diagnostics.empty());
        CHECK(resolution.program.find_function("copy_process", "kernel/fork.c") !=
              kNone<FunctionId>);
    }
}
