#include "sim/trace/trace_format.hpp"

#include <utility>

namespace kflow::trace {

Dialect dialect_of(int major, int minor) {
    std::pair const version(major, minor);
    Dialect dialect;
    dialect.flag_columns = version < std::pair(5, 15) ? 4 : 5;
    dialect.header_names_bh = version >= std::pair(5, 17);
    dialect.retval_named = version >= std::pair(6, 13);
    dialect.syscall_args_prefixed = version >= std::pair(6, 19);
    return dialect;
}

} // namespace kflow::trace
