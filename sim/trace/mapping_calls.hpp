#pragma once
// Which functions make a memory mapping, and which free one.

#include "sim/trace/name.hpp"

#include <algorithm>
#include <array>

namespace kflow::trace {

/// 1: it makes one; -1: it frees one (kernel/fork.c, on 7.2 mm/vma_init.c); 0: neither.
/// vm_area_free() calls __vm_area_free(), or leaves that to RCU where mappings have locks of their
/// own; exit_mmap() calls the latter at once.
inline int mapped_by(Name function) {
    static std::array const makers{Name("vm_area_alloc"), Name("vm_area_dup")};
    static std::array const takers{Name("vm_area_free"), Name("__vm_area_free")};
    auto const is_of = [&](auto const& names) {
        return std::ranges::find(names, function) != names.end();
    };
    return is_of(makers) ? 1 : is_of(takers) ? -1 : 0;
}

} // namespace kflow::trace
