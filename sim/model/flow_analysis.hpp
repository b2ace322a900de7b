#pragma once
// What can follow what inside one body: the plain control flow, guards taken as open.

#include "sim/model/ir.hpp"

#include <vector>

namespace kflow::model {

/// Calls `visit(pc)` for every instruction that can run right after `pc`, in a fixed order. A call
/// of a noreturn function, a return and no_return have none (a noreturn call that fails still has
/// its failure's target).
template <typename Visit>
void for_each_successor(Program const& program, Pc pc, Visit&& visit) {
    auto const& i = program.code[pc];
    switch (i.op) {
    case Op::call:
    case Op::via:
    case Op::effect:
    case Op::syscall: {
        bool const back = i.op != Op::call || !program[static_cast<FunctionId>(i.subject)].noreturn;
        if (back) {
            visit(pc + 1);
        }
        if (i.on_failure == OnFailure::jump) {
            visit(i.target);
        }
        return;
    }
    case Op::branch:
    case Op::maybe:
    case Op::each_next:
        visit(pc + 1);
        visit(i.target);
        return;
    case Op::jump:
        visit(i.target);
        return;
    case Op::ret:
    case Op::ret_error:
    case Op::no_return:
        return;
    default:
        visit(pc + 1);
        return;
    }
}

/// For each instruction of the body, from its entry on: whether control flow can get there.
std::vector<bool> reachable_instructions(Program const& program, FunctionId function);

/// Whether the function can come back to its caller, by return or by a failed call that is handed
/// on.
bool can_return(Program const& program, FunctionId function, std::vector<bool> const& reachable);

} // namespace kflow::model
