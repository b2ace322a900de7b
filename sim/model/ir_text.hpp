#pragma once
// The flat IR as text: for tests, for the manual, for people who ask what a body compiled to.

#include "sim/model/ir.hpp"

#include <string>

namespace kflow::model {

/// A function's instructions, one a line, numbered from 0 within the function; `*` marks those of
/// the cleanup ladder.
std::string to_text(Program const& program, FunctionId function);

/// One instruction without its number; targets are relative to `base`.
std::string to_text(Program const& program, Instruction const& instruction, Pc base);

} // namespace kflow::model
