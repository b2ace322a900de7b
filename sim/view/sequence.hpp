#pragma once
// (d) The messages between parent, child and kernel: a lane a process and one for the kernel, time
// from top to bottom. A lane is a line while its process lives and dotted while it is a zombie.

#include "sim/view/process_tree.hpp"

namespace kflow::view {

std::string sequence_dot(std::vector<Process> const& processes, Selection const& selection);

} // namespace kflow::view
