#include "sim/model/compile_function.hpp"

#include "sim/model/function_compiler.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kflow::model {

using Kind = ast::Statement::Kind;

void compile_function(Resolver& resolver, FunctionId function) {
    FunctionCompiler(resolver, function).run();
}

FunctionCompiler::FunctionCompiler(Resolver& resolver, FunctionId id)
    : resolver_(resolver), program_(resolver.program()), id_(id), file_(*resolver.source(id).file),
      declaration_(*resolver.source(id).declaration), entry_(here()) {}

FunctionCompiler::FunctionCompiler(FunctionCompiler const& user, FunctionSource const& set)
    : resolver_(user.resolver_), program_(user.program_), id_(user.id_), file_(*set.file),
      declaration_(*set.declaration), entry_(user.entry_), context_(user.context_) {}

void FunctionCompiler::run() {
    block(declaration_.body);
    close_body();
    if (failed_ || declaration_.broken) { // compiled all the same: to say all that is wrong with it
        undo_program();
        return;
    }
    auto& f = program_.functions[index_of(id_)];
    f.entry = entry_;
    f.size = here() - entry_;
}

/// What is wrong was reported; nobody shall run half of it.
void FunctionCompiler::undo_program() {
    code().resize(entry_);
    Instruction end;
    end.op = declaration_.noreturn ? Op::no_return : Op::ret;
    end.line = declaration_.last_line;
    add(end);
    auto& f = program_.functions[index_of(id_)];
    f.entry = entry_;
    f.size = 1;
}

void FunctionCompiler::error(ast::Word const& place, std::string message, std::string hint) {
    resolver_.report(diagnostic_at(file_, place, std::move(message), std::move(hint)));
    failed_ = true;
}

Instruction FunctionCompiler::make(Op op, ast::Statement const& s) {
    Instruction i;
    i.op = op;
    i.cleanup = in_ladder_;
    i.context = context_;
    i.line = s.line;
    i.column = s.column;
    i.doc = resolver_.doc(s.doc);
    return i;
}

Pc FunctionCompiler::add(Instruction const& instruction) {
    code().push_back(instruction);
    return here() - 1;
}

void FunctionCompiler::block(ast::Block first) {
    for (auto i = first; i != ast::kNoIndex; i = file_.statements[i].next) {
        auto const& s = file_.statements[i];
        if (resolver_.holds(file_, s.bounds)) {
            statement(s);
        } else if (s.else_if) {
            block(s.otherwise); // the chain goes on without it
        }
    }
}

/// A block whose instructions know that they stand in it.
void FunctionCompiler::inside(Context context, ast::Block first) {
    context.parent = context_;
    context_ = static_cast<std::uint32_t>(program_.contexts.size());
    program_.contexts.own().push_back(context);
    block(first);
    context_ = context.parent;
}

void FunctionCompiler::statement(ast::Statement const& s) {
    switch (s.kind) {
    case Kind::call:
        return call(s);
    case Kind::via:
        return via(s);
    case Kind::effect:
        return effect(s);
    case Kind::syscall:
        return syscall(s);
    case Kind::emit:
        return emit_event(s);
    case Kind::wait:
        return wait(s);
    case Kind::condition:
        return condition(s);
    case Kind::each:
        return each(s);
    case Kind::loop:
        return loop(s);
    case Kind::maybe:
        return maybe(s);
    case Kind::fail:
        return fail(s);
    case Kind::ret:
        return ret(s);
    case Kind::go:
        return go(s);
    case Kind::label:
        return label(s);
    case Kind::again:
    case Kind::leave:
    case Kind::next:
        return leave(s);
    case Kind::otherwise:
        return block(s.body);
    case Kind::member: // stands in sets alone
        return;
    case Kind::pass: // it has blocks only if it was something else, and wrong
        block(s.body);
        return block(s.otherwise);
    }
}

Range FunctionCompiler::bindings(ast::Range range) {
    Range const result{static_cast<std::uint32_t>(program_.bindings.size()), range.count};
    for (std::uint32_t i = 0; i < range.count; ++i) {
        auto const& b = file_.bindings[range.first + i];
        program_.bindings.own().push_back(
            {resolver_.role(b.role.text), resolver_.role(b.object.text)});
    }
    return range.empty() ? Range{} : result;
}

