// Labels and goto, and the cleanup ladder that `undo` builds.
//
// The ladder stands at the function's end: the undo of the last step first, each wrapped in the
// conditions that its step stands in. A `fail` behind n steps with an undo enters at the n-th. It
// is compiled once and lies in order, so entering further down skips what was not done yet: the
// kernel's own bad_fork_cleanup_… labels (kernel/fork.c, copy_process).
#include "sim/model/function_compiler.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace kflow::model {

std::vector<std::uint32_t> FunctionCompiler::each_ids() const {
    std::vector<std::uint32_t> ids;
    for (auto const& scope : scopes_) {
        if (scope.kind == Scope::Kind::each) {
            ids.push_back(scope.each_id);
        }
    }
    return ids;
}

FunctionCompiler::LabelState& FunctionCompiler::label_state(ast::Word const& name) {
    for (auto& state : labels_) {
        if (state.name.text == name.text) {
            return state;
        }
    }
    labels_.push_back({name, kUnknown, false, 0, {}});
    return labels_.back();
}

void FunctionCompiler::label(ast::Statement const& s) {
    if (in_ladder_) {
        error(s.name, "a label inside an `undo`: nothing could go there");
        return;
    }
    auto& state = label_state(s.name);
    if (state.pc != kUnknown) {
        error(s.name, fmt::format("label \"{}\" stands here twice", s.name.text),
              fmt::format("the first is in line {}", state.name.line));
        return;
    }
    state.name = s.name;
    state.pc = here();
    state.rungs = rungs_.size();
    state.each_ids = each_ids();
}

void FunctionCompiler::jump_to_label(Pc instruction, ast::Word const& name) {
    if (in_ladder_) {
        error(name, "a `goto` inside an `undo`: it runs to its end");
        return;
    }
    label_state(name).used = true;
    label_jumps_.push_back({instruction, name, rungs_.size(), each_ids()});
}

void FunctionCompiler::go(ast::Statement const& s) {
    auto const& state = label_state(s.name);
    if (state.pc != kUnknown && !in_ladder_) { // backwards: the next round asks anew
        if (auto const guards = guards_asked(state.pc, here()); !guards.empty()) {
            auto forget = make(Op::forget, s);
            forget.members = guards;
            add(forget);
        }
    }
    if (!s.failure.error.text.empty()) {
        auto set = make(Op::set_error, s);
        set.subject = static_cast<std::uint32_t>(error_number(s.failure.error));
        add(set);
    }
    jump_to_label(add(make(Op::jump, s)), s.name);
}

Range FunctionCompiler::guards_asked(Pc begin, Pc end) {
    std::vector<GuardId> guards;
    auto const ask = [&](GuardId id) {
        if (id != kNone<GuardId> && program_[id].scope == GuardScope::call) {
            guards.push_back(id);
        }
    };
    for (Pc pc = begin; pc < end; ++pc) {
        auto const& i = code()[pc];
        if (i.op == Op::branch) {
            ask(static_cast<GuardId>(i.subject));
        } else if (i.op == Op::via) {
            for (auto const& member : program_.in_members(i.members)) {
                ask(member.guard);
            }
        }
    }
    std::sort(guards.begin(), guards.end());
    guards.erase(std::unique(guards.begin(), guards.end()), guards.end());
    Range const range{static_cast<std::uint32_t>(program_.guard_sets.size()),
                      static_cast<std::uint32_t>(guards.size())};
    program_.guard_sets.insert(program_.guard_sets.end(), guards.begin(), guards.end());
    return range;
}

void FunctionCompiler::resolve_labels() {
    for (auto const& jump : label_jumps_) {
        resolve_label(jump);
    }
    for (auto const& state : labels_) {
        if (state.pc != kUnknown) {
            resolver_.add_label({id_, state.name, state.used});
        }
    }
}

void FunctionCompiler::resolve_label(LabelJump const& jump) {
    auto const& target = label_state(jump.name);
    if (target.pc == kUnknown) {
        std::vector<std::string_view> names;
        for (auto const& state : labels_) {
            if (state.pc != kUnknown) {
                names.push_back(state.name.text);
            }
        }
        error(jump.name, fmt::format("no label \"{}\" in this function", jump.name.text),
              suggestion(jump.name.text, names));
        return;
    }
    check_label_jump(jump, target);
    auto const op = code()[jump.instruction].op;
    code()[jump.instruction].target = target.pc;
    if (op == Op::jump || target.pc > jump.instruction) {
        return;
    }
    auto const guards = guards_asked(target.pc, jump.instruction);
    if (guards.empty()) {
        return;
    }
    Instruction forget; // a failed call goes back: by way of a forget of its own
    forget.op = Op::forget;
    forget.line = jump.name.line;
    forget.column = jump.name.column;
    forget.members = guards;
    code()[jump.instruction].target = add(forget);
    Instruction back = forget;
    back.op = Op::jump;
    back.members = {};
    back.target = target.pc;
    add(back);
}

