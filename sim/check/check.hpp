#pragma once
// `kflow check` without the command line: from a capture's file to its report.

#include "sim/check/report.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kflow::check {

struct CheckOptions {
    std::string model_dir;
    std::string build;    ///< empty: guessed from each capture's symbols
    std::string scenario; ///< a file; empty: witness 2 is not heard
    bool explain = false;
};

/// Checks captures one after the other; what it made of a build serves the next capture of it. Not
/// thread-safe.
class Checker {
public:
    explicit Checker(CheckOptions options);
    ~Checker();
    Checker(Checker const&) = delete;
    Checker& operator=(Checker const&) = delete;

    /// Never fails: what is wrong makes the report `unreadable` and stands in its diagnostics.
    Report check(std::string const& file);

    /// Names of the functions that have a body in the build of the last report, sorted.
    std::vector<std::string> curated() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kflow::check
