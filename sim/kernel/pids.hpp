#pragma once
// Numbers of tasks (kernel/pid.c): given out in a circle, one in every namespace from the new
// task's up to the root.

#include "sim/kernel/machine.hpp"

namespace kflow::kernel {

/// alloc_pid(): a struct pid in `ns` and its ancestors. `wanted` asks for a number in `ns` itself
/// (0: any). Nobody if some namespace has no number left (EAGAIN), or `wanted` is taken (EEXIST).
PidId allocate_pid(Machine& machine, PidNamespaceId ns, std::int32_t wanted);

/// free_pid(): the numbers can be given out again.
void free_pid(Machine& machine, PidId pid);

/// Whether release_task() has taken the task out of the hash.
bool is_unhashed(Task const& task);

} // namespace kflow::kernel