/// Each `role=` must be one of `known`, of Program::role_lists.
void FunctionCompiler::check_roles(ast::Range given, Range known, std::string_view what,
                                   std::string_view name) {
    auto const roles = program_.in_roles(known);
    for (std::uint32_t i = 0; i < given.count; ++i) {
        auto const& word = file_.bindings[given.first + i].role;
        auto const id = resolver_.role(word.text);
        if (std::find(roles.begin(), roles.end(), id) != roles.end()) {
            continue;
        }
        std::vector<std::string_view> names;
        for (auto const known_id : roles) {
            names.push_back(resolver_.role_name(known_id));
        }
        auto hint = suggestion(word.text, names);
        if (hint.empty()) {
            hint = names.empty() ? fmt::format("it declares no role")
                                 : fmt::format("it has {}", fmt::join(names, ", "));
        }
        error(word, fmt::format("{} \"{}\" has no role \"{}\"", what, name, word.text), hint);
    }
}

void FunctionCompiler::call(ast::Statement const& s) {
    auto const callee = resolver_.callee(file_, s.name, s.alias);
    auto const& f = program_[callee];
    if (f.has_body) {
        check_roles(s.bindings, f.roles, "function", f.name);
    }
    auto instruction = make(Op::call, s);
    instruction.subject = static_cast<std::uint32_t>(callee);
    step(s, instruction);
}

void FunctionCompiler::effect(ast::Statement const& s) {
    auto const id = resolver_.effect(file_, s.name);
    if (id == kNone<EffectId>) {
        failed_ = true;
        return;
    }
    check_roles(s.bindings, program_[id].roles, "effect", s.name.text);
    auto instruction = make(Op::effect, s);
    instruction.subject = static_cast<std::uint32_t>(id);
    step(s, instruction);
}

void FunctionCompiler::syscall(ast::Statement const& s) {
    if (tree_of(file_.path) == "linux") {
        error({{}, s.line, s.column}, "`syscall` inside the kernel",
              "it is how the user side, model/glibc, enters it");
    }
    auto instruction = make(Op::syscall, s);
    instruction.subject = static_cast<std::uint32_t>(program_.syscalls.size());
    program_.syscalls.push_back(s.name.text);
    step(s, instruction);
}

/// What a `via` could call: what stands in its braces, or the lines of its set that hold.
std::vector<ViaMember> FunctionCompiler::members_of(ast::Statement const& s) {
    std::vector<ViaMember> members;
    if (s.alias.text.empty()) {
        add_members(s, members);
        return members;
    }
    auto const set = resolver_.set(file_, s.alias);
    if (!set.declaration) {
        failed_ = true;
        return members;
    }
    FunctionCompiler in_set(*this, set);
    auto const& statements = set.file->statements;
    for (auto i = set.declaration->body; i != ast::kNoIndex; i = statements[i].next) {
        if (resolver_.holds(*set.file, statements[i].bounds)) {
            in_set.add_members(statements[i], members);
        }
    }
    failed_ = failed_ || in_set.failed_ || set.declaration->broken;
    if (members.empty()) {
        error(s.alias, fmt::format("set \"{}\" has no member in this build", s.alias.text));
    }
    return members;
}

void FunctionCompiler::add_members(ast::Statement const& s, std::vector<ViaMember>& members) {
    for (std::uint32_t i = 0; i < s.members.count; ++i) {
        auto const& m = file_.via_members[s.members.first + i];
        ViaMember member;
        if (m.name.text != "none") {
            member.callee = resolver_.callee(file_, m.name, {});
            auto const& f = program_[member.callee];
            if (f.has_body) {
                check_roles(m.bindings, f.roles, "function", f.name);
            }
        }
        member.bindings = bindings(m.bindings);
        if (!m.guard.text.empty()) {
            auto const test = branch(m.guard, m.negate, m.guard_bindings, make(Op::branch, s));
            member.guard = static_cast<GuardId>(test.subject);
            member.negate = m.negate;
            member.guard_bindings = test.bindings;
        }
        members.push_back(member);
    }
}

void FunctionCompiler::via(ast::Statement const& s) {
    auto const members = members_of(s);
    auto instruction = make(Op::via, s);
    instruction.members = {static_cast<std::uint32_t>(program_.via_members.size()),
                           static_cast<std::uint32_t>(members.size())};
    program_.via_members.insert(program_.via_members.end(), members.begin(), members.end());
    instruction.subject = static_cast<std::uint32_t>(program_.via_labels.size());
    program_.via_labels.push_back(s.name.text);
    step(s, instruction);
}

/// A call, an indirect call or an effect, with what follows its failure and what undoes it.
void FunctionCompiler::step(ast::Statement const& s, Instruction instruction) {
    instruction.bindings = bindings(s.bindings);
    auto const pc = add(instruction);
    failure(s, pc);
    if (s.undo != ast::kNoIndex) {
        add_rung(s);
    }
}

