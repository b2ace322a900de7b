#pragma once
// What a fork copies, its child gives back at its end: the mappings of an address space are
// counted.

#include "sim/check/conformance_result.hpp"
#include "sim/check/evidence.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace kflow::check {

/// Follows the children of forks from window to window.
class Mappings {
public:
    /// The next window. Counts that the child vouches for are marked as known, others differ.
    void check(Evidence const& evidence, ConformanceResult& result);

private:
    /// What became of the mappings of one child.
    struct Ledger {
        std::int32_t child = 0;
        std::uint32_t born = 0; ///< the child's life
        /// The birth of the first task that the child lets into its address space.
        std::uint32_t shared = ~std::uint32_t{0};
        std::uint32_t line = 0; ///< of the call that copies
        trace::Name copier;
        std::uint64_t copied = 0; ///< by dup_mmap()
        std::uint64_t made = 0;   ///< by the child, before its exit_mmap()
        std::uint64_t taken = 0;  ///< likewise
        std::uint64_t rest = 0;   ///< by its exit_mmap()
        bool begun = false;       ///< a call of the child was seen
        bool ending = false;      ///< its exit_mmap() was
        std::uint32_t end = 0;    ///< that: its first and last event, and its line
        std::uint32_t end_last = 0;
        std::uint32_t end_line = 0;
        bool end_returned = false;
        std::vector<std::size_t> counts; ///< what the copier's walk counted, in the result
    };
    enum class Step { goes_on, done, lost };

    void open_ledgers(Evidence const& evidence, ConformanceResult const& result);
    void note_sharers(Evidence const& evidence);
    Step enter(Ledger& ledger, Evidence const& evidence, CallIndex call) const;
    static void judge(Ledger const& ledger, Evidence const& evidence, ConformanceResult& result);

    std::map<std::int32_t, std::vector<Ledger>> open_; ///< by the child's number
    std::size_t counts_before_ = 0; ///< of the result: those of the windows before
};

} // namespace kflow::check
