// What stands on a statement's line.
#include "sim/model/parser_state.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::model {

using Kind = ast::Statement::Kind;

std::vector<std::string_view> const& statement_words() {
    static std::vector<std::string_view> const words{
        "if",     "else", "each", "loop",  "maybe", "do",   "emit", "wait", "via",    "fail",
        "return", "goto", "pass", "again", "leave", "next", "undo", "call", "syscall"};
    return words;
}

bool Parser::named(Cursor& c, ast::Word& word, std::string_view what, std::string_view example) {
    word = c.name();
    if (is_name(word.text) &&
        (c.here() == '\0' || c.here() == ' ' || c.here() == '}' || c.here() == ',')) {
        return true;
    }
    if (word.text.empty()) {
        return error(c.place(), fmt::format("{} expected", what), std::string(example));
    }
    c.set_position(word.column - 1);
    word = c.token();
    return error(word, fmt::format("{} expected, not \"{}\"", what, word.text),
                 std::string(example));
}

bool Parser::finished(Cursor& c) {
    if (c.at_end()) {
        return true;
    }
    auto const rest = c.token();
    return error(rest, fmt::format("unexpected \"{}\" behind the statement", rest.text),
                 "one statement a line");
}

bool Parser::statement(Cursor& c, ast::Statement& s, std::optional<Pending>& opens) {
    auto const word = c.name();
    s.column = word.column;
    if (c.here() == ':') {
        c.advance();
        s.kind = Kind::label;
        s.name = word;
        return is_name(word.text) ? finished(c) : error(word, "a label's name expected before `:`");
    }
    auto const& words = statement_words();
    if (std::find(words.begin(), words.end(), word.text) != words.end()) {
        return keyword_statement(c, word, s, opens) && finished(c);
    }
    if (!is_name(word.text)) {
        c.set_position(word.column - 1);
        return error(word, fmt::format("a statement expected, not \"{}\"", c.token().text));
    }
    return call(c, word, s, opens) && finished(c);
}

bool Parser::keyword_statement(Cursor& c, ast::Word const& word, ast::Statement& s,
                               std::optional<Pending>& opens) {
    auto const text = word.text;
    auto const block = [&](Kind kind) {
        s.kind = kind;
        opens = Pending{Slot::body, 0, true, text, word.line, word.column};
        return true;
    };
    auto const simple = [&](Kind kind) {
        s.kind = kind;
        return true;
    };
    if (text == "if") {
        return block(Kind::condition) && guarded(c, s.name, s.negate, s.bindings);
    }
    if (text == "each") {
        return block(Kind::each) && each(c, s);
    }
    if (text == "loop") {
        return block(Kind::loop);
    }
    if (text == "maybe") {
        return block(Kind::maybe) && maybe(c, s);
    }
    if (text == "do") {
        s.kind = Kind::effect;
        return named(c, s.name, "an effect behind `do`", "do alloc_task child=child") &&
               bindings(c, s.bindings) && tail(c, s, opens);
    }
    if (text == "syscall") {
        s.kind = Kind::syscall;
        return named(c, s.name, "a system call's name behind `syscall`", "syscall clone") &&
               bindings(c, s.bindings) && tail(c, s, opens);
    }
    if (text == "emit") {
        s.kind = Kind::emit;
        return named(c, s.name, "a tracepoint behind `emit`", "emit sched_process_fork") &&
               bindings(c, s.bindings);
    }
    if (text == "wait") {
        s.kind = Kind::wait;
        return named(c, s.name, "a condition behind `wait`", "wait child_event") &&
               bindings(c, s.bindings);
    }
    if (text == "via") {
        return via(c, s, opens);
    }
    if (text == "call") {
        ast::Word name;
        return named(c, name, "a function behind `call`", "call wait") && call(c, name, s, opens);
    }
    if (text == "fail") {
        s.kind = Kind::fail;
        s.name = c.name();
        return true;
    }
    if (text == "return") {
        s.success = c.take_word("success");
        return simple(Kind::ret);
    }
    if (text == "goto") {
        s.kind = Kind::go;
        if (!named(c, s.name, "a label behind `goto`", "goto out")) {
            return false;
        }
        if (!c.at_end()) {
            s.failure.error = c.name();
        }
        return true;
    }
    if (text == "undo") {
        return error(word, "`undo` stands behind the step that it undoes",
                     "copy_fs else fail undo exit_fs");
    }
    return simple(text == "again"   ? Kind::again
                  : text == "leave" ? Kind::leave
                  : text == "next"  ? Kind::next
                                    : Kind::pass);
}

