#pragma once
// The source's names that belong to a build.

#include "sim/build/build_facts.hpp"
#include "sim/build/source_names.hpp"

#include <optional>
#include <string>

namespace kflow::cli {

/// Of the build's series; nothing where the model has no list of it.
std::optional<build::SourceNames> names_of(build::BuildFacts const& facts,
                                           std::string const& model_dir);

} // namespace kflow::cli
