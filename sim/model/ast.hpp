#pragma once
// The syntax tree of one *.flow file, for all builds: what was written, with its places, nothing
// resolved yet.
//
// Nodes lie in flat pools of the File and refer to each other by index; names are views into
// File::text. So a tree of 25,000 lines costs a handful of allocations, and the whole model is
// parsed at every start.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::model::ast {

inline constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};

/// `count` entries of one of File's pools from `first` on.
struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool empty() const { return count == 0; }
};

/// A word and where it stands. Lines and columns count from 1, columns in bytes.
struct Word {
    std::string_view text;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

/// A kernel version as bounds write it; a missing patch level is -1 and means the whole series.
struct Version {
    int major = 0;
    int minor = 0;
    int patch = -1;
};

/// One condition of a bracket: `6.1..6.11`, `..6.11`, `6.12..`, `6.1`, `config X`, `!config X`.
struct Bound {
    enum class Kind : std::uint8_t { from, until, config, not_config } kind = Kind::config;
    Version version; ///< from: that version and later; until: that version (its whole series) and
                     ///< before
    std::string_view config; ///< without CONFIG_
};

/// `role=object`
struct Binding {
    Word role;
    Word object;
};

/// The documentation before a node, lines joined by a newline; empty where there is none.
struct Doc {
    std::string_view english;
    std::string_view korean;
};

/// A list of statements: the first in File::statements, the others by Statement::next. kNoIndex is
/// the empty list.
using Block = std::uint32_t;

/// What stands behind `else` of a call: what follows when it fails.
struct Failure {
    enum class Kind : std::uint8_t {
        ignore,
        fail,
        ret,
        go,
        again,
        leave,
        next,
        block
    } kind = Kind::ignore;
    Word name;              ///< fail: the errno (may be empty); go: the label
    Word error;             ///< go (the statement as well): the errno that it sets, may be empty
    Block block = kNoIndex; ///< block: the statements to run
};

/// `function role=object if guard role=object` inside the braces of `via`, or on a line of a `set`.
struct ViaMember {
    Word name; ///< `none`: the pointer is not called
    Word guard;
    bool negate = false;
    Range bindings;
    Range guard_bindings;
};

struct Statement {
    enum class Kind : std::uint8_t {
        call,
        via,
        effect,
        syscall,
        emit,
        wait,
        condition,
        each,
        loop,
        maybe,
        fail,
        ret,
        go,
        label,
        again,
        leave,
        next,
        pass,
        member,    ///< a line of a set
        otherwise, ///< an `else` with bounds: body if they hold, else otherwise
    } kind = Kind::pass;
    bool negate = false; ///< condition: `if not`
    bool else_if =
        false; ///< condition: written as `else if`, the only statement of an otherwise block
    bool has_else = false; ///< condition, maybe: an `else` was written, even if its block is empty
    bool success = false;  ///< ret: `return success`
    std::uint32_t line = 0;
    std::uint32_t column = 0; ///< of the first byte of the statement, behind its bounds
    Word name;    ///< callee, via label, effect, system call, event, condition, guard, collection,
                  ///< errno, label, reason
    Word alias;   ///< each: the role behind `as`; call: the file behind `@`; via: its set
    Range bounds; ///< of File::bounds; all must hold
    Range bindings;        ///< of File::bindings
    Range members;         ///< via without a set, member: of File::via_members
    Failure failure;       ///< call, via, effect; go: its error
    Block undo = kNoIndex; ///< call, via, effect
    Block body = kNoIndex; ///< condition, each, loop, maybe
    Block otherwise = kNoIndex;
    Doc doc;
    std::uint32_t next = kNoIndex;
};

struct Declaration {
    enum class Kind : std::uint8_t {
        function,
        guard,
        effect,
        collection,
        condition,
        set
    } kind = Kind::function;
    enum class Scope : std::uint8_t { call, role, system } scope = Scope::call;
    bool noreturn = false;
    bool default_yes = false;
    bool broken = false; ///< an error was found in it: its body is not to be trusted
    Word name;
    Word owner;  ///< guard, collection, condition: the role behind `of`
    Range roles; ///< function, effect: of File::words
    Range made;  ///< effect: those of its roles that stand behind `new`; of File::words
    Range bounds;
    Block body = kNoIndex;
    Doc doc;
    std::uint32_t line = 0;
    std::uint32_t last_line = 0; ///< of the body
};

struct File {
    std::string path; ///< below model/, e.g. "linux/kernel/fork.flow"
    std::string text;
    std::vector<std::uint32_t> line_starts; ///< offset of each line's first byte
    std::vector<Declaration> declarations;  ///< in the file's order
    std::vector<Statement> statements;
    std::vector<Binding> bindings;
    std::vector<ViaMember> via_members;
    std::vector<Bound> bounds;
    std::vector<Word> words;
    std::deque<std::string> joined; ///< documentation of more than one line
    File() = default;
    File(File const&) = delete; // its nodes view into its text
    File& operator=(File const&) = delete;
};

} // namespace kflow::model::ast