/// `else`, `else if …`, each with or without bounds: hung up at the `if` or `maybe` before it.
bool Parser::else_statement(Cursor& c, ast::Statement s) {
    auto& block = open_.back();
    if (block.chain == ast::kNoIndex) {
        return error({"else", s.line, s.column}, "`else` without an `if` or `maybe` before it",
                     "it stands at the indentation of its `if`");
    }
    auto const owner = block.chain;
    file_.statements[owner].has_else = true;
    if (file_.statements[owner].kind == Kind::pass) { // was wrong: what follows is read, no more
        pending_ = Pending{Slot::otherwise, owner, false, "else", s.line, s.column};
        return true;
    }
    if (++block.arms > kMaxArms) {
        return error({"else", s.line, s.column},
                     fmt::format("more than {} arms behind one `if`", kMaxArms));
    }
    bool const tests = c.take_word("if");
    if (!tests && s.bounds.empty()) {
        bool const good = finished(c);
        block.chain = ast::kNoIndex;
        pending_ = Pending{Slot::otherwise, owner, good, "else", s.line, s.column};
        return true;
    }
    s.kind = tests ? Kind::condition : Kind::otherwise;
    s.else_if = true;
    bool const good = (!tests || guarded(c, s.name, s.negate, s.bindings)) && finished(c);
    auto const index = static_cast<std::uint32_t>(file_.statements.size());
    file_.statements.push_back(s);
    file_.statements[owner].otherwise = index;
    block.chain = index;
    pending_ = Pending{Slot::body, index, good, tests ? "else if" : "else", s.line, s.column};
    return true;
}

bool Parser::guarded(Cursor& c, ast::Word& guard, bool& negate, ast::Range& range) {
    negate = c.take_word("not");
    if (!named(c, guard, "a guard behind `if`", "if clone_vm") || !bindings(c, range)) {
        return false;
    }
    if (Cursor rest = c; !rest.at_end()) {
        auto const word = rest.token();
        if (word.text == "and" || word.text == "or" || word.text == "&&" || word.text == "||") {
            return error(word, "one guard a line: there are no expressions",
                         "put an `if` inside the other, or declare one guard that asks it all");
        }
    }
    return true;
}

bool Parser::each(Cursor& c, ast::Statement& s) {
    if (!named(c, s.name, "a collection behind `each`", "each thread as other")) {
        return false;
    }
    if (!bindings(c, s.bindings)) {
        return false;
    }
    if (!c.take_word("as")) {
        return true;
    }
    if (!named(c, s.alias, "a role behind `as`", "each thread as other")) {
        return false;
    }
    if (s.alias.text == "current") {
        return error(s.alias, "`current` is always the running task and cannot be bound");
    }
    return !s.bindings.empty() || bindings(c, s.bindings);
}

bool Parser::maybe(Cursor& c, ast::Statement& s) {
    if (!c.take('"')) {
        return error(c.place(), "the reason expected behind `maybe`, in quotes",
                     "maybe \"the allocator's state is not in the capture\"");
    }
    s.name = c.until("\"");
    if (!c.take('"')) {
        return error(s.name, "the reason has no closing quote");
    }
    return !s.name.text.empty() || error(s.name, "`maybe` needs a reason");
}

