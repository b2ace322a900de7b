#pragma once
// DOT to pictures, by the Graphviz library.

#include "sim/base/diagnostic.hpp"

#include <string>
#include <variant>

namespace kflow::view {

/// `format` is one of Graphviz's: "svg", "png", "pdf". Gives the picture's bytes, or why there is
/// none.
std::variant<std::string, Diagnostic> render_dot(std::string const& dot, std::string const& format);

} // namespace kflow::view
