#include "sim/base/input_file.hpp"
#include "sim/scenario/compile.hpp"
#include "sim/scenario/scenario.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

using namespace kflow;
using namespace kflow::scenario;

namespace {

ParseResult parse(std::string const& text) {
    return parse_scenario("t.scenario", text, {});
}

/// What a scenario of the project may take in.
std::map<std::string, std::string> library() {
    std::map<std::string, std::string> found;
    for (auto const& entry :
         std::filesystem::directory_iterator(KFLOW_SOURCE_DIR "/scenarios/lib")) {
        found.emplace(entry.path().stem(), std::get<std::string>(read_input(entry.path())));
    }
    return found;
}

std::string errors_of(std::string const& text) {
    return to_string(parse(text).diagnostics);
}

} // namespace

TEST_CASE("every scenario of the project is understood and is documented in both languages") {
    int seen = 0;
    for (auto const& entry : std::filesystem::directory_iterator(KFLOW_SOURCE_DIR "/scenarios")) {
        if (entry.path().extension() != ".scenario") {
            continue;
        }
        auto const text = std::get<std::string>(read_input(entry.path()));
        auto const result = parse_scenario(entry.path().filename(), text, library());
        CAPTURE(entry.path());
        CHECK(to_string(result.diagnostics) == "");
        CHECK_FALSE(result.scenario.lesson.english.empty());
        CHECK_FALSE(result.scenario.lesson.korean.empty());
        CHECK_FALSE(result.scenario.expectations.empty());
        ++seen;
    }
    CHECK(seen >= 25);
}

TEST_CASE("every library is understood and is documented in both languages") {
    CHECK(library().contains("bash"));
    for (auto const& [name, text] : library()) {
        auto const result = parse_scenario(name + ".scenario", text, library());
        CAPTURE(name);
        CHECK(to_string(result.diagnostics) == "");
        CHECK_FALSE(result.scenario.lesson.english.empty());
        CHECK_FALSE(result.scenario.lesson.korean.empty());
    }
}

TEST_CASE("a library may use another one, but not itself; a program that two bring is there once") {
    std::map<std::string, std::string> const libraries{
        {"shell", "program shell\n    exit 0\n"},
        {"recorder", "use shell\nprogram recorder\n    child = fork shell\n    exit 0\n"},
        {"endless", "use endless\nprogram p\n    exit 0\n"}};
    auto const result = parse_scenario(
        "t.scenario", "use shell\nuse recorder\nstart recorder\n", libraries);
    REQUIRE(to_string(result.diagnostics) == "");
    CHECK(result.scenario.programs.size() == 2);
    auto const endless = parse_scenario("t.scenario", "use endless\nstart p\n", libraries);
    CHECK(to_string(endless.diagnostics).find("no library \"endless\"") != std::string::npos);
}

TEST_CASE("a scenario's parts are read") {
    auto const result = parse("## Lesson.\n##ko 강의.\n\n"
                              "machine\n    cpus 2\n    fail copy_mm nth 3 with EAGAIN\n"
                              "program p \"/bin/p\"\n    child = fork\n        _exit 7\n    waitpid child WNOHANG\n"
                              "start p\n"
                              "trace\n    current_tracer nop\n    events sched/* signal/signal_generate\n"
                              "expect\n    child exits 7\n    fork in p fails EAGAIN\n");
    REQUIRE(to_string(result.diagnostics) == "");
    auto const& s = result.scenario;
    CHECK(s.lesson == Doc{"Lesson.", "강의."});
    CHECK(s.machine.cpus == 2);
    CHECK(s.machine.failures == std::vector<scenario::Injection>{{"copy_mm", {}, 3, "EAGAIN", 6, 10}});
    CHECK(s.trace.tracer == "nop");
    CHECK(s.trace.events == std::vector<std::string>{"sched/*", "signal/signal_generate"});
    REQUIRE(s.programs.size() == 1);
    CHECK(s.programs[0].path == "/bin/p");
    CHECK(s.programs[0].body[0].result == "child");
    CHECK(s.programs[0].body[0].body[0].verb == "_exit");
    CHECK(s.expectations[1].what == "EAGAIN");
}

TEST_CASE("durations are nanoseconds") {
    auto const result = parse("program p\n    sleep 1.5s\n    usleep 50ms\n    compute 10us\nstart p\n");
    REQUIRE(to_string(result.diagnostics) == "");
    auto const& body = result.scenario.programs[0].body;
    CHECK(body[0].words[0].number == 1'500'000'000);
    CHECK(body[1].words[0].number == 50'000'000);
    CHECK(body[2].words[0].number == 10'000);
}

TEST_CASE("all errors of a text are found in one pass, with place and suggestion") {
    CHECK(errors_of("program p\n"
                    "    slepe 3s\n"
                    "    kill SIGKIL child\n"
                    "    sleep three\n"
                    "strat p\n") ==
          "t.scenario:2:5: error: no statement \"slepe\"\n        slepe 3s\n        ^\n"
          "  hint: did you mean \"sleep\"?\n"
          "t.scenario:3:10: error: expected a signal, e.g. SIGKILL or 9\n        kill SIGKIL child\n"
          "             ^\n  hint: did you mean \"SIGKILL\"?\n"
          "t.scenario:4:11: error: expected a duration, e.g. 3s or 50ms\n        sleep three\n"
          "              ^\n"
          "t.scenario:5:1: error: no block \"strat\"\n    strat p\n    ^\n"
          "  hint: did you mean \"start\"?\n"
          "t.scenario:3:17: error: no process \"child\"\n        kill SIGKIL child\n"
          "                    ^\n");
}

TEST_CASE("a fork's child is a branch that ends in exit") {
    auto const result = parse("program p\n    child = fork\n        _exit 7\n    waitpid child\nstart p\n");
    auto const world = compile_world(result.scenario);
    auto const& ops = world.programs[0].ops;
    using Kind = engine::Op::Kind;
    REQUIRE(ops.size() == 7);
    CHECK(ops[0].name == "fork");
    CHECK(ops[1].kind == Kind::set);
    CHECK(ops[2].kind == Kind::branch);
    CHECK(ops[2].target == 5);
    CHECK(ops[3].name == "_exit");
    CHECK(ops[4].kind == Kind::end);
    CHECK(ops[5].name == "waitpid");
    CHECK(ops[6].kind == Kind::end);
}

TEST_CASE("a program's comm is its path's last part, cut as the kernel cuts it") {
    auto const result = parse("program p \"/usr/bin/a_very_long_program_name\"\n    exit 0\nstart p\n");
    CHECK(compile_world(result.scenario).programs[0].comm == "a_very_long_pro");
}
