// From lines to a scenario. Every error of a text is found in one pass: a line that cannot be
// understood is left out, with its block, and reading goes on.
#include "sim/scenario/lines.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/scenario/statements.hpp"
#include "sim/scenario/verbs.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace kflow::scenario {

namespace {

constexpr std::array<std::string_view, 6> kBlocks{"program", "use",   "machine",
                                                  "start",   "trace", "expect"};

class Parser {
public:
    Parser(std::string const& file, std::string_view text)
        : report_(file), lines_(split_lines(text, report_)) {
        scenario_.file = file;
        scenario_.lesson = lines_.front().doc;
    }

    ParseResult read(std::map<std::string, std::string> const& library) {
        library_ = &library;
        for (at_ = 1; at_ < lines_.size();) {
            top_level();
        }
        return {std::move(scenario_), report_.take()};
    }

private:
    Line const& line() const { return lines_[at_]; }
    bool more(int indent) const { return at_ < lines_.size() && lines_[at_].indent >= indent; }

    void skip_block(int indent) {
        while (more(indent)) {
            ++at_;
        }
    }

    void top_level() {
        Line const& head = line();
        std::string const& word = head.words.front().text;
        ++at_;
        if (head.indent > 0) {
            report_.error(head, head.words.front().column,
                          "an indented line that belongs to no block");
        } else if (word == "program") {
            return program(head);
        } else if (word == "use") {
            return use(head);
        } else if (word == "machine") {
            return rows(&Parser::machine_row);
        } else if (word == "start") {
            return start(head);
        } else if (word == "trace") {
            scenario_.trace = TraceSetup{};
            return rows(&Parser::trace_row);
        } else if (word == "expect") {
            expected_start_ = head.words.size() > 1 ? head.words[1].text : "";
            check_expected_start(head);
            return rows(&Parser::expect_row);
        } else {
            unknown_word(head, head.words.front(), "block", {kBlocks.begin(), kBlocks.end()});
        }
        skip_block(1);
    }

    void unknown_word(Line const& where, Word const& word, std::string_view kind,
                      std::vector<std::string_view> const& known) {
        auto const near = nearest_word(word.text, known);
        report_.error(where, word.column, fmt::format("no {} \"{}\"", kind, word.text),
                      near.empty() ? fmt::format("one of: {}", fmt::join(known, ", "))
                                   : fmt::format("did you mean \"{}\"?", near));
    }

    /// The word at `index`, or a diagnostic that it is missing.
    Word const* need(Line const& where, std::size_t index, std::string_view what) {
        if (index < where.words.size()) {
            return &where.words[index];
        }
        report_.error(where, static_cast<int>(where.text.size()) + 1,
                      fmt::format("expected {}", what));
        return nullptr;
    }

    void program(Line const& head) {
        Word const* const name = need(head, 1, "the program's name");
        if (!name) {
            return skip_block(1);
        }
        if (scenario_.find_program(name->text)) {
            report_.error(head, name->column, fmt::format("a second program \"{}\"", name->text));
        }
        Program program;
        program.name = name->text;
        program.path = head.words.size() > 2 ? head.words[2].text : "/progs/" + name->text;
        program.place = {report_.file(), head.number, name->column};
        program.doc = head.doc;
        StatementReader reader(lines_, report_);
        program.body = reader.block(at_, 1);
        scenario_.programs.push_back(std::move(program));
    }

    void use(Line const& head) {
        Word const* const name = need(head, 1, "the library's name");
        if (!name) {
            return;
        }
        auto const found = library_->find(name->text);
        if (found == library_->end()) {
            std::vector<std::string_view> known;
            for (auto const& [library_name, text] : *library_) {
                known.push_back(library_name);
            }
            if (known.empty()) {
                return report_.error(
                    head, name->column, fmt::format("no library \"{}\"", name->text),
                    "libraries are the files lib/NAME.scenario beside the scenario");
            }
            return unknown_word(head, *name, "library", known);
        }
        scenario_.uses.push_back(name->text);
        auto others = *library_; // a library may use others, but not itself
        others.erase(name->text);
        auto taken =
            parse_scenario(fmt::format("lib/{}.scenario", name->text), found->second, others);
        for (auto& program : taken.scenario.programs) {
            if (!scenario_.find_program(program.name)) {
                scenario_.programs.push_back(std::move(program));
            }
        }
        for (auto const& diagnostic : taken.diagnostics) {
            report_.error(head, name->column, to_string(diagnostic));
        }
    }

    /// `start NAME`, or the ways to begin it: `start NAME or NAME`.
    void start(Line const& head) {
        if (!scenario_.start.empty()) {
            return report_.error(head, 1, "a second start; a scenario has one",
                                 "other ways to begin it stand in the same line: start A or B");
        }
        for (std::size_t n = 1; n <= head.words.size(); n += 2) {
            Word const* const name = need(head, n, "the program that init starts");
            if (!name) {
                return;
            }
            scenario_.starts.push_back(name->text);
            if (n + 1 == head.words.size()) {
                break;
            }
            if (head.words[n + 1].text != "or") {
                return report_.error(head, head.words[n + 1].column,
                                     "expected \"or\" and another program");
            }
        }
        scenario_.start = scenario_.starts.front();
    }

    /// `expect NAME`: what must hold where init starts NAME. Stands behind the start.
    void check_expected_start(Line const& head) {
        auto const& starts = scenario_.starts;
        if (!expected_start_.empty() && std::ranges::find(starts, expected_start_) == starts.end()) {
            unknown_word(head, head.words[1], "start", {starts.begin(), starts.end()});
        }
    }

    void rows(void (Parser::*row)(Line const&)) {
        while (more(1)) {
            Line const& here = line();
            ++at_;
            (this->*row)(here);
        }
    }

