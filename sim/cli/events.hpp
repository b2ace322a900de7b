#pragma once
// The events of an input that may be a capture or a scenario.

#include "sim/base/diagnostic.hpp"
#include "sim/trace/capture.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace kflow::cli {

struct EventSource {
    std::string input;  ///< a capture (plain, gzip, xz or zstd), or a .scenario file, which is run
    std::string model;  ///< the folder, as `--model` gives it
    std::string build;  ///< of a run; empty: the scenario's
    std::string tracer; ///< of a run; empty: the scenario's
    std::uint64_t seed = 1;
    bool every_function = false; ///< a run is traced without the scenario's filter
};

bool is_scenario(std::string const& input);

/// A capture read, or a scenario run; or all that is wrong with it.
std::variant<trace::Capture, std::vector<Diagnostic>> events_of(EventSource const& source);

} // namespace kflow::cli
