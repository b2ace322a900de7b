#include "sim/model/parser.hpp"

#include "sim/model/parser_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kflow::model {

namespace {

constexpr std::size_t kStep = 4;

std::string quoted(std::string_view text) {
    return fmt::format("`{}`", text);
}

} // namespace

std::unique_ptr<ast::File> parse(std::string path, std::string text,
                                 std::vector<Diagnostic>& diagnostics) {
    auto file = std::make_unique<ast::File>();
    file->path = std::move(path);
    file->text = std::move(text);
    file->line_starts.reserve(file->text.size() / 32 + 2);
    file->statements.reserve(file->text.size() / 48 + 2);
    Parser(*file, diagnostics).run();
    return file;
}

bool Parser::error(ast::Word const& place, std::string message, std::string hint) {
    out_.push_back(diagnostic_at(file_, place, std::move(message), std::move(hint)));
    if (declaration_ != ast::kNoIndex) {
        file_.declarations[declaration_].broken = true;
    }
    return false;
}

void Parser::run() {
    std::string_view const text = file_.text;
    std::size_t begin = 0;
    std::uint32_t number = 0;
    while (begin < text.size()) {
        std::size_t const newline = text.find('\n', begin);
        std::size_t const end = newline == std::string_view::npos ? text.size() : newline;
        file_.line_starts.push_back(static_cast<std::uint32_t>(begin));
        line(text.substr(begin, end - begin), ++number);
        begin = end + 1;
    }
    close_pending();
    drop_docs();
}

void Parser::line(std::string_view text, std::uint32_t number) {
    std::size_t indent = 0;
    while (indent < text.size() && text[indent] == ' ') {
        ++indent;
    }
    if (indent == text.size()) {
        drop_docs();
        return;
    }
    if (text[indent] == '#') {
        documentation(text, number, indent);
        return;
    }
    bool usable = true;
    for (std::size_t i = indent; i < text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x20 && byte != 0x7f) {
            continue;
        }
        ast::Word const place{text.substr(i, 1), number, static_cast<std::uint32_t>(i + 1)};
        if (text[i] == '\t') {
            usable = error(place, "a tab; indentation and gaps are spaces", "four spaces a step");
        } else if (text[i] == '\r') {
            usable = error(place, "a carriage return; lines end in a newline alone");
        } else {
            usable = error(place, fmt::format("a control character (byte {:#04x})", byte));
        }
        break;
    }
    if (!usable && text[indent] == '\t') {
        begin_statement(text, number, kStep, false);
    } else if (indent == 0) {
        begin_declaration(text, number);
    } else {
        begin_statement(without_comment(text), number, indent, usable);
    }
}

void Parser::documentation(std::string_view text, std::uint32_t number, std::size_t indent) {
    std::string_view rest = text.substr(indent);
    if (rest.substr(0, 2) != "##" || rest.substr(0, 3) == "###") {
        return; // a plain comment
    }
    rest.remove_prefix(2);
    std::size_t language = 0;
    while (language < rest.size() && rest[language] != ' ') {
        ++language;
    }
    auto const tag = rest.substr(0, language);
    rest.remove_prefix(language);
    while (!rest.empty() && rest.front() == ' ') {
        rest.remove_prefix(1);
    }
    while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\r')) {
        rest.remove_suffix(1);
    }
    doc_line_ = number;
    if (tag.empty()) {
        english_.push_back(rest);
    } else if (tag == "ko") {
        korean_.push_back(rest);
    } else {
        out_.push_back(diagnostic_at(file_, number, static_cast<std::uint32_t>(indent + 1),
                                     fmt::format("no documentation language \"{}\"", tag),
                                     "`## ` is English, `##ko ` is Korean"));
    }
}

ast::Doc Parser::take_docs() {
    auto const store = [this](std::vector<std::string_view>& lines) -> std::string_view {
        std::string_view text = lines.empty() ? std::string_view() : lines.front();
        if (lines.size() > 1) {
            text = file_.joined.emplace_back(fmt::format("{}", fmt::join(lines, "\n")));
        }
        lines.clear();
        return text;
    };
    ast::Doc doc;
    doc.english = store(english_);
    doc.korean = store(korean_);
    return doc;
}

void Parser::drop_docs() {
    if (english_.empty() && korean_.empty()) {
        return;
    }
    if (!file_.declarations.empty()) { // before the first declaration it documents the file
        out_.push_back(diagnostic_at(file_, doc_line_, 1, "this documents nothing",
                                     "`##` lines stand directly before what they document",
                                     Severity::warning));
    }
    english_.clear();
    korean_.clear();
}

