#pragma once
// Which functions and function-like macros the source of a kernel series defines, and in which
// file: the lists model/sources/ linux-SERIES.names, made lexically by scripts/kernel-sources from
// the pinned Debian source packages (docs/BUILD_FACTS.md). The model may name nothing that they do
// not have. Absence from a symbol table proves nothing; absence here does.

#include "sim/base/diagnostic.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kflow::build {

class SourceNames {
public:
    /// Reads model_dir/sources/linux-SERIES.names; series is "6.12".
    static std::variant<SourceNames, Diagnostic> load(std::string const& model_dir,
                                                      std::string_view series);

    std::string_view series() const;
    std::string_view version() const; ///< the package's version: "6.12.117-1"

    /// Whether the file (`kernel/fork.c`, `include/linux/sched/task.h`) defines the function or
    /// macro.
    bool defines(std::string_view file, std::string_view name) const;
    /// Whether any file does.
    bool knows(std::string_view name) const;
    bool has_file(std::string_view file) const;
    /// Files that define it, sorted.
    std::vector<std::string_view> files_of(std::string_view name) const;
    /// What a file defines, sorted.
    std::vector<std::string_view> names_in(std::string_view file) const;
    /// All files, sorted.
    std::vector<std::string_view> files() const;

    struct Data;

private:
    explicit SourceNames(std::shared_ptr<Data> data);
    std::shared_ptr<Data> data_;
};

/// The one file that defines the function; of several the one .c file, beside which there are stubs
/// in headers for where an option is off. Empty if that does not tell.
std::string_view home_of(SourceNames const& names, std::string_view function);

/// The series that have a list, oldest first: {"6.1", "6.12", "7.2"}.
std::vector<std::string> list_source_series(std::string const& model_dir);

} // namespace kflow::build
