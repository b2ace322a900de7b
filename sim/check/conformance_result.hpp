#pragma once
// What witness 1 finds: which calls did what their functions' bodies allow, and where they did not.

#include "sim/check/difference_kind.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kflow::check {

/// One difference between a call and its body, at one place of the capture.
struct Divergence {
    DifferenceKind kind = DifferenceKind::extra;
    std::string function; ///< the child that it is about
    std::string parent;   ///< the call whose list it is
    std::uint32_t capture_line = 0;
    std::uint32_t call_line = 0; ///< of the parent's own entry; 0: not known
    std::string model_file;      ///< below model/
    std::uint32_t model_line = 0;
    std::string reason;
    std::string expected; ///< --explain: the list, and what could have come
};

struct FunctionCount {
    std::string file; ///< below model/
    std::string name;
    std::size_t calls = 0;
    std::size_t accepted = 0;
};

struct GuardCount {
    std::size_t asked = 0;     ///< questions that accepting runs asked
    std::size_t known = 0;     ///< answered by the capture's events
    std::size_t settled = 0;   ///< by the children, or by what the same object said elsewhere
    std::size_t idle = 0;      ///< either answer fits, and nothing visible follows from it there
    std::size_t unsettled = 0; ///< either answer fits, and the call would have gone another way
    double share() const {     // of unsettled ones
        return asked == 0 ? 0 : static_cast<double>(unsettled) / static_cast<double>(asked);
    }
};

/// How many members an `each` of one call had: VMAs, open files, threads …
struct MemberCount {
    std::string collection;
    std::string function; ///< whose text the `each` is
    std::uint32_t capture_line = 0;
    std::uint64_t rounds = 0;           ///< that the call's children show
    std::optional<std::uint64_t> known; ///< what the rest of the capture says
};

/// Calls that are no difference.
struct ClassCount {
    std::size_t matched = 0;  ///< calls of the capture that their caller's body has there
    std::size_t inlined = 0;  ///< calls in the bodies that this build inlines
    std::size_t hidden = 0;   ///< calls in the bodies that this build's tracer cannot show
    std::size_t filtered = 0; ///< calls in the bodies that the capture's filter leaves out
};

struct Fitness {
    std::size_t calls = 0;
    std::size_t accepted = 0;
    double value() const {
        return calls == 0 ? 1 : static_cast<double>(accepted) / static_cast<double>(calls);
    }
};

struct ConformanceResult {
    Fitness curated;
    Fitness learned;
    Fitness total; ///< every call that is not noise: an unmodelled one counts as not accepted
    ClassCount classes;
    std::size_t noise = 0;
    std::size_t groups = 0;      ///< noise groups
    std::size_t preemptions = 0; ///< switches in the middle of a function, set aside
    std::size_t unmodelled = 0;
    std::size_t cut = 0;                  ///< calls that the capture's edge or a gap cut short
    std::size_t overflow = 0;             ///< calls with too many runs to find a true one
    std::vector<FunctionCount> functions; ///< those with a body that were called, by file and name
    std::vector<Divergence> divergences;  ///< by capture line
    std::vector<MemberCount> counts;      ///< by capture line
    GuardCount guards;
    std::map<std::string, std::size_t> unsettled; ///< guard → questions
    std::map<std::string, std::size_t> maybes;    ///< reason → calls that passed it
    std::vector<std::string> unmodelled_names;    ///< most frequent first
    /// How many functions the tracer's filter let through; 0: it was not filtered by name.
    std::size_t filter = 0;
    /// Functions that the tracer passed over: what they call stands in their callers' places.
    std::vector<std::string> untraced;
};

} // namespace kflow::check
