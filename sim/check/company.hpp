#pragma once
// What a step from one call to the next is seen with: some are only made where a third function is
// called as well, or only where it is not.
//
// In zap_present_ptes() (mm/memory.c) __tlb_remove_folio_pages comes right behind
// folio_mark_accessed only where some page was dirty; and no page of a file's mapping is without a
// folio, so that two vm_normal_page in a row are never seen beside folio_mark_accessed.

#include "sim/check/learned_profile.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace kflow::check {

/// Of one function.
class Company {
public:
    Company() = default;
    explicit Company(LearnedFunction const& function);

    /// Of a whole list.
    bool holds_for(ChildList const& list) const;

private:
    struct Beside {
        std::vector<trace::Name> always;
        std::vector<trace::Name> never;
    };
    std::unordered_map<std::uint64_t, Beside> steps_; ///< for lookups
};

} // namespace kflow::check
