#include "sim/model/ir_text.hpp"

#include <fmt/format.h>

namespace kflow::model {

namespace {

std::string bindings_text(Program const& p, Range range) {
    std::string text;
    for (auto const& b : p.in_bindings(range)) {
        text += fmt::format(" {}={}", p[b.role], p[b.object]);
    }
    return text;
}

std::string failure_text(Instruction const& i, Pc base) {
    switch (i.on_failure) {
    case OnFailure::ignore:
        return "";
    case OnFailure::jump:
        return fmt::format(" else {}", i.target - base);
    case OnFailure::propagate:
        return " else return";
    }
    return "";
}

std::string members_text(Program const& p, Range range) {
    std::string text;
    for (auto const& m : p.in_members(range)) {
        text += text.empty() ? "" : ", ";
        text += m.callee == kNone<FunctionId> ? "none" : p[m.callee].name;
        text += bindings_text(p, m.bindings);
        if (m.guard != kNone<GuardId>) {
            text += fmt::format(" if {}{}{}", m.negate ? "not " : "", p[m.guard].name,
                                bindings_text(p, m.guard_bindings));
        }
    }
    return text;
}

std::string guards_text(Program const& p, Range range) {
    std::string text;
    for (auto const id : p.in_guards(range)) {
        text += fmt::format(" {}", p[id].name);
    }
    return text;
}

template <typename Id>
Id subject(Instruction const& i) {
    return static_cast<Id>(i.subject);
}

} // namespace

std::string to_text(Program const& p, Instruction const& i, Pc base) {
    auto const given = bindings_text(p, i.bindings);
    auto const failure = failure_text(i, base);
    Pc const to = i.target - base;
    switch (i.op) {
    case Op::call:
        return fmt::format("call {}{}{}", p[subject<FunctionId>(i)].name, given, failure);
    case Op::via:
        return fmt::format("via {} {{{}}}{}{}", p.via_labels[i.subject], members_text(p, i.members),
                           given, failure);
    case Op::effect:
        return fmt::format("effect {}{}{}", p[subject<EffectId>(i)].name, given, failure);
    case Op::syscall:
        return fmt::format("syscall {}{}{}", p.syscalls[i.subject], given, failure);
    case Op::emit:
        return fmt::format("emit {}{}", p[subject<EventId>(i)], given);
    case Op::wait:
        return fmt::format("wait {}{}", p[subject<ConditionId>(i)].name, given);
    case Op::branch:
        return fmt::format("branch {}{}{} else {}", i.negate ? "not " : "",
                           p[subject<GuardId>(i)].name, given, to);
    case Op::maybe:
        return fmt::format("maybe else {}", to);
    case Op::jump:
        return fmt::format("jump {}", to);
    case Op::each_begin:
        return fmt::format("each_begin {} as {}{} slot {}", p[subject<CollectionId>(i)].name,
                           p[i.role], given, i.slot);
    case Op::each_next:
        return fmt::format("each_next {} slot {} else {}", p[i.role], i.slot, to);
    case Op::forget:
        return fmt::format("forget{}", guards_text(p, i.members));
    case Op::set_error:
        return subject<ErrnoId>(i) == kNone<ErrnoId>
                   ? "set_error none"
                   : fmt::format("set_error {}", p[subject<ErrnoId>(i)]);
    case Op::ret:
        return "ret";
    case Op::ret_error:
        return "ret_error";
    case Op::no_return:
        return "no_return";
    }
    return "";
}

std::string to_text(Program const& p, FunctionId function) {
    auto const& f = p[function];
    std::string text = fmt::format("fn {}", f.name);
    for (auto const role : p.in_roles(f.roles)) {
        text += fmt::format(" {}", p[role]);
    }
    text += f.noreturn ? " noreturn\n" : "\n";
    auto const body = p.body(function);
    for (std::size_t pc = 0; pc < body.size(); ++pc) {
        text += fmt::format("{:3}{} {}\n", pc, body[pc].cleanup ? '*' : ' ',
                            to_text(p, body[pc], f.entry));
    }
    return text;
}

} // namespace kflow::model
