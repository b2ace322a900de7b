#include "sim/model/show.hpp"

#include "sim/model/cursor.hpp"
#include "sim/model/reporter.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace kflow::model {

namespace {

using Kind = ast::Statement::Kind;

constexpr std::size_t kDeepest = 12; ///< bodies shown inside one another

std::uint32_t last_line(ast::File const& file, ast::Statement const& s);

std::uint32_t last_line_of(ast::File const& file, ast::Block first, std::uint32_t line) {
    for (auto i = first; i != ast::kNoIndex; i = file.statements[i].next) {
        line = std::max(line, last_line(file, file.statements[i]));
    }
    return line;
}

std::uint32_t last_line(ast::File const& file, ast::Statement const& s) {
    std::uint32_t line = s.line;
    for (auto const block : {s.body, s.otherwise, s.undo, s.failure.block}) {
        line = last_line_of(file, block, line);
    }
    return line;
}

/// The first of the comment lines right before a line.
std::uint32_t first_doc_line(ast::File const& file, std::uint32_t line) {
    auto const is_comment = [&file](std::uint32_t number) {
        auto const text = line_text(file, number);
        auto const at = text.find_first_not_of(' ');
        return at != std::string_view::npos && text[at] == '#';
    };
    while (line > 1 && is_comment(line - 1)) {
        --line;
    }
    return line;
}

/// Gathers the lines of statements that do not hold for the target.
void omit(ast::File const& file, ast::Block first, Target const& target,
          std::set<std::uint32_t>& lines) {
    for (auto i = first; i != ast::kNoIndex; i = file.statements[i].next) {
        auto const& s = file.statements[i];
        bool const good = holds(file, s.bounds, target);
        if (!good) {
            auto const end = s.else_if ? last_line_of(file, s.body, s.line) : last_line(file, s);
            for (auto line = first_doc_line(file, s.line); line <= end; ++line) {
                lines.insert(line);
            }
        }
        for (auto const block : {s.body, s.otherwise, s.undo, s.failure.block}) {
            if (good || (s.else_if && block == s.otherwise)) {
                omit(file, block, target, lines);
            }
        }
    }
}

/// Walks over a body, and over those that are expanded inside it.
class TracedText {
public:
    TracedText(Resolution const& resolution, Target const& target, build::BuildFacts const& facts)
        : program_(resolution.program), target_(target), facts_(facts) {}

    std::string run(FoundFunction const& function) {
        auto const id =
            program_.find_function(function.declaration->name.text, function.file->path);
        text_ = fmt::format("fn {}    {}:{}  {}\n", program_[id].name, function.file->path,
                            function.declaration->line, target_.name);
        outer_ = id;
        body(id, 1);
        return text_;
    }

private:
    void body(FunctionId id, std::size_t depth) {
        stack_.push_back(id);
        auto const& file = *program_.model->files()[index_of(program_[id].file)];
        for (auto const& d : file.declarations) {
            if (d.line == program_[id].line) {
                std::map<std::string_view, int> sites;
                block(file, d.body, id, depth, sites);
            }
        }
        stack_.pop_back();
    }

    using Sites = std::map<std::string_view, int>;

    void block(ast::File const& file, ast::Block first, FunctionId in, std::size_t depth,
               Sites& sites) {
        for (auto i = first; i != ast::kNoIndex; i = file.statements[i].next) {
            statement(file, file.statements[i], in, depth, sites);
        }
    }

    void statement(ast::File const& file, ast::Statement const& s, FunctionId in, std::size_t depth,
                   Sites& sites) {
        if (!holds(file, s.bounds, target_)) {
            if (s.else_if) {
                block(file, s.otherwise, in, depth, sites);
            }
            return;
        }
        auto line = without_comment(line_text(file, s.line));
        line.remove_prefix(std::min<std::size_t>(s.column - 1, line.size()));
        if (s.kind == Kind::otherwise) {
            line = "else";
        }
        if (s.kind == Kind::call) {
            call(s, line, in, depth, sites);
        } else if (s.kind == Kind::via) {
            put(depth, line, "");
            via(s, in, depth + 1);
        } else if (s.kind != Kind::pass) {
            put(depth, line, "");
        }
        block(file, s.failure.block, in, depth + 1, sites);
        if (s.undo != ast::kNoIndex && file.statements[s.undo].line != s.line) {
            block(file, s.undo, in, depth + 1, sites);
        }
        block(file, s.body, in, depth + 1, sites);
        bool const chained = s.otherwise != ast::kNoIndex && file.statements[s.otherwise].else_if;
        if (s.otherwise != ast::kNoIndex && !chained) {
            put(depth, "else", "");
        }
        block(file, s.otherwise, in, depth + (chained ? 0 : 1), sites);
    }

    /// The instruction that a call statement of the function compiled to.
    Instruction const* instruction(FunctionId in, std::uint32_t line, Op op) const {
        for (auto const& i : program_.body(in)) {
            if (i.line == line && i.op == op) { // a step comes before what undoes it
                return &i;
            }
        }
        return nullptr;
    }

