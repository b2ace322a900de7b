#pragma once
// Private to sim/engine: the table of native_calls.cpp.

#include "sim/engine/execution.hpp"

#include <span>
#include <string_view>

namespace kflow::engine {

struct NativeEntry {
    std::string_view name;
    NativeFunction function;
};

std::span<NativeEntry const> native_calls();

} // namespace kflow::engine
