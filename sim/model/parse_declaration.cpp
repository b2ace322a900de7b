// What stands on a declaration's line, and bounds.
#include "sim/model/parser_state.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::model {

namespace {

std::vector<std::string_view> const kDeclarationWords{"fn",         "guard",     "effect",
                                                      "collection", "condition", "set"};

/// Whether every kernel that `until` admits is older than every one that `from` admits.
bool is_empty_range(ast::Version const& from, ast::Version const& until) {
    if (from.major != until.major) {
        return from.major > until.major;
    }
    if (from.minor != until.minor) {
        return from.minor > until.minor;
    }
    return from.patch >= 0 && until.patch >= 0 && from.patch > until.patch;
}

} // namespace

bool Parser::declaration(Cursor& c, ast::Declaration& d) {
    if (c.peek() == '[' && !bounds(c, d.bounds)) {
        d.kind = ast::Declaration::Kind::function; // whatever it is, its block belongs to it
        return false;
    }
    auto const word = c.token();
    if (word.text == "fn") {
        return function_declaration(c, d);
    }
    using Kind = ast::Declaration::Kind;
    if (word.text == "guard") {
        d.kind = Kind::guard;
    } else if (word.text == "effect") {
        d.kind = Kind::effect;
    } else if (word.text == "collection") {
        d.kind = Kind::collection;
    } else if (word.text == "condition") {
        d.kind = Kind::condition;
    } else if (word.text == "set") {
        d.kind = Kind::set;
        return named(c, d.name, "the set's name behind `set`", "set read_iter_functions");
    } else {
        auto hint = suggestion(word.text, kDeclarationWords);
        return error(word, fmt::format("no declaration begins with \"{}\"", word.text),
                     hint.empty() ? "at a line's start stand fn, guard, effect, collection, "
                                    "condition and set; statements are indented"
                                  : hint);
    }
    return named_declaration(c, d);
}

bool Parser::function_declaration(Cursor& c, ast::Declaration& d) {
    d.kind = ast::Declaration::Kind::function;
    if (!named(c, d.name, "the function's name behind `fn`", "fn copy_process args")) {
        return false;
    }
    d.roles.first = static_cast<std::uint32_t>(file_.words.size());
    while (!c.at_end()) {
        auto const role = c.token();
        if (role.text == "noreturn") {
            d.noreturn = true;
            continue;
        }
        if (!is_name(role.text)) {
            return error(role, fmt::format("\"{}\" is no role", role.text),
                         "behind the name stand roles, which are names, and `noreturn`");
        }
        for (std::uint32_t i = 0; i < d.roles.count; ++i) {
            if (file_.words[d.roles.first + i].text == role.text) {
                return error(role, fmt::format("role \"{}\" stands here twice", role.text));
            }
        }
        file_.words.push_back(role);
        ++d.roles.count;
    }
    return true;
}

bool Parser::named_declaration(Cursor& c, ast::Declaration& d) {
    using Kind = ast::Declaration::Kind;
    if (!named(c, d.name, "a name", "guard clone_vm of args default no")) {
        return false;
    }
    if (d.kind == Kind::effect) {
        return effect_roles(c, d);
    }
    if (c.take_word("of") && !owner_clause(c, d)) {
        return false;
    }
    return d.kind != Kind::guard || !c.take_word("default") || default_clause(c, d);
}

bool Parser::effect_roles(Cursor& c, ast::Declaration& d) {
    std::vector<ast::Word> made;
    d.roles.first = static_cast<std::uint32_t>(file_.words.size());
    while (!c.at_end()) {
        bool const is_new = c.take_word("new");
        if (is_new && c.at_end()) {
            return error(c.place(), "a role expected behind `new`", "effect fill_sighup new sig");
        }
        auto const role = c.token();
        if (!is_name(role.text) || role.text == "of") {
            return error(role, fmt::format("\"{}\" is no role", role.text),
                         "behind an effect's name stand the roles that it reads or sets, `new` "
                         "before those that it makes another thing of");
        }
        if (is_new) {
            made.push_back(role);
        }
        file_.words.push_back(role);
        ++d.roles.count;
    }
    d.made = {static_cast<std::uint32_t>(file_.words.size()),
              static_cast<std::uint32_t>(made.size())};
    file_.words.insert(file_.words.end(), made.begin(), made.end());
    return true;
}

