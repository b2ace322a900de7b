#pragma once
// Where the functions of a drawing come from: their source files, as boxes' titles and colours.

#include "sim/build/source_names.hpp"
#include "sim/model/ir.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kflow::view {

/// What is drawn of a function whose file is not known.
inline constexpr std::string_view kElsewhere = "elsewhere";

class SourceFiles {
public:
    /// The program must outlive it. Without names, a function without a body has no file.
    SourceFiles(model::Program const& program, std::optional<build::SourceNames> names)
        : program_(&program), names_(std::move(names)) {}

    /// "kernel/fork.c", "glibc/posix/fork.c": of a function of the program with a body its file's
    /// source; of a leaf the one file of the kernel that defines it; else kElsewhere.
    std::string of(model::Function const& function) const;
    /// Of a symbol's function, by name alone.
    std::string of(std::string_view function) const;

private:
    std::string leaf(std::string_view name) const;

    model::Program const* program_;
    std::optional<build::SourceNames> names_;
};

/// "kernel/sched" of "kernel/sched/core.c"; the first folders alone ("include", "drivers", "glibc")
/// where the kernel's tree is wide.
std::string_view folder_of(std::string_view source);

/// A light colour for a file's subsystem, "#rrggbb".
std::string_view color_of_source(std::string_view source);

} // namespace kflow::view
