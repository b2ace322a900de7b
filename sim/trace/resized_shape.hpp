#pragma once
// An address space that is taken down, with another number of mappings than any that was seen.

#include "sim/trace/call_shapes.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace kflow::trace {

/// A shape of exit_mmap (mm/mmap.c) with as many mappings as asked for. That function and those
/// that it calls (unmap_vmas, free_pgtables, on 7.2 tear_down_vmas) go from mapping to mapping:
/// what they do for one of the plainest, a private one that nothing was written to, is done once
/// more or once less, as often as it takes. As many of those as were seen can be left out.
class ResizedShape {
public:
    /// `shapes` outlives this.
    ResizedShape(CallShapes const& shapes, CallShapes::Id shape, std::uint32_t mappings);

    /// What that shape, or one below it, calls.
    std::vector<CallShapes::Id> const& calls(CallShapes::Id shape) const;

private:
    CallShapes const& shapes_;
    std::unordered_map<CallShapes::Id, std::vector<CallShapes::Id>> resized_;
};

} // namespace kflow::trace
