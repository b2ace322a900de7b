#pragma once
// What drawings say of a process, in words.

#include "sim/view/language.hpp"
#include "sim/view/process_history.hpp"

#include <string>

namespace kflow::view {

/// Seconds with six digits, as a trace prints them.
std::string seconds(Nanos time);

/// "bash → raspbian_proc": under which name it was born, and what it became; "?" of an unknown one.
std::string title_of(Process const& process);

/// "fork", "vfork", "thread", or "clone" with what is shared or new; what the C library asks for
/// anyway (the places where a thread id is written) is left out.
std::string clone_text(std::uint64_t flags);

/// "killed by SIGKILL", "exit 3", "exit": how it ended.
std::string ending_text(Process const& process, Language language);

/// "reaped by 158", "reaped itself"; empty of one that is not reaped.
std::string reaped_text(Process const& process, Language language);

} // namespace kflow::view