bool Parser::owner_clause(Cursor& c, ast::Declaration& d) {
    if (!named(c, d.owner, "a role behind `of`", "guard has_seccomp of task")) {
        return false;
    }
    if (d.kind == ast::Declaration::Kind::guard) {
        using Scope = ast::Declaration::Scope;
        d.scope = d.owner.text == "system" ? Scope::system
                  : d.owner.text == "call" ? Scope::call
                                           : Scope::role;
    }
    return true;
}

bool Parser::default_clause(Cursor& c, ast::Declaration& d) {
    auto const answer = c.token();
    if (answer.text != "yes" && answer.text != "no") {
        return error(answer.text.empty() ? c.place() : answer,
                     "`yes` or `no` expected behind `default`");
    }
    d.default_yes = answer.text == "yes";
    return true;
}

bool Parser::bounds(Cursor& c, ast::Range& range) {
    c.take('[');
    range.first = static_cast<std::uint32_t>(file_.bounds.size());
    do {
        if (!bound(c)) {
            return false;
        }
    } while (c.take(','));
    range.count = static_cast<std::uint32_t>(file_.bounds.size()) - range.first;
    if (!c.take(']')) {
        return error(c.place(), "`,` or `]` expected");
    }
    if (c.at_end()) {
        return error(c.place(), "a bound stands before what it bounds, on the same line");
    }
    return true;
}

bool Parser::bound(Cursor& c) {
    bool const negated = c.take('!');
    if (!c.take_word("config")) {
        if (negated) {
            return error(c.place(), "`config` expected behind `!`", "[!config SMP]");
        }
        return version_bound(c);
    }
    ast::Bound b;
    b.kind = negated ? ast::Bound::Kind::not_config : ast::Bound::Kind::config;
    auto const name = c.name();
    b.config = name.text;
    if (name.text.empty()) {
        return error(name, "the name of a configuration option expected", "[config PREEMPT_RT]");
    }
    if (name.text.substr(0, 7) == "CONFIG_") {
        return error(name, "an option is named without CONFIG_",
                     fmt::format("[config {}]", name.text.substr(7)));
    }
    file_.bounds.push_back(b);
    return true;
}

bool Parser::version_bound(Cursor& c) {
    auto const place = c.place();
    auto const lower = version(c);
    c.skip_spaces();
    bool const dots = c.here() == '.';
    if (dots) {
        c.advance();
        if (c.here() != '.') {
            return error(place, "a version is written 6.1 or 6.1.150", "[6.1..6.11]");
        }
        c.advance();
    }
    auto const upper = dots ? version(c) : lower;
    if (!lower && !upper) {
        return error(place, "a version range or `config` expected",
                     "[6.1..6.11], [..6.11], [6.12..], [6.1], [config SMP]");
    }
    if (lower && upper && is_empty_range(*lower, *upper)) {
        return error(place, "no version is in this range: its ends are the wrong way round");
    }
    if (lower) {
        file_.bounds.push_back({ast::Bound::Kind::from, *lower, {}});
    }
    if (upper) {
        file_.bounds.push_back({ast::Bound::Kind::until, *upper, {}});
    }
    return true;
}

std::optional<ast::Version> Parser::version(Cursor& c) {
    std::size_t const begin = c.position();
    auto const number = [&c]() -> int {
        int value = -1;
        while (c.here() >= '0' && c.here() <= '9' && value < 100000) {
            value = std::max(value, 0) * 10 + (c.here() - '0');
            c.advance();
        }
        return value;
    };
    auto const dot = [&c, &number]() -> int {
        std::size_t const at = c.position();
        if (c.here() != '.') {
            return -1;
        }
        c.advance();
        int const value = number();
        if (value < 0) {
            c.set_position(at); // the first dot of `..`
        }
        return value;
    };
    c.skip_spaces();
    ast::Version v;
    v.major = number();
    v.minor = v.major < 0 ? -1 : dot();
    if (v.minor < 0) {
        c.set_position(begin);
        return std::nullopt;
    }
    v.patch = dot();
    return v;
}

} // namespace kflow::model
