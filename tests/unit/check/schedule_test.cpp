// Witness 2: fields by class, whose task is whose, and that a run's own log is found to be a run
// while a damaged one is not.

#include "sim/check/schedule.hpp"
#include "sim/check/schedule_match.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace kflow;

namespace {

std::string const kSource = KFLOW_SOURCE_DIR;

trace::TraceEvent event(std::string_view name, std::vector<trace::Field> fields) {
    return {trace::Name(name), trace::Name(), std::move(fields)};
}

trace::Field number(std::string_view key, std::int64_t value) {
    return {trace::Name(key), value};
}

trace::Field text(std::string_view key, std::string_view value) {
    return {trace::Name(key), trace::Name(value)};
}

std::optional<std::string> compare(trace::TraceEvent const& captured, trace::TraceEvent const& made,
                                   check::Counterparts& tasks) {
    check::CaptureItem item;
    item.kind = check::CaptureItem::Kind::event;
    item.name = captured.name;
    item.event = &captured;
    check::MadeItem other;
    other.is_event = true;
    other.name = made.name;
    other.event = made;
    return check::difference(item, other, tasks);
}

std::unique_ptr<scenario::Replay> load(std::string const& name) {
    scenario::ReplayOptions options;
    options.model_dir = kSource + "/model";
    auto loaded = scenario::Replay::load(kSource + "/scenarios/" + name + ".scenario", options);
    REQUIRE(std::holds_alternative<std::unique_ptr<scenario::Replay>>(loaded));
    return std::get<std::unique_ptr<scenario::Replay>>(std::move(loaded));
}

} // namespace

TEST_CASE("a new child is bound once, and then stands for its counterpart only") {
    check::Counterparts tasks;
    tasks.bind(261, 157);
    auto const captured = event("task_newtask", {number("pid", 262), text("comm", "fork_wait")});
    auto const made = event("task_newtask", {number("pid", 158), text("comm", "fork_wait")});
    CHECK(!compare(captured, made, tasks));
    CHECK(tasks.agree(262, 158));
    auto const other = event("task_newtask", {number("pid", 159), text("comm", "fork_wait")});
    CHECK(compare(captured, other, tasks));
    CHECK(tasks.agree(260, 1)); // both outside
    CHECK(!tasks.agree(260, 158));
}

TEST_CASE("fields are compared by their class") {
    check::Counterparts tasks;
    tasks.bind(261, 157);
    auto const signal = [](std::int64_t pid, std::int64_t number_, std::int64_t result) {
        return event("signal_generate", {number("sig", number_), number("pid", pid),
                                         number("result", result), text("comm", "x")});
    };
    CHECK(!compare(signal(261, 17, 0), signal(157, 17, 0), tasks));
    CHECK(compare(signal(261, 17, 0), signal(157, 9, 0), tasks));  // exact
    CHECK(compare(signal(261, 17, 0), signal(157, 17, 1), tasks)); // its outcome
    CHECK(!compare(signal(260, 17, 0), signal(1, 17, 1), tasks));  // outside: not the scenario's
    auto const handler = [](std::int64_t address) {
        return event("signal_deliver", {number("sa_handler", address)});
    };
    CHECK(!compare(handler(0xaaaad97143d0), handler(0xaaaaaaaa0004), tasks));
    CHECK(compare(handler(0xaaaad97143d0), handler(0), tasks));
    CHECK(compare(handler(0), handler(1), tasks));
    auto const exec = [](std::string_view path) {
        return event("sched_process_exec", {text("filename", path), number("pid", 261)});
    };
    auto const run =
        event("sched_process_exec", {text("filename", "/progs/many_vmas"), number("pid", 157)});
    CHECK(!compare(exec("/tmp/many_vmas.bin"), run, tasks));
    CHECK(compare(exec("/tmp/many_files.bin"), run, tasks));
    auto const named = [](std::string_view comm, std::int64_t pid) {
        return event("sched_process_exit", {text("comm", comm), number("pid", pid)});
    };
    CHECK(!compare(named("clone_shares.bi", 261), named("clone_shares", 157), tasks));
    CHECK(compare(named("clone_shared", 261), named("clone_share", 157), tasks));
}

TEST_CASE("the log of a run is one of its scenario's runs, and a damaged one is none") {
    auto const replay = load("fork_wait");
    auto capture = replay->run().capture;
    auto const result = check::find_schedule(*replay, capture);
    INFO(result.explanation);
    CHECK(result.found);
    CHECK(result.spine_total > 10);
    CHECK(result.spine_matched == result.spine_total);
    CHECK(result.events_total > 3);
    CHECK(result.events_matched == result.events_total);
    CHECK(result.divergences.empty());

    auto const is_exit = [](trace::Event const& e) {
        auto const* const found = e.as<trace::FunctionEntry>();
        return found && found->ip.symbol.view() == "exit_files";
    };
    auto const found = std::find_if(capture.events.begin(), capture.events.end(), is_exit);
    REQUIRE(found != capture.events.end());
    capture.events.erase(found);
    auto const damaged = check::find_schedule(*replay, capture);
    CHECK(!damaged.found);
    CHECK(damaged.divergences.size() == 1);
}

TEST_CASE("a capture in which no program of the scenario runs is no run of it") {
    auto const replay = load("fork_wait");
    auto const other = load("segv")->run().capture;
    auto const result = check::find_schedule(*replay, other);
    CHECK(!result.found);
    CHECK(result.spine_total == 0);
}
