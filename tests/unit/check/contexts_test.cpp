// Contexts are told apart: a vfork that is said to be a fork, an exit that is said to be a kill, a
// death without its signal are reported on every build; few and many mappings and files conform and
// are counted. The wrong captures, and those with many mappings and files, are made from real ones.
#include "real_captures.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

using namespace kflow;
using check::Verdict;
using check::test::check_text;
using check::test::text_of;

namespace {

std::array<std::string, 3> const kBuilds{"debian-6.1-arm64", "debian-6.12-arm64",
                                         "debian-7.2-arm64"};
std::string replaced(std::string const& text, std::string const& from, std::string const& to) {
    auto out = std::regex_replace(text, std::regex(from), to);
    REQUIRE(out != text);
    return out;
}

using Lines = std::vector<std::string>;

Lines lines_of(std::string const& text) {
    Lines lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::string joined(Lines const& lines) {
    std::string text;
    for (auto const& line : lines) {
        text += line + '\n';
    }
    return text;
}

std::string without(std::string const& text, std::string const& part) {
    auto lines = lines_of(text);
    REQUIRE(std::erase_if(lines, [&](std::string const& line) {
                return line.find(part) != std::string::npos;
            }) > 0);
    return joined(lines);
}

/// What one line of a function_graph with funcgraph-proc shows.
struct GraphLine {
    std::string task;     ///< `fork_wa-225`; empty: no line of a task
    std::string function; ///< that is entered; empty: none is
    bool opens = false;
    bool closes = false;
};

/// `  259.664907 |   3)    segv-509    |   1.234 us    |  do_exit() {`
GraphLine graph_line(std::string const& line) {
    std::array<std::string_view, 4> columns;
    std::string_view rest = line;
    for (auto& column : columns) {
        auto const bar = &column == &columns.back() ? rest.npos : rest.find('|');
        column = rest.substr(0, bar);
        rest.remove_prefix(bar == rest.npos ? rest.size() : bar + 1);
    }
    auto text = columns[3];
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    auto const cpu = columns[1].find(") ");
    if (cpu == columns[1].npos || text.empty()) {
        return {};
    }
    auto task = columns[1].substr(cpu + 1);
    task.remove_prefix(std::min(task.find_first_not_of(' '), task.size()));
    GraphLine out{std::string(task.substr(0, task.find_last_not_of(' ') + 1)), "", false,
                  text.starts_with('}')};
    if (auto const end = text.find("()"); end != text.npos && !text.starts_with("/*")) {
        out.function = text.substr(0, end);
        out.opens = text.ends_with(" {");
    }
    return out;
}

/// The lines of one call: of its task, between its brace and the brace that closes it.
struct Body {
    std::string task;
    std::vector<std::size_t> lines;
};

/// The first call of `function` by another task than `other`.
Body body_of(Lines const& lines, std::string const& function, std::string const& other = "") {
    Body body;
    for (std::size_t n = 0; n < lines.size(); ++n) {
        auto const start = graph_line(lines[n]);
        if (start.function != function || !start.opens || start.task == other) {
            continue;
        }
        body = {start.task, {}};
        int depth = 1;
        for (auto i = n + 1; i < lines.size() && depth > 0; ++i) {
            auto const line = graph_line(lines[i]);
            depth += line.task != body.task ? 0 : line.opens ? 1 : line.closes ? -1 : 0;
            if (line.task == body.task && depth > 0) {
                body.lines.push_back(i);
            }
        }
        break;
    }
    REQUIRE_FALSE(body.lines.empty());
    return body;
}

/// Where the calls of `child` by a body itself begin: indices of Body::lines.
std::vector<std::size_t> rounds_in(Lines const& lines, Body const& body, std::string const& child) {
    std::vector<std::size_t> begins;
    int depth = 0;
    for (std::size_t i = 0; i < body.lines.size(); ++i) {
        auto const line = graph_line(lines[body.lines[i]]);
        if (depth == 0 && line.function == child) {
            begins.push_back(i);
        }
        depth += line.opens ? 1 : line.closes ? -1 : 0;
    }
    return begins;
}

/// The lines with what a body does from its second call of `child` to the third `times` more. The
/// copies bear the time of what stands before them.
Lines repeated(Lines lines, Body const& body, std::string const& child, std::size_t times) {
    auto const begins = rounds_in(lines, body, child);
    REQUIRE(begins.size() >= 3);
    Lines round;
    auto const at = body.lines[begins[2]];
    auto const bar = lines[at].find('|');
    for (auto i = begins[1]; i < begins[2]; ++i) {
        round.push_back(lines[at].substr(0, bar) + lines[body.lines[i]].substr(bar));
    }
    Lines copies;
    for (std::size_t n = 0; n < times; ++n) {
        copies.insert(copies.end(), round.begin(), round.end());
    }
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), copies.begin(), copies.end());
    return lines;
}

/// The largest count of a collection.
std::uint64_t counted(check::Report const& report, std::string const& collection) {
    std::uint64_t most = 0;
    for (auto const& count : report.conformance.counts) {
        most = count.collection == collection ? std::max(most, count.rounds) : most;
    }
    return most;
}

/// What was never seen before is no difference.
std::size_t differences(check::Report const& report) {
    return static_cast<std::size_t>(
        std::ranges::count_if(report.conformance.divergences, [](auto const& divergence) {
            return divergence.kind != check::DifferenceKind::unseen;
        }));
}

/// Which calls show the copied mappings and their end.
struct Mappings {
    std::string build;
    std::string copier;
    std::string ender;
    std::string end;
};
std::array<Mappings, 3> const kMappings{
    {{"debian-6.1-arm64", "dup_mmap", "exit_mmap", "vma_close"},
     {"debian-6.12-arm64", "copy_process", "exit_mmap", "remove_vma"},
     {"debian-7.2-arm64", "dup_mmap", "tear_down_vmas", "remove_vma"}}};

} // namespace

