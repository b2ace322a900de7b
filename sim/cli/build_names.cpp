#include "sim/cli/build_names.hpp"

#include <fmt/format.h>

namespace kflow::cli {

std::optional<build::SourceNames> names_of(build::BuildFacts const& facts,
                                           std::string const& model_dir) {
    auto const version = facts.version();
    auto names =
        build::SourceNames::load(model_dir, fmt::format("{}.{}", version.major, version.minor));
    auto* const found = std::get_if<build::SourceNames>(&names);
    return found ? std::optional(std::move(*found)) : std::nullopt;
}

} // namespace kflow::cli
