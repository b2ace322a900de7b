#pragma once
// What a build was seen to do: for each function that nobody wrote a body for, the lists of
// children that it had in captures (model/builds/NAME/learned, made by `kflow learn`;
// docs/LEARN.md).

#include "sim/base/diagnostic.hpp"
#include "sim/check/number_set.hpp"
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

/// How often something was seen, and where. Calls of one program are like each other, and so are
/// its captures: what is common is told by how many programs show it.
struct Sightings {
    std::size_t calls = 0;
    NumberSet captures; ///< by their number in the profile
    NumberSet programs; ///< likewise
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
    std::size_t programs() const { return programs_.size(); }

private:
    std::size_t number_of(std::string const& capture);

    std::map<trace::Name, LearnedFunction> functions_; ///< by symbol
    std::vector<std::string> captures_;                ///< in the order in which they came
    std::vector<std::string> programs_;                ///< likewise
    std::vector<std::size_t> program_of_;              ///< each capture's
};

} // namespace kflow::check
