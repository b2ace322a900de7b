#pragma once
// What is wrong with the model, in all builds at once: `kflow model check`.

#include "sim/base/diagnostic.hpp"
#include "sim/build/source_names.hpp"
#include "sim/model/resolve.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::model {

/// One build, resolved, and what is known of it.
struct CheckedBuild {
    std::string name;
    Resolution resolution;
    /// The functions that the source of its series has. Without it, nobody asks whether a name
    /// exists.
    build::SourceNames const* names = nullptr;
    /// Whether the build has a symbol of that function: it proves that the source has it, though
    /// the list (which leaves out parts of the tree, such as net/) does not. May be empty.
    std::function<bool(std::string_view)> has_symbol;
    /// Tracepoints whose formats are known, sorted; others exist if the build has their
    /// __traceiter_NAME. Empty: nobody asks.
    std::vector<std::string> events;
};

/// A `maybe`, which the model leaves open.
struct OpenChoice {
    std::string file;
    std::uint32_t line = 0;
    std::string function;
    std::string reason;
};

struct LintReport {
    /// By file, line, column. A finding that does not hold in every build names those in which it
    /// does.
    std::vector<Diagnostic> diagnostics;
    std::vector<OpenChoice> maybes; ///< of all builds, each once, by file and line
    std::size_t files = 0;
    std::size_t functions = 0;    ///< `fn` lines
    std::size_t declarations = 0; ///< guards, effects, collections, conditions, sets
    std::size_t statements = 0;
    std::size_t mutants = 0;  ///< lists of calls that were changed at random, all builds
    std::size_t accepted = 0; ///< of them, those that the bodies still accept
    bool has_errors() const;
};

LintReport lint(Model const& model, std::vector<CheckedBuild> const& builds);

} // namespace kflow::model