void FunctionCompiler::check_label_jump(LabelJump const& jump, LabelState const& target) {
    auto const& inner = target.each_ids;
    bool const outside = inner.size() > jump.each_ids.size() ||
                         !std::equal(inner.begin(), inner.end(), jump.each_ids.begin());
    if (outside) {
        error(jump.name, "a `goto` into an `each`: there would be no member to go on with");
        return;
    }
    bool const backwards = target.pc <= jump.instruction;
    if (backwards && target.rungs < jump.rungs) {
        error(jump.name,
              fmt::format("a `goto` back over the step of line {}, whose `undo` would be "
                          "forgotten",
                          rungs_[jump.rungs - 1].line));
        return;
    }
    if (backwards || target.rungs == jump.rungs) {
        return;
    }
    auto const fails_later = [&](auto const& site) {
        return site.instruction >= target.pc && site.rungs > jump.rungs;
    };
    if (std::any_of(ladder_jumps_.begin(), ladder_jumps_.end(), fails_later) ||
        std::any_of(stubs_.begin(), stubs_.end(), fails_later)) {
        error(
            jump.name,
            fmt::format("a `goto` over the step of line {}, whose `undo` a later `fail` would run",
                        rungs_[jump.rungs].line),
            "put the step into an `if`");
    }
}

void FunctionCompiler::add_rung(ast::Statement const& s) {
    Rung rung;
    rung.block = s.undo;
    rung.line = s.line;
    if (in_ladder_) {
        error({{}, s.line, s.column}, "an `undo` inside an `undo`");
    }
    for (auto const& scope : scopes_) {
        if (scope.kind == Scope::Kind::condition) {
            rung.branches.push_back(scope.branch);
            continue;
        }
        auto const name = scope.kind == Scope::Kind::each    ? "`each`"
                          : scope.kind == Scope::Kind::loop  ? "`loop`"
                          : scope.kind == Scope::Kind::maybe ? "`maybe`"
                                                             : "the `else` of a call";
        error({{}, s.line, s.column},
              fmt::format(
                  "an `undo` inside {}: the ladder could not know whether the step was done", name),
              "write what happens behind its own `else` instead");
        return;
    }
    rungs_.push_back(std::move(rung));
}

/// The end of the body, the stubs of `else fail ERRNO`, the ways back of failed calls, the ladder.
void FunctionCompiler::close_body() {
    Instruction end;
    end.op = declaration_.noreturn ? Op::no_return : Op::ret;
    end.line = declaration_.last_line;
    add(end);
    resolve_labels();
    for (auto const& stub : stubs_) {
        Instruction set;
        set.op = Op::set_error;
        set.subject = static_cast<std::uint32_t>(stub.error);
        set.line = stub.line;
        set.column = stub.column;
        code()[stub.instruction].target = add(set);
        Instruction jump;
        jump.op = Op::jump;
        jump.line = stub.line;
        jump.column = stub.column;
        ladder_jumps_.push_back({add(jump), stub.rungs});
    }
    if (!ladder_jumps_.empty() || !rungs_.empty()) { // also if nobody fails: to say what is wrong
        build_ladder();
    }
}

void FunctionCompiler::build_ladder() {
    in_ladder_ = true;
    scopes_.clear();
    for (std::size_t i = rungs_.size(); i-- > 0;) {
        build_rung(rungs_[i]);
    }
    Instruction end;
    end.op = Op::ret_error;
    end.line = declaration_.last_line;
    end.cleanup = true;
    auto const bottom = add(end);
    for (auto const& jump : ladder_jumps_) {
        code()[jump.instruction].target = jump.rungs == 0 ? bottom : rungs_[jump.rungs - 1].entry;
    }
}

void FunctionCompiler::build_rung(Rung& rung) {
    rung.entry = here();
    std::vector<Pc> tests;
    for (auto test : rung.branches) {
        test.cleanup = true;
        tests.push_back(add(test));
    }
    block(rung.block);
    for (auto const pc : tests) {
        code()[pc].target = here();
    }
}

} // namespace kflow::model