bool Parser::call(Cursor& c, ast::Word const& name, ast::Statement& s,
                  std::optional<Pending>& opens) {
    s.kind = Kind::call;
    s.name = name;
    if (c.here() == '@') {
        c.advance();
        s.alias = c.token();
        if (s.alias.text.empty()) {
            return error(c.place(), "a file expected behind `@`", "release_task@kernel/exit");
        }
    }
    bool const clean = c.here() == '\0' || c.here() == ' ';
    if (!clean && c.here() != '@' && s.alias.text.empty()) {
        c.set_position(name.column - 1);
        auto const token = c.token();
        bool const call_like = token.text.find('(') != std::string_view::npos;
        return error(token, fmt::format("\"{}\" is no name of a function", token.text),
                     call_like ? "a call is the name alone, without ( )" : "");
    }
    if (!bindings(c, s.bindings)) {
        return false;
    }
    if (Cursor rest = c; !rest.at_end() && !rest.take_word("else") && !rest.take_word("undo")) {
        auto const word = rest.token();
        auto hint = suggestion(name.text, statement_words());
        if (hint.empty()) {
            hint = suggestion(word.text, {"else", "undo"});
        }
        return error(word,
                     fmt::format("`role=object`, `else` or `undo` expected, not \"{}\"", word.text),
                     hint);
    }
    return tail(c, s, opens);
}

bool Parser::is_binding_next(Cursor c) const {
    if (c.at_end()) {
        return false;
    }
    c.name();
    c.skip_spaces();
    return c.here() == '=';
}

bool Parser::bindings(Cursor& c, ast::Range& range) {
    range.first = static_cast<std::uint32_t>(file_.bindings.size());
    while (is_binding_next(c)) {
        ast::Binding b;
        b.role = c.name();
        bool const spaced = c.here() == ' ';
        c.take('=');
        bool const gap = c.here() == ' ';
        b.object = c.name();
        if (spaced || gap || !is_name(b.role.text) || !is_name(b.object.text)) {
            return error(b.role, "a binding is written role=object, two names without spaces",
                         "put_pid pid=old");
        }
        if (b.role.text == "current") {
            return error(b.role, "`current` is always the running task and cannot be bound");
        }
        for (std::uint32_t i = 0; i < range.count; ++i) {
            if (file_.bindings[range.first + i].role.text == b.role.text) {
                return error(b.role, fmt::format("role \"{}\" is bound twice", b.role.text));
            }
        }
        file_.bindings.push_back(b);
        ++range.count;
    }
    return true;
}

bool Parser::tail(Cursor& c, ast::Statement& s, std::optional<Pending>& opens) {
    if (c.take_word("else") && !failure(c, s, opens)) {
        return false;
    }
    return !c.take_word("undo") || undo(c, s, opens);
}

bool Parser::failure(Cursor& c, ast::Statement& s, std::optional<Pending>& opens) {
    using Failing = ast::Failure::Kind;
    auto const place = c.place();
    if (c.at_end()) {
        s.failure.kind = Failing::block;
        opens = Pending{Slot::failure, 0, true, "else", place.line, s.column};
        return true;
    }
    if (c.take_word("fail")) {
        s.failure.kind = Failing::fail;
        if (Cursor rest = c; !rest.at_end() && !rest.take_word("undo")) {
            s.failure.name = c.name();
        }
        return true;
    }
    if (c.take_word("goto")) {
        s.failure.kind = Failing::go;
        if (!named(c, s.failure.name, "a label behind `goto`", "alloc_pid else goto out")) {
            return false;
        }
        if (Cursor rest = c; !rest.at_end() && !rest.take_word("undo")) {
            s.failure.error = c.name();
        }
        return true;
    }
    auto const word = c.token();
    s.failure.kind = word.text == "return"  ? Failing::ret
                     : word.text == "again" ? Failing::again
                     : word.text == "leave" ? Failing::leave
                     : word.text == "next"  ? Failing::next
                                            : Failing::ignore;
    return s.failure.kind != Failing::ignore ||
           error(word,
                 fmt::format("`fail`, `return`, `goto`, `again`, `leave`, `next` or a block "
                             "expected behind `else`, not \"{}\"",
                             word.text),
                 suggestion(word.text, {"fail", "return", "goto", "again", "leave", "next"}));
}

