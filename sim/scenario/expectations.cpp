// The `expect` block, and the names that must be there for it and for the programs to make sense.
#include "sim/scenario/statements.hpp"
#include "sim/scenario/verbs.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace kflow::scenario {

namespace {

using Words = std::vector<Word>;

bool spells(Words const& words, std::size_t at, std::string_view text) {
    return at < words.size() && words[at].text == text;
}

std::optional<Expectation> read_call_failure(Words const& words) {
    bool const shaped = words.size() == 5 && spells(words, 1, "in") && spells(words, 3, "fails");
    if (!shaped || errno_number(words[4].text) == 0) {
        return std::nullopt;
    }
    Expectation e;
    e.kind = ExpectKind::call_fails;
    e.other = words[0].text;
    e.who = words[2].text;
    e.what = words[4].text;
    return e;
}

std::optional<Expectation> read_shape(Words const& words) {
    Expectation e;
    e.who = words[0].text;
    if (words.size() == 3 && spells(words, 1, "exits") && words[2].kind == WordKind::number) {
        e.kind = ExpectKind::exits;
        e.status = static_cast<int>(words[2].number);
        return e;
    }
    bool const core = spells(words, 4, "core");
    if (words.size() == (core ? 5u : 4u) && spells(words, 1, "killed") && spells(words, 2, "by") &&
        signal_number(words[3].text) != 0) {
        e.kind = ExpectKind::killed;
        e.what = words[3].text;
        e.core = core;
        return e;
    }
    if (words.size() == 3 && spells(words, 1, "gets") && signal_number(words[2].text) != 0) {
        e.kind = ExpectKind::gets;
        e.what = words[2].text;
        return e;
    }
    if (words.size() == 4 && spells(words, 1, "reaped") && spells(words, 2, "by")) {
        e.kind = ExpectKind::reaped_by;
        e.other = words[3].text;
        return e;
    }
    if (words.size() == 3 && spells(words, 1, "not") && spells(words, 2, "reaped")) {
        e.kind = ExpectKind::not_reaped;
        return e;
    }
    if (words.size() == 2 && spells(words, 1, "runs")) {
        e.kind = ExpectKind::runs;
        return e;
    }
    return read_call_failure(words);
}

/// What a name in a statement may be the name of.
enum class Named { process, program, program_or_line, line, line_or_buffer, variable };

std::optional<Named> named_by(Argument argument) {
    switch (argument) {
    case Argument::process:
    case Argument::wait_target:
        return Named::process;
    case Argument::program:
    case Argument::program_or_path:
        return Named::program;
    case Argument::program_or_line:
        return Named::program_or_line;
    case Argument::condition:
        return Named::variable;
    case Argument::line:
    case Argument::text_or_line:
        return Named::line;
    case Argument::text_or_variable:
        return Named::line_or_buffer;
    default:
        return std::nullopt;
    }
}

std::string_view kind_of(Named named) {
    switch (named) {
    case Named::process:
        return "process";
    case Named::program:
        return "program";
    case Named::program_or_line:
        return "program or typed line";
    case Named::line:
        return "typed line";
    case Named::line_or_buffer:
        return "typed line or buffer";
    case Named::variable:
        return "variable";
    }
    return "";
}

/// Collects what a program's statements name and set.
struct Names {
    std::set<std::string> results;
    std::set<std::string> lines;   ///< that `read tty` set
    std::set<std::string> buffers; ///< that `append` fills
    struct Use {
        std::string name;
        Named as = Named::process;
        int line = 0;
        int column = 0;
    };
    std::vector<Use> uses;

    /// What a use may be the name of, among the program's variables.
    std::set<std::string> fitting(Named as) const {
        switch (as) {
        case Named::program:
            return {};
        case Named::program_or_line:
        case Named::line:
            return lines;
        case Named::line_or_buffer: {
            auto both = lines;
            both.insert(buffers.begin(), buffers.end());
            return both;
        }
        default:
            return results;
        }
    }

    void collect(std::vector<Statement> const& statements) {
        for (auto const& statement : statements) {
            if (!statement.result.empty()) {
                results.insert(statement.result);
                if (statement.verb == "read") {
                    lines.insert(statement.result);
                }
            }
            if (statement.verb == "append" && statement.words.size() > 1) {
                buffers.insert(statement.words[1].text);
            }
            collect_words(statement);
            collect(statement.body);
            collect(statement.otherwise);
        }
    }