TEST_CASE("a vfork that is said to be a fork is reported, and a fork that is said to be a vfork") {
    for (auto const& build : kBuilds) {
        for (std::string const mode : {"graph", "stack", "events"}) {
            auto const vfork = text_of(build, "vfork_exec." + mode);
            auto const fork = text_of(build, "fork_wait." + mode);
            auto const heard =
                mode != "graph"; // Two witnesses: events alone do not show the calls.
            INFO(build << ' ' << mode);
            CHECK(check_text(build, vfork, heard ? "vfork_exec" : "").verdict != Verdict::differs);
            for (auto const* flags : {"clone_flags=1200000", "clone_flags=0 "}) {
                auto const wrong = replaced(vfork, "clone_flags=4100", flags);
                CHECK(check_text(build, wrong, heard ? "vfork_exec" : "").verdict ==
                      Verdict::differs);
            }
            auto const wrong = replaced(fork, "clone_flags=1200000", "clone_flags=4100");
            CHECK(check_text(build, wrong, heard ? "fork_wait" : "").verdict == Verdict::differs);
        }
    }
}

TEST_CASE("an exit that is said to be a kill is reported, and a kill that is said to be an exit") {
    for (auto const& build : kBuilds) {
        INFO(build);
        auto const exit = text_of(build, "fork_wait.graph");
        CHECK(differences(check_text(build, exit)) == 0);
        CHECK(differences(check_text(build, replaced(exit, R"(__arm64_sys_exit_group\(\) \{)",
                                                     "get_signal() {"))) > 0);
        auto const kill = text_of(build, "segv.graph");
        CHECK(differences(check_text(build, kill)) == 0);
        CHECK(differences(check_text(build, replaced(kill, R"(get_signal\(\) \{)",
                                                     "__arm64_sys_exit_group() {"))) > 0);
        // Entries with stacks: the caller that is named, and that of the stack.
        auto const entries = text_of(build, "segv.stack");
        CHECK(differences(check_text(build, entries)) == 0);
        CHECK(
            differences(check_text(build, replaced(entries, R"((do_group_exit\+\S+ <-)get_signal)",
                                                   "$1__arm64_sys_exit_group"))) > 0);
        CHECK(differences(check_text(build, replaced(entries, "get_signal", "do_group_exit"))) > 0);
    }
}

TEST_CASE("a death by a signal without its delivery is reported") {
    for (auto const& build : kBuilds) {
        INFO(build);
        // The calls: do_group_exit() stands where get_signal() would have come first.
        auto const graph = text_of(build, "segv.graph");
        CHECK(differences(check_text(build, without(graph, "get_signal() {"))) > 0);
        // The entries: the event that get_signal() owes, and get_signal() itself.
        auto const stack = text_of(build, "segv.stack");
        CHECK(differences(check_text(build, without(stack, "signal_deliver: sig=11"))) > 0);
        auto const events = text_of(build, "segv.events");
        CHECK(check_text(build, events, "segv").verdict == Verdict::agrees);
        CHECK(check_text(build, without(events, "signal_deliver: sig=11"), "segv").verdict ==
              Verdict::differs);
    }
}

TEST_CASE("few and many mappings conform and are counted, and one that is not copied is missed") {
    for (auto const& [build, copier, ender, end] : kMappings) {
        INFO(build);
        auto const few = lines_of(text_of(build, "fork_wait.graph"));
        auto const before = check_text(build, joined(few));
        auto const mappings = counted(before, "vma");
        CHECK(differences(before) == 0);
        CHECK(mappings >= 15);
        CHECK(mappings < 30);
        auto const forker = body_of(few, copier);
        auto many = repeated(few, forker, "vm_area_dup", 285);
        // As many are copied, and the child gives none of them back.
        CHECK(differences(check_text(build, joined(many))) > 0);
        many = repeated(many, body_of(many, ender, forker.task), end, 285);
        auto const after = check_text(build, joined(many));
        INFO(check::report_text(after, false));
        CHECK(differences(after) == 0);
        CHECK(counted(after, "vma") == mappings + 285);
        // One of 300 copies, in the middle.
        auto const body = body_of(many, copier);
        auto const begins = rounds_in(many, body, "vm_area_dup");
        REQUIRE(begins.size() == mappings + 285);
        auto const first = body.lines[begins[150]];
        auto dropped = many;
        if (graph_line(many[first]).opens) {
            auto const close =
                std::find_if(body.lines.begin() + static_cast<std::ptrdiff_t>(begins[150]),
                             body.lines.end(), [&, depth = 0](std::size_t n) mutable {
                                 auto const line = graph_line(many[n]);
                                 depth += line.opens ? 1 : line.closes ? -1 : 0;
                                 return depth == 0;
                             });
            dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(first),
                          dropped.begin() + static_cast<std::ptrdiff_t>(*close) + 1);
        } else {
            dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(first));
        }
        CHECK(differences(check_text(build, joined(dropped))) > 0);
    }
}

TEST_CASE("few and many open files conform and are counted") {
    for (auto const& build : kBuilds) {
        INFO(build);
        auto const few = lines_of(text_of(build, "fork_wait.graph"));
        auto const before = check_text(build, joined(few));
        CHECK(counted(before, "open_file") >= 3);
        CHECK(counted(before, "open_file") < 10);
        auto const many = repeated(few, body_of(few, "put_files_struct"), "filp_close", 197);
        auto const after = check_text(build, joined(many));
        INFO(check::report_text(after, false));
        CHECK(differences(after) == 0);
        CHECK(counted(after, "open_file") >= 200);
    }
}
