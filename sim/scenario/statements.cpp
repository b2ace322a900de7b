#include "sim/scenario/statements.hpp"

#include "sim/scenario/verbs.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::scenario {

namespace {

std::vector<std::string_view> verb_names() {
    std::vector<std::string_view> names;
    for (auto const& verb : verbs()) {
        names.push_back(verb.name);
    }
    return names;
}

std::string did_you_mean(std::string_view word, std::vector<std::string_view> const& known) {
    auto const near = nearest_word(word, known);
    return near.empty() ? std::string{} : fmt::format("did you mean \"{}\"?", near);
}

bool is_variable(Word const& word) {
    return word.kind == WordKind::name && is_variable_name(word.text);
}

/// What is wrong with a word at a place, or an empty text.
std::string objection(Argument argument, Word const& word) {
    static std::vector<std::string_view> const wait_flags{"WNOHANG", "WUNTRACED",  "WSTOPPED",
                                                          "WEXITED", "WCONTINUED", "WNOWAIT",
                                                          "__WALL",  "__WCLONE"};
    static std::vector<std::string_view> const action_flags{
        "SA_RESTART", "SA_NOCLDWAIT", "SA_NOCLDSTOP", "SA_NODEFER", "SA_RESETHAND", "SA_SIGINFO"};
    auto const one_of = [&](std::vector<std::string_view> const& known) {
        return std::ranges::find(known, word.text) != known.end()
                   ? std::string{}
                   : fmt::format("{}{}", known.size() > 1 ? "one of " : "", fmt::join(known, ", "));
    };
    switch (argument) {
    case Argument::text:
        return word.kind == WordKind::text ? "" : "a \"text\"";
    case Argument::duration:
        return word.kind == WordKind::duration ? "" : "a duration, e.g. 3s or 50ms";
    case Argument::number:
        return word.kind == WordKind::number && word.number >= 0 ? "" : "a number";
    case Argument::process:
    case Argument::wait_target:
    case Argument::program:
        return word.kind == WordKind::name ? "" : "a name";
    case Argument::program_or_path:
        return word.kind == WordKind::name || word.kind == WordKind::text
                   ? ""
                   : "a program or a \"/path\"";
    case Argument::signal:
        return signal_number(word.text) != 0 ? "" : "a signal, e.g. SIGKILL or 9";
    case Argument::disposition:
        return one_of({"SIG_IGN", "SIG_DFL"});
    case Argument::clone_flag:
        return clone_flag_bits(word.text) != 0 ? "" : "a flag CLONE_…";
    case Argument::wait_flag:
        return one_of(wait_flags);
    case Argument::action_flag:
        return one_of(action_flags);
    case Argument::pipe:
        return one_of({"pipe"});
    case Argument::input:
        return one_of({"tty", "pipe"});
    case Argument::stream:
        return one_of({"tty", "file", "disk", "pipe"});
    case Argument::program_or_line:
        return word.kind == WordKind::name || word.kind == WordKind::text
                   ? ""
                   : "a program, a \"/path\" or a typed line";
    case Argument::text_or_line:
    case Argument::text_or_variable:
        return word.kind == WordKind::text || is_variable(word) ? "" : "a \"text\" or a typed line";
    case Argument::line:
    case Argument::variable:
        return is_variable(word) ? "" : "a name in small letters";
    case Argument::typed:
        return word.kind == WordKind::text && word.text.find('\n') + 1 == word.text.size() &&
                       !word.text.empty()
                   ? ""
                   : "one line with its end, e.g. \"exit\\n\"";
    case Argument::condition:
        return word.text == "failed" || errno_number(word.text) != 0 || is_variable(word)
                   ? ""
                   : "\"failed\", an errno or a variable";
    case Argument::fork_moment:
        return one_of({"prepare", "parent", "child"});
    case Argument::mask_change:
        return one_of({"block", "unblock"});
    case Argument::process_option:
        return one_of({"subreaper"});
    case Argument::limit:
        return one_of({"nproc"});
    case Argument::cgroup_limit:
        return one_of({"pids.max"});
    }
    return "";
}

std::vector<std::string_view> suggestions(Argument argument) {
    switch (argument) {
    case Argument::signal:
        return signal_names();
    case Argument::clone_flag:
        return clone_flag_names();
    case Argument::condition:
        return errno_names();
    default:
        return {};
    }
}

/// `signal SIGCHLD` at the end of clone and clone3: how many words it takes.
std::size_t exit_signal_words(Statement const& statement) {
    auto const& words = statement.words;
    bool const has = (statement.verb == "clone" || statement.verb == "clone3") &&
                     words.size() >= 2 && words[words.size() - 2].text == "signal";
    return has ? 2 : 0;
}

} // namespace

