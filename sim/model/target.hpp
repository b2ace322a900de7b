#pragma once
// The bridge from a build's facts to what resolve asks.

#include "sim/build/build_facts.hpp"
#include "sim/model/resolve.hpp"

namespace kflow::model {

/// The build as resolve sees it. Keeps a copy of the facts (they share their data).
Target target_of(build::BuildFacts const& facts);

/// "6.12.117" or "6.12", and options that are set; nothing if it is no version. For tests and for
/// questions about kernels that nobody has a build of.
std::optional<Target> target_of(std::string_view version, std::vector<std::string> options);

} // namespace kflow::model
