#include "sim/model/conditions.hpp"

#include <fmt/format.h>

namespace kflow::model {

namespace {

Condition condition_of(Program const& program, Context const& context) {
    if (context.is_loop) {
        return {"loop", {}};
    }
    auto const& test = program.code[context.test];
    if (test.op == Op::branch) {
        auto const& guard = program[GuardId{test.subject}];
        bool const negated = test.negate != context.otherwise;
        return {fmt::format("{} {}", negated ? "if not" : "if", guard.name), program[guard.doc]};
    }
    if (test.op == Op::each_next) {
        return {fmt::format("each {}", program[test.role]), {}};
    }
    return {context.otherwise ? "maybe not" : "maybe", {program[ReasonId{test.subject}], {}}};
}

} // namespace

std::vector<Condition> conditions_around(Program const& program, Pc pc) {
    std::vector<Condition> conditions;
    for (auto at = program.code[pc].context; at != ~std::uint32_t{0};
         at = program.contexts[at].parent) {
        conditions.push_back(condition_of(program, program.contexts[at]));
    }
    return conditions;
}

} // namespace kflow::model
