#pragma once
// Reads a whole input, compressed (gzip, xz, zstd) or not; and writes outputs.

#include "sim/base/diagnostic.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace kflow {

/// The file's decompressed bytes, or why they cannot be had. `-` is standard input.
std::variant<std::string, Diagnostic> read_input(std::string const& path);

/// Writes all of `bytes` to `path` or leaves what was there before: a temporary file beside it,
/// then a rename. `-` is standard output. A name that ends in `.zst` is compressed. Nothing on
/// success.
std::optional<Diagnostic> write_output(std::string const& path, std::string_view bytes);

} // namespace kflow
