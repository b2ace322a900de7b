#pragma once
// What the C library (glibc 2.36) keeps in a program's memory, as far as it decides which system
// calls follow. Whoever shares the memory shares it, fork copies it, exec begins anew.

#include <cstdint>
#include <string>
#include <vector>

namespace kflow::kernel {

/// The buffer of stdout (libio/fileops.c, filedoalloc.c).
struct OutputBuffer {
    std::int64_t size = 0;      ///< bytes: st_blksize of what stdout is; 0: not made yet
    bool line_buffered = false; ///< a terminal
    std::int64_t held = 0;      ///< bytes that the kernel has not been given
    std::string text;           ///< these bytes
    bool operator==(OutputBuffer const&) const = default;
};

/// pthread_atfork()'s functions: operations of the program; -1: none (posix/register-atfork.c).
struct AtforkHandler {
    std::int64_t prepare = -1;
    std::int64_t parent = -1;
    std::int64_t child = -1;
    bool operator==(AtforkHandler const&) const = default;
};

struct Library {
    OutputBuffer out;
    bool heap = false;     ///< malloc() has asked the kernel for one
    bool threaded = false; ///< a second thread was ever made: locks are taken from then on
    int threads = 1;       ///< __nptl_nthreads
    int cached_stacks = 0; ///< of ended threads, ready to be used again
    std::vector<std::uint32_t> exit_functions; ///< atexit(): operations, the oldest first
    std::vector<AtforkHandler> atfork;         ///< likewise
    int spawn_error = 0; ///< errno of a posix_spawn() child that could not execute
    bool operator==(Library const&) const = default;
};

/// Text that is being printed, as far as it is in no buffer yet.
struct PendingText {
    std::vector<std::int64_t> lines; ///< bytes of each whole line, its newline counted
    std::int64_t rest = 0;           ///< bytes behind the last newline
    bool must_flush = false;         ///< a line has ended on a line-buffered stream
    std::string text;                ///< all of these bytes

    std::int64_t bytes() const {
        auto sum = rest;
        for (auto const line : lines) {
            sum += line;
        }
        return sum;
    }
    bool operator==(PendingText const&) const = default;
};

} // namespace kflow::kernel
