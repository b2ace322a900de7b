#pragma once
// Mappings are made in one place and given back in another: a child's address space gets a
// vm_area_struct for each mapping that dup_mmap() copies, and exit_mmap() gives them back when the
// child dies or execs. Where the capture shows both, the two numbers must agree.

#include "sim/check/conformance.hpp"
#include "sim/check/evidence.hpp"

namespace kflow::check {

/// Counts the mappings of every dup_mmap() that the capture shows with the child's own
/// exit_mmap(); adds to `result` what was counted, and a difference where the numbers disagree.
void check_mappings(Evidence const& evidence, ConformanceResult& result);

} // namespace kflow::check
