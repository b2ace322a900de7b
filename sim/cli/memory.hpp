#pragma once
// The program's own memory.

namespace kflow::cli {

/// Freed memory stays the program's. Each window of a capture takes what the one before let go of:
/// given to the kernel in between, it costs a page fault a page, where pages come from a host a
/// third of a check. To be called before threads are. Without mimalloc nothing happens.
void keep_freed_memory();

} // namespace kflow::cli
