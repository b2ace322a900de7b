#pragma once
// What `kflow diff` compares, read: two builds, or two captures.

#include "sim/base/diagnostic.hpp"
#include "sim/model/build_difference.hpp"
#include "sim/model/resolve.hpp"
#include "sim/trace/call_profile.hpp"
#include "sim/view/build_difference_report.hpp"
#include "sim/view/source_files.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kflow::cli {

struct DiffOptions {
    std::string first;
    std::string second;
    std::string below;
    std::string format; ///< empty: by the output's name
    std::string output = "-";
    std::string language = "en";
    std::string first_build;
    std::string second_build;
    std::string model;
    std::uint64_t seed = 1;
};

enum class InputKind { build, capture, scenario };

/// What both of them are; a capture and a scenario count as captures. A diagnostic where one is
/// nothing that can be compared, or where a build stands beside a capture.
std::variant<InputKind, std::vector<Diagnostic>> kinds_of(DiffOptions const& options);

/// The model of one build. It stays where it is: its parts refer to each other.
class KnownBuild {
public:
    KnownBuild(build::BuildFacts facts, model::Resolution resolution,
               std::optional<build::SourceNames> names);
    KnownBuild(KnownBuild const&) = delete;
    KnownBuild& operator=(KnownBuild const&) = delete;

    model::Program const& program() const { return resolution_.program; }
    view::SourceFiles files() const { return {program(), names_}; }
    model::ComparedBuild compared() const {
        return {&calls_, names_ ? &*names_ : nullptr, &facts_};
    }

private:
    build::BuildFacts facts_;
    model::Resolution resolution_;
    std::optional<build::SourceNames> names_;
    model::CallGraph calls_;
};

using BuildPair = std::pair<std::unique_ptr<KnownBuild>, std::unique_ptr<KnownBuild>>;

/// Both models; a diagnostic where neither has the function that it shall begin at.
std::variant<BuildPair, std::vector<Diagnostic>> load_builds(DiffOptions const& options);

struct ProfilePair {
    trace::CallProfile first;
    trace::CallProfile second;
    std::unique_ptr<KnownBuild> build; ///< tells the functions' files
    view::ComparedNames names;
};

/// Both captures read or run, and what their functions called.
std::variant<ProfilePair, std::vector<Diagnostic>> load_profiles(DiffOptions const& options);

} // namespace kflow::cli
