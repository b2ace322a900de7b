#pragma once
// Reads one *.flow file into its syntax tree. docs/FLOW_LANGUAGE.md is the grammar.

#include "sim/base/diagnostic.hpp"
#include "sim/model/ast.hpp"

#include <memory>
#include <string>
#include <vector>

namespace kflow::model {

/// Parses all of `text`. `path` is the file's below model/ ("linux/kernel/fork.flow"). Every error
/// of the file is appended to `diagnostics` in the order of its lines; a declaration with an error
/// in it is marked `broken` and the rest stays usable.
std::unique_ptr<ast::File> parse(std::string path, std::string text,
                                 std::vector<Diagnostic>& diagnostics);

/// How deep blocks may stand in one another.
inline constexpr std::size_t kMaxDepth = 24;

/// How many `else if` arms an `if` may have.
inline constexpr std::size_t kMaxArms = 100;

} // namespace kflow::model
