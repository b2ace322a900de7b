#pragma once
// What a build was seen to do: for each function that nobody wrote a body for, the lists of
// children that it had in captures (model/builds/NAME/learned, made by `kflow learn`;
// docs/LEARN.md).

#include "sim/base/diagnostic.hpp"
#include "sim/trace/name.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kflow::check {

using ChildList = std::vector<trace::Name>;

/// Whole calls of a function without a body: its symbol, and those of their children.
struct SeenCall {
    trace::Name symbol;
    ChildList children;
    std::size_t times = 1;
};

/// How often something was seen.
struct Sightings {
    std::size_t calls = 0;
    std::size_t captures = 0; ///< in how many of them
};

struct LearnedFunction {
    Sightings all;
    std::map<ChildList, Sightings> lists; ///< of calls that returned
};

/// Ordered by names throughout: the same captures give the same text.
class LearnedProfile {
public:
    /// Of the text that text() gives; `file` names it in the diagnostic.
    static std::variant<LearnedProfile, Diagnostic> from_text(std::string_view text,
                                                              std::string const& file);
    /// Reads model_dir/builds/NAME/learned. Nothing if the build has no such file.
    static std::variant<std::optional<LearnedProfile>, Diagnostic>
    load(std::string const& model_dir, std::string_view build);

    /// Whether a capture of that name is in it already.
    bool has(std::string_view capture) const;
    /// Adds what a capture shows.
    void add(std::string const& capture, std::vector<SeenCall> const& calls);

    std::string text(std::string_view build) const;

    LearnedFunction const* function(trace::Name symbol) const;
    std::map<trace::Name, LearnedFunction> const& functions() const { return functions_; }
    std::vector<std::string> const& captures() const { return captures_; }

private:
    std::map<trace::Name, LearnedFunction> functions_; ///< by symbol
    std::vector<std::string> captures_;                ///< sorted
};

} // namespace kflow::check
