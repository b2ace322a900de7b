#pragma once
// What the subcommands that draw share: complaining, and writing a drawing.

#include "sim/base/diagnostic.hpp"

#include <string>
#include <vector>

namespace kflow::cli {

/// Prints them to standard error; the exit status for an input that cannot be read.
int complain(std::vector<Diagnostic> const& diagnostics);

/// Whether the file's name asks for a picture: .svg, .png, .pdf.
bool is_picture(std::string const& output);

/// Writes DOT, or the picture that the output's name asks for. The exit status: 0 or 2.
int write_drawing(std::string const& dot, std::string const& output);

} // namespace kflow::cli