    void collect_words(Statement const& statement) {
        Verb const& verb = *find_verb(statement.verb);
        std::vector<Argument> wanted = verb.required;
        wanted.insert(wanted.end(), verb.optional.begin(), verb.optional.end());
        std::size_t taken = 0;
        for (auto const& word : statement.words) {
            if (std::ranges::find(verb.keywords, word.text) != verb.keywords.end() ||
                taken >= wanted.size()) {
                continue;
            }
            Argument const argument = wanted[taken++];
            if (argument == Argument::variable) {
                results.insert(word.text);
            }
            auto as = named_by(argument);
            if (statement.verb == "if" && statement.words.size() > 1) {
                as = argument == Argument::condition ? std::optional(Named::line) : std::nullopt;
            }
            bool const constant =
                argument == Argument::condition && !is_variable_name(word.text);
            if (as && word.kind == WordKind::name && !constant) {
                uses.push_back({word.text, *as, statement.line, word.column});
            }
        }
    }
};

std::string line_of(std::string_view text, int number) {
    for (int i = 1; i < number; ++i) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    return std::string(text.substr(0, text.find('\n')));
}

bool is_special(std::string_view name) {
    static std::set<std::string_view> const special{"self", "parent", "any", "group", "init"};
    return special.contains(name);
}

class NameCheck {
public:
    NameCheck(Scenario const& scenario, std::string_view text, std::vector<Diagnostic>& out)
        : scenario_(scenario), text_(text), out_(out) {}

    void run() {
        std::set<std::string> everything;
        for (auto const& program : scenario_.programs) {
            Names names;
            names.collect(program.body);
            everything.insert(names.results.begin(), names.results.end());
            everything.insert(program.name);
            if (program.place.file == scenario_.file) {
                check_program(names);
            }
        }
        check_start();
        for (auto const& expectation : scenario_.expectations) {
            bool const known = everything.contains(expectation.who);
            if (!known) {
                complain(expectation.place.line, expectation.place.column, "process or program",
                         expectation.who, {everything.begin(), everything.end()});
            }
        }
    }

private:
    void check_program(Names const& names) {
        for (auto const& use : names.uses) {
            bool const program = use.as == Named::program || use.as == Named::program_or_line;
            auto const variables = names.fitting(use.as);
            bool const variable = variables.contains(use.name);
            bool const special = use.as == Named::process && is_special(use.name);
            if ((program && scenario_.find_program(use.name)) || variable || special) {
                continue;
            }
            auto known = program ? program_names() : std::vector<std::string>{};
            known.insert(known.end(), variables.begin(), variables.end());
            complain(use.line, use.column, kind_of(use.as), use.name, known);
        }
    }

    void check_start() {
        if (scenario_.start.empty()) {
            if (scenario_.expectations.empty() && !scenario_.programs.empty()) {
                return; // a library
            }
            out_.push_back(no_start(scenario_.file));
        }
        for (auto const& start : scenario_.starts) {
            if (!scenario_.find_program(start)) {
                out_.push_back({Severity::error,
                                {scenario_.file, 0, 0},
                                fmt::format("start: no program \"{}\"", start),
                                "",
                                hint(start, program_names())});
            }
        }
    }

    std::vector<std::string> program_names() const {
        std::vector<std::string> names;
        for (auto const& program : scenario_.programs) {
            names.push_back(program.name);
        }
        return names;
    }

    static std::string hint(std::string_view name, std::vector<std::string> const& known) {
        auto const near = nearest_word(name, {known.begin(), known.end()});
        return near.empty() ? std::string{} : fmt::format("did you mean \"{}\"?", near);
    }

    void complain(int line, int column, std::string_view kind, std::string const& name,
                  std::vector<std::string> const& known) {
        out_.push_back({Severity::error,
                        {scenario_.file, line, column},
                        fmt::format("no {} \"{}\"", kind, name),
                        line_of(text_, line),
                        hint(name, known)});
    }

    Scenario const& scenario_;
    std::string_view text_;
    std::vector<Diagnostic>& out_;
};

} // namespace

std::optional<Expectation> read_expectation(Line const& line, Report& report) {
    auto expectation = read_shape(line.words);
    if (!expectation) {
        report.error(line, line.words.front().column, "not an expectation",
                     "for example: child exits 7, child killed by SIGKILL, parent gets SIGCHLD, "
                     "child reaped by "
                     "parent, child not reaped, child runs, fork in NAME fails EAGAIN");
        return std::nullopt;
    }
    expectation->place = {report.file(), line.number, line.words.front().column};
    return expectation;
}

Diagnostic no_start(std::string const& file) {
    return {Severity::error,
            {file, 0, 0},
            "no start: which program does init start?",
            "",
            "add a line, for example: start bash"};
}

void check_names(Scenario const& scenario, std::string_view text,
                 std::vector<Diagnostic>& diagnostics) {
    NameCheck(scenario, text, diagnostics).run();
}

} // namespace kflow::scenario
