#pragma once
// Private to sim/engine: the tables of functions that the machine knows how to do.

#include "sim/engine/execution.hpp"

#include <span>
#include <string_view>

namespace kflow::engine {

struct NativeEntry {
    std::string_view name;
    NativeFunction function;
};

std::span<NativeEntry const> natives();      ///< natives.cpp
std::span<NativeEntry const> native_calls(); ///< native_calls.cpp
std::span<NativeEntry const> file_calls();   ///< file_calls.cpp

} // namespace kflow::engine