bool Parser::undo(Cursor& c, ast::Statement& s, std::optional<Pending>& opens) {
    if (c.at_end()) {
        if (opens) {
            return error(c.place(), "a block for `else` and one for `undo` do not both fit",
                         "name the undo on the line");
        }
        opens = Pending{Slot::undo, 0, true, "undo", s.line, s.column};
        return true;
    }
    std::uint32_t last = ast::kNoIndex;
    do {
        ast::Statement u;
        u.kind = c.take_word("do") ? Kind::effect : Kind::call;
        u.line = s.line;
        if (!named(c, u.name, "what undoes it", "copy_fs else fail undo exit_fs") ||
            !bindings(c, u.bindings)) {
            return false;
        }
        u.column = u.name.column;
        auto const index = static_cast<std::uint32_t>(file_.statements.size());
        file_.statements.push_back(u);
        (last == ast::kNoIndex ? s.undo : file_.statements[last].next) = index;
        last = index;
    } while (c.take(','));
    return true;
}

bool Parser::via(Cursor& c, ast::Statement& s, std::optional<Pending>& opens) {
    s.kind = Kind::via;
    auto begin = c;
    s.name = c.until("{");
    bool const has_braces = c.take('{');
    if (!has_braces) {
        c = begin;
        s.name = c.until(" in ");
    }
    if (s.name.text.empty()) {
        return error(begin.place(), "the pointer's name expected behind `via`",
                     "via ss->fork {cpuset_fork, freezer_fork}");
    }
    if (!has_braces && !c.take_word("in")) {
        return error(c.place(), "`via` needs its set: a bare pointer would accept anything",
                     "via ss->fork {cpuset_fork, freezer_fork}, or via ss->fork in NAME_OF_A_SET");
    }
    bool const has_set = has_braces
                             ? via_members(c, s.members)
                             : named(c, s.alias, "a set's name behind `in`", "in fork_functions");
    return has_set && bindings(c, s.bindings) && tail(c, s, opens);
}

bool Parser::via_members(Cursor& c, ast::Range& range) {
    std::vector<ast::ViaMember> members;
    if (c.peek() == '}') {
        return error(c.place(), "an empty set: nothing could be called", "name them, or `none`");
    }
    do {
        if (!via_member(c, members.emplace_back())) {
            return false;
        }
    } while (c.take(','));
    if (!c.take('}')) {
        return error(c.place(), "`,` or `}` expected");
    }
    range.first = static_cast<std::uint32_t>(file_.via_members.size());
    range.count = static_cast<std::uint32_t>(members.size());
    file_.via_members.insert(file_.via_members.end(), members.begin(), members.end());
    return true;
}

/// A line of a set.
bool Parser::member(Cursor& c, ast::Statement& s) {
    s.kind = Kind::member;
    s.members = {static_cast<std::uint32_t>(file_.via_members.size()), 1};
    ast::ViaMember member;
    if (!via_member(c, member)) {
        return false;
    }
    file_.via_members.push_back(member);
    return finished(c);
}

bool Parser::via_member(Cursor& c, ast::ViaMember& member) {
    if (!named(c, member.name, "a function of the set", "{cpuset_fork, freezer_fork, none}") ||
        !bindings(c, member.bindings)) {
        return false;
    }
    if (!c.take_word("if")) {
        return true;
    }
    member.negate = c.take_word("not");
    return named(c, member.guard, "a guard behind `if`", "{a if g, b}") &&
           bindings(c, member.guard_bindings);
}

} // namespace kflow::model
