#include "sim/check/dot.hpp"

#include <cctype>
#include <optional>

namespace kflow::check {
namespace {

struct Token {
    enum class Kind { word, punctuation, arrow, end, bad } kind = Kind::end;
    std::string text;
    int line = 1;
    int column = 1;
};

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Token next() {
        skip();
        Token token;
        token.line = line_;
        token.column = static_cast<int>(at_ - line_start_) + 1;
        if (at_ >= text_.size()) {
            return token;
        }
        auto const c = text_[at_];
        if (text_.substr(at_, 2) == "->") {
            at_ += 2;
            token.kind = Token::Kind::arrow;
            token.text = "->";
        } else if (c == '"') {
            quoted(token);
        } else if (is_word(c)) {
            token.kind = Token::Kind::word;
            while (at_ < text_.size() && is_word(text_[at_])) {
                token.text += text_[at_++];
            }
        } else {
            token.kind = std::string_view("{}[]=;,").find(c) == std::string_view::npos
                             ? Token::Kind::bad
                             : Token::Kind::punctuation;
            token.text = c;
            ++at_;
        }
        return token;
    }

private:
    static bool is_word(char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    }

    void quoted(Token& token) {
        token.kind = Token::Kind::word;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                ++at_;
            }
            newline();
            token.text += text_[at_];
        }
        if (at_ >= text_.size()) {
            token.kind = Token::Kind::bad;
            token.text = "\"";
            return;
        }
        ++at_;
    }

    void newline() {
        if (text_[at_] == '\n') {
            ++line_;
            line_start_ = at_ + 1;
        }
    }

    void skip() {
        while (at_ < text_.size()) {
            if (text_.substr(at_, 2) == "//" || text_[at_] == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') {
                    ++at_;
                }
            } else if (text_.substr(at_, 2) == "/*") {
                auto const end = text_.find("*/", at_ + 2);
                auto const stop = end == std::string_view::npos ? text_.size() : end + 2;
                for (; at_ < stop; ++at_) {
                    newline();
                }
            } else if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
                newline();
                ++at_;
            } else {
                return;
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_start_ = 0;
    int line_ = 1;
};

class Parser {
public:
    Parser(std::string_view text, std::string file) : text_(text), lexer_(text) {
        graph_.file = std::move(file);
        advance();
    }

    std::variant<DotGraph, Diagnostic> run() {
        if (!(keyword("digraph") && name(graph_.name) && punctuation("{"))) {
            return error();
        }
        while (!is("}")) {
            if (!statement()) {
                return error();
            }
        }
        advance();
        if (token_.kind != Token::Kind::end) {
            wanted_ = "the end of the file";
            return error();
        }
        return std::move(graph_);
    }

private:
    void advance() { token_ = lexer_.next(); }
    bool is(std::string_view text) const {
        return token_.kind == Token::Kind::punctuation && token_.text == text;
    }
    bool want(bool holds, std::string what) {
        if (!holds) {
            wanted_ = std::move(what);
            return false;
        }
        return true;
    }
    bool punctuation(std::string_view text) {
        if (!want(is(text), "`" + std::string(text) + "`")) {
            return false;
        }
        advance();
        return true;
    }
    bool keyword(std::string_view text) {
        auto const holds = token_.kind == Token::Kind::word && token_.text == text;
        if (!want(holds, "`" + std::string(text) + "`")) {
            return false;
        }
        advance();
        return true;
    }
    bool name(std::string& out) {
        if (!want(token_.kind == Token::Kind::word, "a name")) {
            return false;
        }
        out = token_.text;
        advance();
        return true;
    }

    std::size_t node(std::string const& node_name, int line) {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            if (graph_.nodes[i].name == node_name) {
                return i;
            }
        }
        graph_.nodes.push_back({node_name, {}, line});
        return graph_.nodes.size() - 1;
    }

    bool statement() {
        std::string first;
        auto const line = token_.line;
        if (!name(first)) {
            return false;
        }
        DotAttributes attributes;
        if (is("=")) {
            advance();
            std::string value;
            if (!name(value)) {
                return false;
            }
            graph_.attributes[first] = value;
        } else if (token_.kind == Token::Kind::arrow) {
            advance();
            std::string second;
            if (!name(second) || !list(attributes)) {
                return false;
            }
            auto const from = node(first, line);
            graph_.edges.push_back({from, node(second, line), attributes, line});
        } else {
            if (!list(attributes)) {
                return false;
            }
            if (first != "node" && first != "edge" && first != "graph") {
                auto const index = node(first, line);
                for (auto const& [key, value] : attributes) {
                    graph_.nodes[index].attributes[key] = value;
                }
            }
        }
        if (is(";")) {
            advance();
        }
        return true;
    }

    bool list(DotAttributes& out) {
        if (!is("[")) {
            return true;
        }
        advance();
        while (!is("]")) {
            std::string key;
            std::string value;
            if (!name(key) || !punctuation("=") || !name(value)) {
                return false;
            }
            out[key] = value;
            if (is(",") || is(";")) {
                advance();
            }
        }
        advance();
        return true;
    }

    Diagnostic error() const {
        Diagnostic d;
        d.place = {graph_.file, token_.line, token_.column};
        auto const found = token_.kind == Token::Kind::end ? std::string("the end of the file")
                                                           : "`" + token_.text + "`";
        d.message = "expected " + wanted_ + ", found " + found;
        std::size_t start = 0;
        for (int line = 1; line < token_.line; ++line) {
            start = text_.find('\n', start) + 1;
        }
        d.source_line = std::string(text_.substr(start, text_.find('\n', start) - start));
        return d;
    }

    std::string_view text_;
    Lexer lexer_;
    Token token_;
    DotGraph graph_;
    std::string wanted_;
};

} // namespace

std::variant<DotGraph, Diagnostic> parse_dot(std::string_view text, std::string file) {
    return Parser(text, std::move(file)).run();
}

} // namespace kflow::check
