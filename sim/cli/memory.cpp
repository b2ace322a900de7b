#include "sim/cli/memory.hpp"

#ifdef KFLOW_HAS_MIMALLOC
#include <mimalloc.h>
#endif

namespace kflow::cli {

void keep_freed_memory() {
#ifdef KFLOW_HAS_MIMALLOC
#if MI_MALLOC_VERSION < 210
    mi_option_set(mi_option_allow_decommit, 0);
#else
    mi_option_set(mi_option_purge_delay, -1);
#endif
#endif
}

} // namespace kflow::cli