    void call(ast::Statement const& s, std::string_view line, FunctionId in, std::size_t depth,
              Sites& sites) {
        auto const* i = instruction(in, s.line, Op::call);
        if (!i) {
            put(depth, line, "");
            return;
        }
        auto const id = static_cast<FunctionId>(i->subject);
        build::Edge edge;
        edge.caller = program_[in].name;
        edge.caller_file = source(in);
        edge.callee = program_[id].name;
        edge.callee_file = source(id);
        edge.outer = program_[outer_].name;
        edge.outer_file = source(outer_);
        edge.site = ++sites[edge.callee];
        auto const seen = facts_.edge(edge);
        put(depth, line, mark(seen, id));
        if (seen.kind != build::EdgeKind::visible) {
            expand(id, depth + 1, seen.kind == build::EdgeKind::hidden);
        }
    }

    void via(ast::Statement const& s, FunctionId in, std::size_t depth) {
        auto const* i = instruction(in, s.line, Op::via);
        if (!i) {
            return;
        }
        for (auto const& member : program_.in_members(i->members)) {
            if (member.callee == kNone<FunctionId>) {
                continue;
            }
            auto const& f = program_[member.callee];
            auto const seen = facts_.called(f.name, source(member.callee));
            put(depth, f.name, mark(seen, member.callee));
            if (seen.kind != build::EdgeKind::visible) {
                expand(member.callee, depth + 1, true);
            }
        }
    }

    std::string mark(build::Visibility const& seen, FunctionId id) const {
        switch (seen.kind) {
        case build::EdgeKind::visible:
            return seen.symbol.empty() || seen.symbol == program_[id].name
                       ? ""
                       : fmt::format("[as {}]", seen.symbol);
        case build::EdgeKind::hidden:
            return "[hidden]";
        case build::EdgeKind::inlined:
            return "[inlined]";
        case build::EdgeKind::either:
            return "[inlined or called]";
        }
        return "";
    }

    void expand(FunctionId id, std::size_t depth, bool has_frame) {
        if (!program_[id].has_body || stack_.size() >= kDeepest) {
            return;
        }
        if (std::find(stack_.begin(), stack_.end(), id) != stack_.end()) {
            put(depth, "…", "[calls itself]");
            return;
        }
        auto const before = outer_;
        outer_ = has_frame ? id : outer_;
        body(id, depth);
        outer_ = before;
    }

    std::string_view source(FunctionId id) const {
        auto const& f = program_[id];
        return f.has_body ? std::string_view(program_.sources[index_of(f.file)])
                          : std::string_view();
    }

    void put(std::size_t depth, std::string_view line, std::string_view note) {
        text_ += std::string(depth * 4, ' ');
        text_ += line;
        if (!note.empty()) {
            text_ += fmt::format("    {}", note);
        }
        text_ += '\n';
    }

    Program const& program_;
    Target const& target_;
    build::BuildFacts const& facts_;
    std::string text_;
    std::vector<FunctionId> stack_;
    FunctionId outer_ = kNone<FunctionId>; ///< whose machine code the lines belong to
};

} // namespace

std::vector<FoundFunction> find_declarations(Model const& model, std::string_view name) {
    auto const at = name.find('@');
    auto const path = at == std::string_view::npos ? std::string_view() : name.substr(at + 1);
    name = name.substr(0, at);
    std::vector<FoundFunction> found;
    for (auto const& file : model.files()) {
        if (!path.empty() && short_path(file->path) != path && file->path != path) {
            continue;
        }
        for (auto const& d : file->declarations) {
            if (d.kind == ast::Declaration::Kind::function && d.name.text == name) {
                found.push_back({file.get(), &d});
            }
        }
    }
    return found;
}

std::vector<std::string_view> function_names(Model const& model) {
    std::set<std::string_view> names;
    for (auto const& file : model.files()) {
        for (auto const& d : file->declarations) {
            if (d.kind == ast::Declaration::Kind::function) {
                names.insert(d.name.text);
            }
        }
    }
    return {names.begin(), names.end()};
}

std::string show_source(FoundFunction const& function, Target const* target) {
    auto const& file = *function.file;
    auto const& d = *function.declaration;
    std::set<std::uint32_t> omitted;
    if (target) {
        omit(file, d.body, *target, omitted);
    }
    auto text = fmt::format("# {}:{}\n", file.path, d.line);
    for (auto line = first_doc_line(file, d.line); line <= d.last_line; ++line) {
        if (omitted.count(line) == 0) {
            text += fmt::format("{}\n", line_text(file, line));
        }
    }
    return text;
}

std::string show_traced(Resolution const& resolution, Target const& target,
                        build::BuildFacts const& facts, FoundFunction const& function) {
    return TracedText(resolution, target, facts).run(function);
}

std::string_view kind_name(build::Visibility const& visibility) {
    switch (visibility.kind) {
    case build::EdgeKind::visible:
        return "traced";
    case build::EdgeKind::hidden:
        return "hidden";
    case build::EdgeKind::inlined:
        return "inlined";
    case build::EdgeKind::either:
        return "either";
    }
    return "";
}

} // namespace kflow::model
