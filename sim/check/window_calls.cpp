#include "sim/check/window_calls.hpp"

#include "sim/trace/name_table.hpp"

#include <utility>

namespace kflow::check {

using model::FunctionId;

WindowCalls::WindowCalls(Evidence const& evidence)
    : program_(evidence.program), forest_(evidence.forest) {
    trace::NameTable<FunctionId> by_name;
    for (auto const name : forest_.names) {
        by_name.at(name) = program_.find_function(name.view());
    }
    functions_.reserve(forest_.calls().size());
    for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
        functions_.push_back(by_name.get(forest_[c].name));
        if (functions_[c] != model::kNone<FunctionId> && is_looked_at(c)) {
            known_.push_back(c);
        }
    }
}

bool WindowCalls::set_function(CallIndex call, FunctionId function) {
    return std::exchange(functions_[call], function) != function;
}

bool WindowCalls::is_judged(CallIndex call) const {
    return functions_[call] != model::kNone<FunctionId> && program_[functions_[call]].has_body &&
           is_looked_at(call);
}

bool WindowCalls::is_looked_at(CallIndex call) const {
    return forest_.noise[call] == 0 && forest_.has_begin(call) && !forest_.is_unfinished(call);
}

} // namespace kflow::check
