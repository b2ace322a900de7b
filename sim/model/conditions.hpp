#pragma once
// Under which conditions an instruction of a body stands.

#include "sim/model/ir.hpp"

#include <string>
#include <vector>

namespace kflow::model {

struct Condition {
    std::string text; ///< "if clone_vfork", "if not has_mm", "each vma", "loop", "maybe"
    Doc doc;          ///< of the guard or the collection; of `maybe` its reason, in English
};

/// The blocks around it, the innermost first.
std::vector<Condition> conditions_around(Program const& program, Pc pc);

} // namespace kflow::model
