#pragma once
// `kflow check` without the command line: from a capture's file to its report.

#include "sim/check/capture_windows.hpp"
#include "sim/check/learned_mask.hpp"
#include "sim/check/learned_profile.hpp"
#include "sim/check/mutate.hpp"
#include "sim/check/report.hpp"
#include "sim/trace/call_shapes.hpp"

#include <cstdint>
#include <map>
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
    std::string learned = {}; ///< what was learned, a file; empty: the build's own
    /// Bytes of text in a window. Some windows are in memory at once.
    std::size_t window = CaptureWindows::kUsual;
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

    /// How many wrong captures, made of a right one, it reports where they are wrong.
    struct Measure {
        std::size_t made = 0;
        std::size_t found = 0;
        std::map<std::string, std::pair<std::size_t, std::size_t>> kinds; ///< made and found
        std::vector<std::string> missed;                                  ///< each in a sentence
    };
    struct Mutants {
        std::size_t count = 0; ///< of each function_graph capture
        std::uint64_t seed = 1;
        MutantChoice choice;
        std::vector<std::string> real; ///< captures whose lists are real, beside the files' own
    };
    /// What cannot be read stands in `diagnostics`.
    Measure measure(std::vector<std::string> const& files, Mutants const& mutants,
                    std::vector<Diagnostic>& diagnostics);

    /// What is known of functions without a body, and how whole calls of them looked.
    struct Learned {
        LearnedProfile profile;
        trace::CallShapes shapes;
    };
    /// Adds what a function_graph capture shows of functions without a body. Whether there was
    /// something to learn: else `diagnostics` or `notes` say why not. What contradicts the model
    /// stands in `notes`, too.
    bool learn(std::string const& file, Learned& into, std::vector<Diagnostic>& diagnostics,
               std::vector<std::string>& notes);

    /// What was learned, as bodies (learned_flow.hpp). Empty with a diagnostic if the build cannot
    /// be read.
    std::string bodies(Learned const& learned, std::vector<Diagnostic>& diagnostics);

    /// Which calls of the source the build inlines, as captures of it show: function_graph of all
    /// functions, and stacks. `used`: how many captures told something; of the others `diagnostics`
    /// or `notes` say why not.
    LearnedMask learn_mask(std::vector<std::string> const& files, std::size_t& used,
                           std::vector<Diagnostic>& diagnostics, std::vector<std::string>& notes);

    /// Names of the functions that have a body in the build of the last report, sorted.
    std::vector<std::string> curated() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kflow::check
