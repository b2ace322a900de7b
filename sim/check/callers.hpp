#pragma once
// Who can call whom in one build, as stacks and `<-caller` show it: the code that holds a call, not
// the text.

#include "sim/check/mask.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace kflow::check {

/// Program and mask must outlive it.
class CallerTable {
public:
    CallerTable(model::Program const& program, Mask const& mask) : program_(program), mask_(mask) {}

    enum class Answer { yes, no, unknown };
    /// Whether the code of `caller` can call `callee` (names of functions, without suffix); unknown
    /// where the caller has no body.
    Answer calls(std::string_view caller, std::string_view callee);

private:
    using Names = std::set<std::string_view>;
    Names const& callees(model::FunctionId function);
    void collect(std::vector<model::FunctionId>& chain, Names& names,
                 std::set<model::FunctionId>& seen) const;

    model::Program const& program_;
    Mask const& mask_;
    std::map<model::FunctionId, Names> table_;
};

} // namespace kflow::check
