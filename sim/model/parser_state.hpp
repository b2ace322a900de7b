#pragma once
// Private to the parser: its state, and its parts. parser.cpp knows lines and blocks,
// parse_declaration.cpp and parse_statement.cpp what stands on one line.

#include "sim/model/cursor.hpp"
#include "sim/model/parser.hpp"
#include "sim/model/reporter.hpp"

#include <optional>

namespace kflow::model {

class Parser {
public:
    Parser(ast::File& file, std::vector<Diagnostic>& out) : file_(file), out_(out) {}
    void run();

private:
    /// Where the statements of a block are hung up.
    enum class Slot : std::uint8_t { declaration, body, otherwise, undo, failure };

    struct OpenBlock {
        Slot slot = Slot::body;
        std::uint32_t owner = ast::kNoIndex; ///< declaration or statement
        std::uint32_t last = ast::kNoIndex;  ///< its last statement so far
        std::uint32_t chain = ast::kNoIndex; ///< the if or maybe that an `else` here belongs to
        std::uint32_t arms = 0;              ///< how many arms the chain has so far
    };

    /// A block that the last line opened and that the next line may fill.
    struct Pending {
        Slot slot = Slot::body;
        std::uint32_t owner = ast::kNoIndex;
        bool required = false;
        std::string_view opener; ///< as the message names it
        std::uint32_t line = 0;
        std::uint32_t column = 0;
    };

    // parser.cpp: lines and blocks
    void line(std::string_view text, std::uint32_t number);
    void documentation(std::string_view text, std::uint32_t number, std::size_t indent);
    void begin_declaration(std::string_view text, std::uint32_t number);
    void begin_statement(std::string_view text, std::uint32_t number, std::size_t indent,
                         bool usable);
    std::size_t enter_level(std::size_t level, std::uint32_t number, std::uint32_t column);
    void close_pending();
    std::uint32_t append(ast::Statement const& statement);
    void set_block(Slot slot, std::uint32_t owner, std::uint32_t first);
    ast::Doc take_docs();
    void drop_docs();

    // parse_declaration.cpp
    bool declaration(Cursor& c, ast::Declaration& d);
    bool function_declaration(Cursor& c, ast::Declaration& d);
    bool named_declaration(Cursor& c, ast::Declaration& d);
    bool effect_roles(Cursor& c, ast::Declaration& d);
    bool owner_clause(Cursor& c, ast::Declaration& d);
    bool default_clause(Cursor& c, ast::Declaration& d);
    bool bounds(Cursor& c, ast::Range& range);
    bool bound(Cursor& c);
    bool version_bound(Cursor& c);
    std::optional<ast::Version> version(Cursor& c);

    // parse_statement.cpp
    bool statement(Cursor& c, ast::Statement& s, std::optional<Pending>& opens);
    bool keyword_statement(Cursor& c, ast::Word const& word, ast::Statement& s,
                           std::optional<Pending>& opens);
    bool else_statement(Cursor& c, ast::Statement s);
    bool call(Cursor& c, ast::Word const& name, ast::Statement& s, std::optional<Pending>& opens);
    bool via(Cursor& c, ast::Statement& s, std::optional<Pending>& opens);
    bool via_members(Cursor& c, ast::Range& range);
    bool member(Cursor& c, ast::Statement& s);
    bool via_member(Cursor& c, ast::ViaMember& member);
    bool guarded(Cursor& c, ast::Word& guard, bool& negate, ast::Range& bindings);
    bool each(Cursor& c, ast::Statement& s);
    bool maybe(Cursor& c, ast::Statement& s);
    bool failure(Cursor& c, ast::Statement& s, std::optional<Pending>& opens);
    bool undo(Cursor& c, ast::Statement& s, std::optional<Pending>& opens);
    bool tail(Cursor& c, ast::Statement& s, std::optional<Pending>& opens);
    bool bindings(Cursor& c, ast::Range& range);
    bool named(Cursor& c, ast::Word& word, std::string_view what, std::string_view example);
    bool finished(Cursor& c);

    bool error(ast::Word const& place, std::string message, std::string hint = "");
    bool is_binding_next(Cursor c) const;

    ast::File& file_;
    std::vector<Diagnostic>& out_;
    std::vector<OpenBlock> open_; ///< open_[k] takes the statements of level k + 1
    std::optional<Pending> pending_;
    std::vector<std::string_view> english_;
    std::vector<std::string_view> korean_;
    std::uint32_t doc_line_ = 0;
    std::uint32_t declaration_ = ast::kNoIndex; ///< the function or set whose body is being read
};

/// The words that begin a statement or a clause and cannot be called without `call`.
std::vector<std::string_view> const& statement_words();

} // namespace kflow::model
