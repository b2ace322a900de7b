#pragma once
// Private to resolve: turns the body of one function into instructions.

#include "sim/model/ir.hpp"

namespace kflow::model {

class Resolver;

/// Appends the function's code to the resolver's program. What is wrong with it is reported there;
/// then, or if the parser found an error in it, the body is a lone return.
void compile_function(Resolver& resolver, FunctionId function);

/// Errno names that `fail` may give (include/uapi/asm-generic/errno*.h and the kernel's own of
/// include/linux/errno.h), sorted.
bool is_errno(std::string_view name);
std::vector<std::string_view> const& errno_names();

} // namespace kflow::model
