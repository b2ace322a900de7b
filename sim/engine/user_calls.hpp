#pragma once
// What glibc's functions hand to the kernel (glibc 2.36 on arm64): the arguments of the system call
// that a call ends in. Private to sim/engine.

#include "sim/kernel/machine.hpp"

#include <string_view>

namespace kflow::engine {

/// The system call that a C function makes where the model has no body for the function:
/// `clone` of `fork`, `wait4` of `waitpid`. A name that is no such function is its own.
std::string_view system_call_of(std::string_view function);

/// Whether the call makes a system call at all now: printf() on a line-buffered stream without a
/// newline does not. Keeps the count of buffered bytes.
bool reaches_kernel(kernel::Machine& machine, kernel::TaskId task, std::string_view function);

/// The arguments of `system_call` inside `function`, from those that the program gave
/// (Task::user.arguments) and what the function adds.
kernel::Arguments system_call_arguments(kernel::Machine const& machine, kernel::TaskId task,
                                        std::string_view function, std::string_view system_call);

} // namespace kflow::engine
