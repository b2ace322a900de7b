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
    /// Whether the code of `caller` holds a call through a pointer.
    bool calls_through_pointer(std::string_view caller);

private:
    struct Callees {
        std::set<std::string_view> names;
        bool through_pointer = false;
    };
    Callees const& callees(model::FunctionId function);
    void collect(std::vector<model::FunctionId>& chain, Callees& callees,
                 std::set<model::FunctionId>& seen) const;

    model::Program const& program_;
    Mask const& mask_;
    std::map<model::FunctionId, Callees> table_;
};

} // namespace kflow::check
