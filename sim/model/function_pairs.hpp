#pragma once
// Which function of one build is which of the other: by name, where a name is not unique by file.

#include "sim/model/build_difference.hpp"

namespace kflow::model {

/// All functions of both models, each with what is known of it; nothing is compared yet, and only
/// `reached` and `callers` are still to come.
std::vector<FunctionDifference> pair_functions(ComparedBuild const& first,
                                               ComparedBuild const& second);

/// Puts those together that got another name. `functions` must be marked as reached.
void find_renamed(std::vector<FunctionDifference>& functions, ComparedBuild const& first,
                  ComparedBuild const& second);

/// The same for calls that the tracers show: what differs for calls that both sources make.
void compare_shown(std::vector<FunctionDifference>& functions, ComparedBuild const& first,
                   ComparedBuild const& second);

} // namespace kflow::model
