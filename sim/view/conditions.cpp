#include "sim/view/conditions.hpp"

#include <fmt/format.h>

namespace kflow::view {

namespace {

Condition condition_of(model::Program const& program, model::Context const& context) {
    if (context.is_loop) {
        return {"loop", {}};
    }
    auto const& test = program.code[context.test];
    if (test.op == model::Op::branch) {
        auto const& guard = program[model::GuardId{test.subject}];
        bool const negated = test.negate != context.otherwise;
        return {fmt::format("{} {}", negated ? "if not" : "if", guard.name), program[guard.doc]};
    }
    if (test.op == model::Op::each_next) {
        return {fmt::format("each {}", program[test.role]), {}};
    }
    return {context.otherwise ? "maybe not" : "maybe",
            {program[model::ReasonId{test.subject}], {}}};
}

} // namespace

std::vector<Condition> conditions_around(model::Program const& program, model::Pc pc) {
    std::vector<Condition> conditions;
    for (auto at = program.code[pc].context; at != ~std::uint32_t{0};
         at = program.contexts[at].parent) {
        conditions.push_back(condition_of(program, program.contexts[at]));
    }
    return conditions;
}

} // namespace kflow::view
