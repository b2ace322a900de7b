#pragma once
// Numbers of tasks (kernel/pid.c): given out in a circle, one in every namespace from the new
// task's up to the root.

#include "sim/kernel/machine.hpp"

namespace kflow::kernel {

/// A struct pid for `ns` and its ancestors that has no number yet (0 at every level).
PidId new_pid(Machine& machine, PidNamespaceId ns);

/// The number that `ns` would give out next, or `wanted` (0: any); 0 if none is left or it is taken.
std::int32_t free_number(Machine const& machine, PidNamespaceId ns, std::int32_t wanted);

/// Gives the pid that number at a level (0: the root namespace); false if there is none.
bool take_number(Machine& machine, PidId pid, std::size_t level, std::int32_t wanted);

/// alloc_pid(): a struct pid in `ns` and its ancestors. `wanted` asks for a number in `ns` itself
/// (0: any). Nobody if some namespace has no number left (EAGAIN), or `wanted` is taken (EEXIST).
PidId allocate_pid(Machine& machine, PidNamespaceId ns, std::int32_t wanted);

/// free_pid(): the numbers can be given out again.
void free_pid(Machine& machine, PidId pid);

/// Whether release_task() has taken the task out of the hash.
bool is_unhashed(Task const& task);

} // namespace kflow::kernel