void Parser::begin_declaration(std::string_view text, std::uint32_t number) {
    close_pending();
    open_.clear();
    declaration_ = ast::kNoIndex;
    auto const code = without_comment(text);
    Cursor c(code, number, 0);
    ast::Declaration d;
    d.doc = take_docs();
    d.line = d.last_line = number;
    std::size_t const errors = out_.size();
    d.broken = !declaration(c, d);
    if (!d.broken && !c.at_end()) {
        auto const rest = c.token();
        d.broken = !error(rest, fmt::format("unexpected \"{}\" behind the declaration", rest.text));
    }
    using Kind = ast::Declaration::Kind;
    bool const has_block = d.kind == Kind::function || d.kind == Kind::set;
    if (d.name.text.empty() && out_.size() != errors && !has_block) {
        return; // nothing of it is known
    }
    file_.declarations.push_back(d);
    if (has_block) {
        declaration_ = static_cast<std::uint32_t>(file_.declarations.size() - 1);
        auto const opener = d.kind == Kind::set ? "set" : "fn";
        pending_ = Pending{Slot::declaration, declaration_, !d.broken, opener, number, 1};
    }
}

void Parser::close_pending() {
    if (pending_ && pending_->required) {
        error({{}, pending_->line, pending_->column},
              fmt::format("{} without its indented block", quoted(pending_->opener)),
              pending_->opener == "set" ? "name its members, one a line"
                                        : "write `pass` if there is nothing to do");
    }
    pending_.reset();
}

std::size_t Parser::enter_level(std::size_t level, std::uint32_t number, std::uint32_t column) {
    ast::Word const place{{}, number, column};
    if (pending_ && level > open_.size()) {
        open_.push_back({pending_->slot, pending_->owner, ast::kNoIndex, ast::kNoIndex, 0});
        pending_.reset();
    } else {
        close_pending();
    }
    if (level > open_.size()) {
        if (!open_.empty()) {
            error(place, fmt::format("indented too deep: {} spaces expected", open_.size() * kStep),
                  "only a line that opens a block is followed by a deeper one");
        }
        return open_.size();
    }
    open_.resize(level);
    return level;
}

void Parser::begin_statement(std::string_view text, std::uint32_t number, std::size_t indent,
                             bool usable) {
    auto const column = static_cast<std::uint32_t>(indent + 1);
    if (declaration_ == ast::kNoIndex) {
        if (file_.declarations.empty() || !file_.declarations.back().broken) {
            error({{}, number, column}, "a statement outside a function",
                  "it belongs below a line `fn NAME`");
        }
        return;
    }
    file_.declarations[declaration_].last_line = number;
    if (usable && indent % kStep != 0) {
        usable = error({{}, number, column},
                       fmt::format("indented by {} spaces; a step is four", indent));
    }
    std::size_t const level = std::max<std::size_t>(indent / kStep, 1);
    if (enter_level(level, number, column) == 0) {
        return;
    }
    if (usable && open_.size() > kMaxDepth) {
        usable = error({{}, number, column},
                       fmt::format("blocks stand deeper than {} in one another", kMaxDepth));
    }
    Cursor c(text, number, indent);
    ast::Statement s;
    s.line = number;
    s.column = column;
    usable = usable && (c.peek() != '[' || bounds(c, s.bounds));
    s.doc = take_docs();
    bool const in_set = file_.declarations[declaration_].kind == ast::Declaration::Kind::set;
    if (usable && !in_set && c.take_word("else")) {
        if (else_statement(c, s)) {
            return;
        }
        usable = false;
    }
    std::optional<Pending> opens;
    bool const good = usable && (in_set ? member(c, s) : statement(c, s, opens));
    if (!good) {
        s.kind = ast::Statement::Kind::pass;
        opens = Pending{Slot::body, 0, false, {}, number, column};
    }
    auto const index = append(s);
    if (!good) {
        open_.back().chain = index; // so that a wrong `if` does not make its `else` wrong as well
    }
    if (opens) {
        opens->owner = index;
        pending_ = opens;
    }
}

std::uint32_t Parser::append(ast::Statement const& statement) {
    using Kind = ast::Statement::Kind;
    auto const index = static_cast<std::uint32_t>(file_.statements.size());
    file_.statements.push_back(statement);
    auto& block = open_.back();
    if (block.last == ast::kNoIndex) {
        set_block(block.slot, block.owner, index);
    } else {
        file_.statements[block.last].next = index;
    }
    block.last = index;
    bool const takes_else = statement.kind == Kind::condition || statement.kind == Kind::maybe;
    block.chain = takes_else ? index : ast::kNoIndex;
    block.arms = 0;
    return index;
}

void Parser::set_block(Slot slot, std::uint32_t owner, std::uint32_t first) {
    if (slot == Slot::declaration) {
        file_.declarations[owner].body = first;
        return;
    }
    auto& statement = file_.statements[owner];
    switch (slot) {
    case Slot::otherwise:
        statement.otherwise = first;
        break;
    case Slot::undo:
        statement.undo = first;
        break;
    case Slot::failure:
        statement.failure.block = first;
        break;
    default:
        statement.body = first;
        break;
    }
}

} // namespace kflow::model
