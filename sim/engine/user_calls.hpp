#pragma once
// What glibc's functions hand to the kernel (glibc 2.36 on arm64): the arguments of the system call
// that a call ends in. Private to sim/engine.

#include "sim/kernel/machine.hpp"

#include <string_view>

namespace kflow::engine {

/// The arguments of `system_call` inside `function`, from those that the program gave
/// (Task::user.arguments) and what the function adds.
kernel::Arguments system_call_arguments(kernel::Machine const& machine, kernel::TaskId task,
                                        std::string_view function, std::string_view system_call);

} // namespace kflow::engine