void FunctionCompiler::failure(ast::Statement const& s, Pc pc) {
    using Failing = ast::Failure::Kind;
    auto const& f = s.failure;
    if (f.kind == Failing::ignore) {
        return;
    }
    code()[pc].on_failure = OnFailure::jump;
    switch (f.kind) {
    case Failing::ret:
        code()[pc].on_failure = OnFailure::propagate;
        ladder_forbids(s);
        return;
    case Failing::fail:
        ladder_forbids(s);
        if (!f.name.text.empty()) {
            stubs_.push_back({pc, error_number(f.name), rungs_.size(), s.line, s.column});
        } else if (rungs_.empty()) {
            code()[pc].on_failure = OnFailure::propagate;
        } else {
            ladder_jumps_.push_back({pc, rungs_.size()});
        }
        return;
    case Failing::go:
        if (f.error.text.empty()) {
            jump_to_label(pc, f.name);
        } else {
            failure_elsewhere(s, pc);
        }
        return;
    case Failing::block: {
        auto over = make(Op::jump, s);
        over.doc = kNone<DocId>;
        auto const jump = add(over);
        code()[pc].target = here();
        scopes_.push_back({Scope::Kind::failure, {}, 0, {}, {}, 0});
        block(f.block);
        scopes_.pop_back();
        code()[jump].target = here();
        return;
    }
    default: {
        auto const word = f.kind == Failing::again   ? "again"
                          : f.kind == Failing::leave ? "leave"
                                                     : "next";
        if (auto* scope = target_scope(word, {word, s.line, s.column})) {
            (f.kind == Failing::leave ? scope->leaves : scope->rounds).push_back(pc);
        }
        return;
    }
    }
}

/// `else goto out ENOMEM`: the error is set on the way.
void FunctionCompiler::failure_elsewhere(ast::Statement const& s, Pc pc) {
    auto over = make(Op::jump, s);
    over.doc = kNone<DocId>;
    auto const jump = add(over);
    code()[pc].target = here();
    auto set = make(Op::set_error, s);
    set.doc = kNone<DocId>;
    set.subject = static_cast<std::uint32_t>(error_number(s.failure.error));
    add(set);
    jump_to_label(add(over), s.failure.name);
    code()[jump].target = here();
}

void FunctionCompiler::emit_event(ast::Statement const& s) {
    auto instruction = make(Op::emit, s);
    instruction.subject = static_cast<std::uint32_t>(resolver_.event(s.name.text));
    instruction.bindings = bindings(s.bindings);
    add(instruction);
}

void FunctionCompiler::check_owner(ast::Statement const& s, RoleId owner, std::string_view kind) {
    program_.role_lists.push_back(owner);
    Range const known{static_cast<std::uint32_t>(program_.role_lists.size() - 1),
                      owner == kNone<RoleId> ? 0u : 1u};
    check_roles(s.bindings, known, kind, s.name.text);
    program_.role_lists.pop_back();
}

void FunctionCompiler::wait(ast::Statement const& s) {
    auto const id = resolver_.condition(file_, s.name);
    if (id == kNone<ConditionId>) {
        failed_ = true;
        return;
    }
    check_owner(s, program_[id].owner, "condition");
    auto instruction = make(Op::wait, s);
    instruction.subject = static_cast<std::uint32_t>(id);
    instruction.bindings = bindings(s.bindings);
    add(instruction);
}

ErrnoId FunctionCompiler::error_number(ast::Word const& name) {
    if (!is_errno(name.text)) {
        error(name, fmt::format("no error is called \"{}\"", name.text),
              suggestion(name.text, errno_names()));
    }
    return resolver_.error_number(name.text);
}

void FunctionCompiler::ladder_forbids(ast::Statement const& s) {
    if (in_ladder_) {
        error({{}, s.line, s.column}, "an undo runs to its end: it cannot fail or return");
    }
}

void FunctionCompiler::fail(ast::Statement const& s) {
    ladder_forbids(s);
    if (!s.name.text.empty()) {
        auto set = make(Op::set_error, s);
        set.subject = static_cast<std::uint32_t>(error_number(s.name));
        add(set);
    } else if (std::ranges::none_of(code(), [](Instruction const& i) {
                   return i.on_failure != OnFailure::ignore || i.op == Op::set_error;
               })) {
        error({{}, s.line, s.column}, "nothing can have failed before: no error is set",
              "fail EINVAL");
    }
    if (rungs_.empty()) {
        add(make(Op::ret_error, s));
        return;
    }
    ladder_jumps_.push_back({add(make(Op::jump, s)), rungs_.size()});
}

void FunctionCompiler::ret(ast::Statement const& s) {
    ladder_forbids(s);
    if (s.success) {
        add(make(Op::set_error, s)); // kNone: success
    }
    add(make(Op::ret, s));
}

} // namespace kflow::model