    void number_row(Line const& row, int& target, int lowest, int highest) {
        Word const* const value = need(row, 1, "a number");
        if (!value) {
            return;
        }
        if (value->kind != WordKind::number || value->number < lowest || value->number > highest) {
            report_.error(row, value->column,
                          fmt::format("expected a number from {} to {}", lowest, highest));
            return;
        }
        target = static_cast<int>(value->number);
    }

    void machine_row(Line const& row) {
        std::string const& key = row.words.front().text;
        auto& machine = scenario_.machine;
        if (key == "cpus") {
            number_row(row, machine.cpus, 1, 64);
        } else if (key == "pid_max") {
            number_row(row, machine.pid_max, 301, kPidMaxLimit);
        } else if (key == "first_pid") {
            number_row(row, machine.first_pid, 2, 4194303);
        } else if (key == "kernel") {
            if (Word const* const build = need(row, 1, "a build's name")) {
                machine.build = build->text;
            }
        } else if (key == "fail") {
            failure_row(row);
        } else {
            unknown_word(row, row.words.front(), "setting of the machine",
                         {"cpus", "kernel", "pid_max", "first_pid", "fail"});
        }
    }

    void failure_row(Line const& row) {
        Word const* const function = need(row, 1, "a kernel function");
        if (!function) {
            return;
        }
        Injection injection;
        injection.function = function->text;
        injection.line = row.number;
        injection.column = function->column;
        for (std::size_t i = 2; i + 1 < row.words.size(); i += 2) {
            Word const& value = row.words[i + 1];
            if (row.words[i].text == "nth" && value.kind == WordKind::number && value.number > 0) {
                injection.nth = static_cast<int>(value.number);
            } else if (row.words[i].text == "with" && errno_number(value.text) != 0) {
                injection.error = value.text;
            } else if (row.words[i].text == "in") {
                injection.caller = value.text;
            } else {
                report_.error(row, row.words[i].column,
                              "expected \"in CALLER\", \"nth N\" or \"with ERRNO\"");
            }
        }
        scenario_.machine.failures.push_back(std::move(injection));
    }

    void trace_row(Line const& row) {
        std::string const& key = row.words.front().text;
        auto& trace = scenario_.trace;
        if (key == "current_tracer") {
            Word const* const tracer = need(row, 1, "a tracer");
            if (tracer) {
                trace.tracer = tracer->text;
                std::vector<std::string_view> const known{"function", "function_graph", "nop"};
                if (std::ranges::find(known, tracer->text) == known.end()) {
                    unknown_word(row, *tracer, "tracer", known);
                }
            }
            return;
        }
        std::vector<std::string>* list = key == "options"             ? &trace.options
                                         : key == "set_ftrace_filter" ? &trace.filter
                                         : key == "events"            ? &trace.events
                                                                      : nullptr;
        if (!list) {
            return unknown_word(row, row.words.front(), "setting of the trace",
                                {"current_tracer", "options", "set_ftrace_filter", "events"});
        }
        for (std::size_t i = 1; i < row.words.size(); ++i) {
            list->push_back(row.words[i].text);
        }
    }

    void expect_row(Line const& row) {
        if (auto expectation = read_expectation(row, report_)) {
            expectation->start = expected_start_;
            scenario_.expectations.push_back(std::move(*expectation));
        }
    }

    Report report_;
    std::vector<Line> lines_;
    std::size_t at_ = 0;
    std::string expected_start_; ///< of the `expect` block that is read
    std::map<std::string, std::string> const* library_ = nullptr;
    Scenario scenario_;
};

} // namespace

TraceSetup lecture_trace() {
    TraceSetup trace;
    trace.options = {"func_stack_trace", "sym-offset"};
    trace.filter = {"mmput",
                    "copy_process",
                    "kernel_clone",
                    "__arm64_sys_clone",
                    "__arm64_sys_clone3",
                    "release_task",
                    "do_exit",
                    "__arm64_sys_exit",
                    "do_group_exit",
                    "__arm64_sys_exit_group",
                    "do_wait",
                    "__arm64_sys_waitid",
                    "kernel_wait4",
                    "__arm64_sys_wait4",
                    "complete_signal",
                    "do_notify_parent",
                    "exit_signals",
                    "get_signal",
                    "__arm64_sys_kill",
                    "__arm64_sys_tgkill",
                    "schedule_tail",
                    "wake_up_new_task",
                    "__arm64_sys_clock_nanosleep",
                    "ksys_write",
                    "__arm64_sys_execve",
                    "exit_files"};
    trace.events = {
        "task/task_rename",         "task/task_newtask",        "signal/signal_deliver",
        "signal/signal_generate",   "sched/sched_process_exec", "sched/sched_process_fork",
        "sched/sched_process_wait", "sched/sched_process_exit", "sched/sched_process_free",
        "sched/sched_switch",       "sched/sched_wakeup_new",   "sched/sched_wakeup",
        "sched/sched_waking"};
    return trace;
}

Program const* Scenario::find_program(std::string_view name) const {
    auto const found = std::ranges::find(programs, name, &Program::name);
    return found == programs.end() ? nullptr : &*found;
}

ParseResult parse_scenario(std::string const& file, std::string_view text,
                           std::map<std::string, std::string> const& library) {
    ParseResult result = Parser(file, text).read(library);
    check_names(result.scenario, text, result.diagnostics);
    return result;
}

std::vector<std::string> used_libraries(std::string_view text) {
    Report ignored("");
    std::vector<std::string> names;
    for (auto const& line : split_lines(text, ignored)) {
        if (line.indent == 0 && line.words.size() > 1 && line.words[0].text == "use") {
            names.push_back(line.words[1].text);
        }
    }
    return names;
}

} // namespace kflow::scenario
