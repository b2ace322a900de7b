#pragma once
// A scenario as its author wrote it: docs/SCENARIOS.md. Names are still names here;
// sim/scenario/compile.hpp turns programs into what the engine runs.

#include "sim/base/diagnostic.hpp"
#include "sim/base/types.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace kflow::scenario {

/// `##` and `##ko` before a thing, lines joined by a newline; empty where missing.
struct Doc {
    std::string english;
    std::string korean;
    bool operator==(Doc const&) const = default;
};

enum class WordKind {
    name,     ///< `fork`, `SIGKILL`, `CLONE_VM`, `WNOHANG`, `-9`'s number is `number`
    number,   ///< decimal, or hexadecimal after 0x; may be negative
    duration, ///< `3s`, `50ms`; `number` holds nanoseconds
    text,     ///< "…", escapes \n \t \" \\ replaced
};

struct Word {
    WordKind kind = WordKind::name;
    std::string text;
    std::int64_t number = 0;
    int column = 0; ///< from 1
    bool operator==(Word const&) const = default;
};

/// One statement of a program, with its block.
struct Statement {
    std::string verb;        ///< a word of the table in sim/scenario/verbs.hpp
    std::string result;      ///< `child` of `child = fork`; empty if there is none
    std::vector<Word> words; ///< what follows the verb
    std::vector<Statement> body;
    std::vector<Statement> otherwise; ///< `else` of an `if`
    int line = 0;
    int column = 0;
    Doc doc;
    bool operator==(Statement const&) const = default;
};

struct Program {
    std::string name;
    std::string path; ///< "/progs/NAME" unless given
    std::vector<Statement> body;
    SourcePlace place;
    Doc doc;
    bool operator==(Program const&) const = default;
};

/// `fail FUNCTION [in CALLER] [nth N] [with ERRNO]`: an injected failure.
struct Injection {
    std::string function;
    std::string caller; ///< only calls somewhere below it count; empty: all
    int nth = 1; ///< which call of the function fails, from 1, over the whole run
    std::string error = "ENOMEM";
    int line = 0; ///< in the scenario, with its column; 0: it is not from there
    int column = 0;
    bool operator==(Injection const&) const = default;
};

/// The `machine` block.
struct MachineSetup {
    int cpus = 4;
    std::string build = "debian-6.12-arm64";
    int pid_max = kPidMaxLimit; ///< the default of kernel/pid.c
    int first_pid = 157;   ///< of the first program; the tasks before it are the machine's own
    std::vector<Injection> failures;
    bool operator==(MachineSetup const&) const = default;
};

/// The `trace` block, in the words of tracefs.
struct TraceSetup {
    std::string tracer = "function";
    std::vector<std::string> options; ///< `func_stack_trace`, `nosleep-time` …, in the order given
    std::vector<std::string> filter;  ///< empty: every function
    std::vector<std::string> events;  ///< `sched/sched_switch` or `sched/*`
    bool operator==(TraceSetup const&) const = default;
};

/// What the lecture traces: the function tracer with stacks and offsets, filtered to the spine of fork, exec, write, sleep, exit
/// and kill, with the sched, signal and task events. A scenario without a `trace` block has this.
TraceSetup lecture_trace();

enum class ExpectKind { exits, killed, gets, reaped_by, not_reaped, call_fails, runs };

/// One line of the `expect` block.
struct Expectation {
    ExpectKind kind = ExpectKind::exits;
    std::string who;   ///< variable or program
    int status = 0;    ///< exits
    std::string what;  ///< signal (killed, gets), errno (call_fails)
    std::string other; ///< reaped_by: by whom (`init` is the machine's); call_fails: which call
    bool core = false; ///< killed: with a core dump
    std::string start; ///< of `expect NAME`: holds where init starts that program; empty: always
    SourcePlace place;
    bool operator==(Expectation const&) const = default;
};

struct Scenario {
    std::string file;
    Doc lesson;
    std::vector<std::string> uses; ///< libraries, already taken in by the parser
    std::vector<Program> programs;
    std::string start;               ///< what init starts: one of `starts`, the first unless told
    std::vector<std::string> starts; ///< the ways to begin it: `start script or batch`
    MachineSetup machine;
    TraceSetup trace = lecture_trace();
    std::vector<Expectation> expectations;

    Program const* find_program(std::string_view name) const;
};

/// All that is wrong with a text, in the order of its lines, or the scenario.
struct ParseResult {
    Scenario scenario; ///< as far as it could be read
    std::vector<Diagnostic> diagnostics;
    bool good() const { return diagnostics.empty(); }
};

/// Reads a scenario's text. `file` is for the messages. `library` gives the text of `use NAME`; a
/// missing name is a diagnostic.
ParseResult parse_scenario(std::string const& file, std::string_view text,
                           std::map<std::string, std::string> const& library);

/// The names that the text's `use` lines ask for, so that the caller can read their files.
std::vector<std::string> used_libraries(std::string_view text);

} // namespace kflow::scenario
