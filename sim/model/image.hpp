#pragma once
// The compiled form of the model: the programs of all builds in one file that is mapped, not
// parsed.
//
// Parsing and resolving some 750 kB of text takes several times as long as a run does. The build of
// kflow therefore writes an image beside the program (`kflow model compile`), and `kflow run` takes
// its program from there. An image is a copy, never a source: it lists every file that it was made
// from with size and time of change, and every folder, so that whoever edits, adds or removes a
// flow file gets the text parsed again. docs/decisions/0007-fast-start.md.

#include "sim/model/ir.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::model {

/// The bytes of an image of these programs, which were resolved from `model_dir`.
std::string make_image(std::string const& model_dir,
                       std::vector<std::pair<std::string, Program>> const& builds);

/// The program of a build. Nothing if there is no image, or if it was made from other files than
/// stand in `model_dir` now, or is older than `program_file`: the kflow that reads it. A program
/// from an image has no Program::model and no documentation: who shows the text of the model parses
/// it.
std::optional<Program> load_image(std::string const& path, std::string const& program_file,
                                  std::string const& model_dir, std::string_view build);

} // namespace kflow::model