std::vector<Statement> StatementReader::block(std::size_t& at, int indent) {
    std::vector<Statement> statements;
    while (at < lines_.size() && lines_[at].indent >= indent) {
        Line const& line = lines_[at];
        ++at;
        if (line.indent > indent) {
            report_.error(line, line.words.front().column, "indented deeper than its block");
        }
        auto body = block(at, indent + 1);
        if (line.words.front().text == "else") {
            attach_else(line, statements, std::move(body));
            continue;
        }
        auto statement = this->statement(line);
        if (!statement) {
            continue;
        }
        statement->body = std::move(body);
        check_body(line, *statement);
        statements.push_back(std::move(*statement));
    }
    return statements;
}

void StatementReader::attach_else(Line const& line, std::vector<Statement>& to,
                                  std::vector<Statement> body) {
    if (to.empty() || to.back().verb != "if" || !to.back().otherwise.empty()) {
        report_.error(line, line.words.front().column, "an else without its if");
    } else {
        to.back().otherwise = std::move(body);
    }
}

std::optional<Statement> StatementReader::statement(Line const& line) {
    Statement statement;
    statement.line = line.number;
    statement.column = line.words.front().column;
    statement.doc = line.doc;
    std::size_t verb_at = 0;
    if (line.words.size() > 2 && line.words[1].text == "=") {
        statement.result = line.words[0].text;
        verb_at = 2;
    }
    Word const& word = line.words[verb_at];
    Verb const* const verb = find_verb(word.text);
    if (!verb || word.kind != WordKind::name) {
        report_.error(line, word.column, fmt::format("no statement \"{}\"", word.text),
                      did_you_mean(word.text, verb_names()));
        return std::nullopt;
    }
    if (!statement.result.empty() && verb->result == Presence::no) {
        report_.error(line, line.words.front().column,
                      fmt::format("\"{}\" gives no process to name", word.text));
    }
    statement.verb = word.text;
    statement.words.assign(line.words.begin() + static_cast<std::ptrdiff_t>(verb_at) + 1,
                           line.words.end());
    check_words(line, statement);
    return statement;
}

void StatementReader::check_words(Line const& line, Statement const& statement) {
    Verb const& verb = *find_verb(statement.verb);
    auto words = statement.words;
    words.resize(words.size() - exit_signal_words(statement));
    std::vector<Argument> wanted = verb.required;
    wanted.insert(wanted.end(), verb.optional.begin(), verb.optional.end());
    std::size_t taken = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (std::ranges::find(verb.keywords, words[i].text) != verb.keywords.end()) {
            continue;
        }
        if (taken >= wanted.size() && !verb.repeats) {
            report_.error(line, words[i].column,
                          fmt::format("a word too many for \"{}\"", verb.name),
                          fmt::format("for example: {}", verb.example));
            return;
        }
        Argument const argument = taken < wanted.size() ? wanted[taken] : verb.repeated;
        ++taken;
        if (auto const expected = objection(argument, words[i]); !expected.empty()) {
            report_.error(line, words[i].column, fmt::format("expected {}", expected),
                          did_you_mean(words[i].text, suggestions(argument)));
        }
    }
    if (taken < verb.required.size()) {
        report_.error(line, static_cast<int>(line.text.size()) + 1,
                      fmt::format("\"{}\" needs more words", verb.name),
                      fmt::format("for example: {}", verb.example));
    }
}

void StatementReader::check_body(Line const& line, Statement const& statement) {
    Verb const& verb = *find_verb(statement.verb);
    if (!statement.body.empty() && verb.body == Presence::no) {
        report_.error(line, statement.column, fmt::format("\"{}\" has no block", verb.name));
    }
    if (statement.body.empty() && verb.body == Presence::must) {
        report_.error(line, statement.column,
                      fmt::format("\"{}\" needs an indented block", verb.name));
    }
    if (statement.verb == "if" && statement.words.size() > 1 &&
        !is_variable(statement.words.front())) {
        report_.error(line, statement.words[1].column, "only a typed line is compared with a text",
                      "for example: line = read tty, and then: if line \"exit\"");
    }
    if (statement.verb == "fork" && !statement.body.empty() && !statement.words.empty()) {
        report_.error(line, statement.column, "a fork that names a program has no block",
                      "the child becomes that program at once");
    }
}

} // namespace kflow::scenario
