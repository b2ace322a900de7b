#pragma once
// The whole description: every *.flow file below a model folder, parsed. It is read once and never
// changes.

#include "sim/base/diagnostic.hpp"
#include "sim/model/ast.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kflow::model {

class Model {
public:
    /// Reads ROOT/**/*.flow, except ROOT/builds, in the order of their paths. What cannot be read
    /// or is wrong stands in diagnostics(); the rest is usable.
    static std::shared_ptr<Model const> load(std::string const& root);

    /// The same from memory: {path below the root, text}. For tests and for examples in the manual.
    static std::shared_ptr<Model const>
    from_texts(std::vector<std::pair<std::string, std::string>> texts);

    std::vector<std::unique_ptr<ast::File>> const& files() const { return files_; }
    /// Syntax errors of all files, by file and line.
    std::vector<Diagnostic> const& diagnostics() const { return diagnostics_; }

    /// The file of that path ("linux/kernel/fork.flow"), or nothing.
    ast::File const* file(std::string_view path) const;
    /// What tells one version of the model from another: 16 hexadecimal digits made of all its
    /// text. A run's bytes follow from this, the scenario, the build and the seed.
    std::string version() const;
    /// A line's text without its newline; empty if there is no such line. For source panes.
    std::string_view line(std::string_view path, std::uint32_t number) const;

private:
    std::vector<std::unique_ptr<ast::File>> files_;
    std::vector<Diagnostic> diagnostics_;
};

/// The flow files of a model folder, below it, sorted by their bytes.
std::vector<std::string> flow_files(std::string const& root);

/// What a flow file mirrors, as the kernel tree names it: the path in its first line (`#
/// kernel/sched/sched.h`) if that line is a comment with the file's own path in it; else .h below
/// an include folder and .c elsewhere. "linux/kernel/fork.flow" → "kernel/fork.c".
std::string source_path(ast::File const& file);

/// "linux/kernel/fork.flow" → "kernel/fork": as calls name a file behind `@`.
std::string_view short_path(std::string_view path);

/// "linux" or "glibc".
std::string_view tree_of(std::string_view path);

} // namespace kflow::model
