// Statements with a block: if, each, loop, maybe, and what leaves or repeats them.
#include "sim/model/function_compiler.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::model {

using Kind = ast::Statement::Kind;

void FunctionCompiler::check_guard_bindings(GuardId id, ast::Range given) {
    auto const& guard = program_[id];
    if (given.empty() || guard.scope == GuardScope::call) {
        return;
    }
    auto const& first = file_.bindings[given.first].role;
    if (guard.scope == GuardScope::system) {
        error(first,
              fmt::format("guard \"{}\" asks the whole machine and takes no role", guard.name));
        return;
    }
    for (std::uint32_t i = 0; i < given.count; ++i) {
        if (resolver_.role(file_.bindings[given.first + i].role.text) == guard.role) {
            return;
        }
    }
    error(first, fmt::format("guard \"{}\" has no role \"{}\"", guard.name, first.text),
          fmt::format("it is asked of \"{}\"", resolver_.role_name(guard.role)));
}

Instruction FunctionCompiler::branch(ast::Word const& guard, bool negate, ast::Range given,
                                     Instruction base) {
    auto const id = resolver_.guard(file_, guard);
    if (id == kNone<GuardId>) {
        failed_ = true;
    } else {
        check_guard_bindings(id, given);
    }
    base.op = Op::branch;
    base.subject = static_cast<std::uint32_t>(id);
    base.negate = negate;
    base.bindings = bindings(given);
    return base;
}

void FunctionCompiler::condition(ast::Statement const& s) {
    auto const test = branch(s.name, s.negate, s.bindings, make(Op::branch, s));
    auto const pc = add(test);
    Scope scope{Scope::Kind::condition, test, 0, {}, {}, 0};
    scopes_.push_back(scope);
    inside({0, pc, false, false}, s.body);
    scopes_.pop_back();
    otherwise(s, pc, scope);
}

/// Ends the first block of an `if` or `maybe` whose test stands at `test`, and compiles the other.
void FunctionCompiler::otherwise(ast::Statement const& s, Pc test, Scope scope) {
    if (s.otherwise == ast::kNoIndex) {
        code()[test].target = here();
        return;
    }
    auto over = make(Op::jump, s);
    over.doc = kNone<DocId>;
    auto const jump = add(over);
    code()[test].target = here();
    scope.branch.negate = !scope.branch.negate;
    scopes_.push_back(scope);
    inside({0, test, false, true}, s.otherwise);
    scopes_.pop_back();
    code()[jump].target = here();
}

void FunctionCompiler::maybe(ast::Statement const& s) {
    auto instruction = make(Op::maybe, s);
    instruction.subject = static_cast<std::uint32_t>(resolver_.reason(s.name.text));
    auto const pc = add(instruction);
    Scope scope{Scope::Kind::maybe, {}, 0, {}, {}, 0};
    scopes_.push_back(scope);
    inside({0, pc, false, false}, s.body);
    scopes_.pop_back();
    otherwise(s, pc, scope);
}

void FunctionCompiler::each(ast::Statement const& s) {
    auto const id = resolver_.collection(file_, s.name);
    if (id == kNone<CollectionId>) {
        failed_ = true;
        return;
    }
    check_owner(s, program_[id].owner, "collection");

    auto begin = make(Op::each_begin, s);
    begin.subject = static_cast<std::uint32_t>(id);
    begin.role = resolver_.role(s.alias.text.empty() ? s.name.text : s.alias.text);
    begin.slot = slots_in_use_++;
    begin.bindings = bindings(s.bindings);
    auto& slots = program_.functions[index_of(id_)].slots;
    slots = std::max(slots, slots_in_use_);
    add(begin);
    auto next = make(Op::each_next, s);
    next.doc = kNone<DocId>;
    next.role = begin.role;
    next.slot = begin.slot;
    auto const back = add(next);
    scopes_.push_back({Scope::Kind::each, {}, back, {}, {}, ++each_count_});
    inside({0, back, false, false}, s.body);
    auto scope = std::move(scopes_.back());
    scopes_.pop_back();
    --slots_in_use_;
    close_round(s, scope, back);
    code()[back].target = here();
}

void FunctionCompiler::loop(ast::Statement const& s) {
    auto const back = here();
    scopes_.push_back({Scope::Kind::loop, {}, back, {}, {}, 0});
    inside({0, back, true, false}, s.body);
    auto scope = std::move(scopes_.back());
    scopes_.pop_back();
    if (here() == back) {
        error({{}, s.line, s.column}, "a loop without a step never ends",
              "at least a call, a `leave` or a `return` belongs into it");
        return;
    }
    close_round(s, scope, back);
}

/// The way back of a loop or an each: voids the answers of the round, then jumps.
void FunctionCompiler::close_round(ast::Statement const& s, Scope& scope, Pc back) {
    for (auto const pc : scope.rounds) {
        code()[pc].target = here();
    }
    auto const guards = guards_asked(back, here());
    if (!guards.empty()) {
        auto forget = make(Op::forget, s);
        forget.doc = kNone<DocId>;
        forget.members = guards;
        add(forget);
    }
    auto jump = make(Op::jump, s);
    jump.doc = kNone<DocId>;
    jump.target = back;
    add(jump);
    for (auto const pc : scope.leaves) {
        code()[pc].target = here();
    }
}

FunctionCompiler::Scope* FunctionCompiler::target_scope(std::string_view word,
                                                        ast::Word const& place) {
    for (auto it = scopes_.rbegin(); it != scopes_.rend(); ++it) {
        if (it->kind != Scope::Kind::each && it->kind != Scope::Kind::loop) {
            continue;
        }
        if (word == "next" && it->kind == Scope::Kind::loop) {
            error(place, "`next` inside `loop`: it goes on with the next member of an `each`",
                  "`again` starts a loop over");
            return nullptr;
        }
        return &*it;
    }
    error(place, fmt::format("`{}` outside {}", word,
                             word == "next" ? "an `each`" : "a `loop` or `each`"));
    return nullptr;
}

/// `leave`, `again`, `next`.
void FunctionCompiler::leave(ast::Statement const& s) {
    auto const word = s.kind == Kind::again ? "again" : s.kind == Kind::next ? "next" : "leave";
    if (auto* scope = target_scope(word, {word, s.line, s.column})) {
        auto const pc = add(make(Op::jump, s));
        (s.kind == Kind::leave ? scope->leaves : scope->rounds).push_back(pc);
    }
}

} // namespace kflow::model
