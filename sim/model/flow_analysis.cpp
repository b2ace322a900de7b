#include "sim/model/flow_analysis.hpp"

namespace kflow::model {

std::vector<bool> reachable_instructions(Program const& program, FunctionId function) {
    auto const& f = program[function];
    std::vector<bool> seen(f.has_body ? f.size : 0);
    if (seen.empty()) {
        return seen;
    }
    std::vector<Pc> work{f.entry};
    seen[0] = true;
    while (!work.empty()) {
        Pc const pc = work.back();
        work.pop_back();
        for_each_successor(program, pc, [&](Pc next) {
            if (!seen[next - f.entry]) {
                seen[next - f.entry] = true;
                work.push_back(next);
            }
        });
    }
    return seen;
}

bool can_return(Program const& program, FunctionId function, std::vector<bool> const& reachable) {
    auto const body = program.body(function);
    for (std::size_t i = 0; i < body.size(); ++i) {
        bool const back = body[i].op == Op::ret || body[i].op == Op::ret_error ||
                          body[i].on_failure == OnFailure::propagate;
        if (back && reachable[i]) {
            return true;
        }
    }
    return false;
}

} // namespace kflow::model
