#pragma once
// System calls as registers: x8 and x0 to x5 (arch/arm64, include/uapi/asm-generic/unistd.h).

#include "sim/kernel/arguments.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace kflow::engine {

/// x8 of a system call by name; -1 if it is not known.
int system_call_number(std::string_view name);

/// x0 to x5. Addresses of user memory, that the machine does not know, are some number that is not
/// 0.
std::array<std::uint64_t, 6> registers_of(std::string_view name,
                                          kernel::Arguments const& arguments);

} // namespace kflow::engine
