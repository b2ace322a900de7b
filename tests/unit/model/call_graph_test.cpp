// Questions about who can call whom.
#include "sim/model/call_graph.hpp"
#include "tests/unit/model/model_helpers.hpp"

#include <catch2/catch.hpp>

using namespace kflow::model;
using namespace kflow::model::test;

namespace {

std::string const kText = "guard g\n\n"
                          "fn fork\n    copy\n    wake\n\n"
                          "fn copy\n    dup\n    [6.12..] extra\n    files else fail undo drop\n"
                          "    files\n    fail EAGAIN\n\n"
                          "fn wake\n    via p {pick, none}\n    lock\n\n"
                          "fn pick\n    lock\n    wake\n\n"
                          "fn alone\n    alone\n\n"
                          "fn stranger\n    lock\n";

struct Fixture {
    explicit Fixture(Target const& target) : resolution(resolve_text(kText, target)) {}
    Resolution resolution;
    CallGraph calls{resolution.program};
    NodeIndex node(std::string_view name) const {
        return CallGraph::node_of(resolution.program.find_function(name));
    }
    std::vector<std::string> names(std::vector<NodeIndex> const& nodes) const {
        std::vector<std::string> result;
        for (auto const n : nodes) {
            result.emplace_back(calls[n].name);
        }
        return result;
    }
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("an edge stands for all calls of the same two functions") {
    Fixture const f(kernel(6, 12));
    auto const& graph = f.calls.graph();
    auto const [edge, found] = boost::edge(f.node("copy"), f.node("files"), graph);
    REQUIRE(found);
    CHECK(graph[edge].count == 2);
    CHECK(graph[edge].line == 10);
    CHECK_FALSE(graph[edge].cleanup);
    CHECK(graph[boost::edge(f.node("copy"), f.node("drop"), graph).first].cleanup);
    CHECK(graph[boost::edge(f.node("wake"), f.node("pick"), graph).first].indirect);
}

TEST_CASE("reachability: what can a fork ever call, and who can come to the lock") {
    Fixture const f(kernel(6, 12));
    auto const down = f.calls.reachable_from(f.node("fork"));
    CHECK(down[f.node("lock")]);
    CHECK(down[f.node("drop")]);
    CHECK(down[f.node("fork")]);
    CHECK_FALSE(down[f.node("stranger")]);
    auto const up = f.calls.reaching(f.node("lock"));
    CHECK(up[f.node("stranger")]);
    CHECK(up[f.node("fork")]);
    CHECK_FALSE(up[f.node("copy")]);
}

TEST_CASE("recursion: components with a way back") {
    Fixture const f(kernel(6, 12));
    auto const groups = f.calls.recursions();
    REQUIRE(groups.size() == 2);
    CHECK(f.names(groups[0]) == Names{"wake", "pick"});
    CHECK(f.names(groups[1]) == Names{"alone"});
}

TEST_CASE("dominators: which call must come before") {
    Fixture const f(kernel(6, 12));
    auto const before = f.calls.dominators(f.node("fork"));
    CHECK(before[f.node("lock")] == f.node("wake"));
    CHECK(before[f.node("files")] == f.node("copy"));
    CHECK(before[f.node("fork")] == CallGraph::kNoNode);
    CHECK(before[f.node("stranger")] == CallGraph::kNoNode);
}

TEST_CASE("a shortest way of calls") {
    Fixture const f(kernel(6, 12));
    CHECK(f.names(f.calls.path(f.node("fork"), f.node("lock"))) == Names{"fork", "wake", "lock"});
    CHECK(f.calls.path(f.node("lock"), f.node("fork")).empty());
}

TEST_CASE("the difference of two builds") {
    Fixture const old(kernel(6, 1));
    Fixture const recent(kernel(6, 12));
    auto const d = difference(old.calls, recent.calls);
    CHECK(d.only_first.empty());
    REQUIRE(d.only_second.size() == 1);
    CHECK(d.only_second[0].caller == "kernel/test:copy");
    CHECK(d.only_second[0].callee == "extra");
}

TEST_CASE("a system call is an edge to the kernel's function of that number") {
    auto const model =
        Model::from_texts({{"glibc/fork.flow", "fn fork\n    syscall clone\n    syscall nobody\n"},
                           {"linux/kernel/fork.flow", "fn __arm64_sys_clone\n    kernel_clone\n"}});
    auto const resolution = resolve(model, kernel(6, 12));
    CallGraph const calls(resolution.program);
    auto const& p = resolution.program;
    CHECK(calls.reachable_from(CallGraph::node_of(
        p.find_function("fork")))[CallGraph::node_of(p.find_function("kernel_clone"))]);
}
