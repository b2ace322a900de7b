#pragma once
// What two kernel builds make different: function by function, in the source, and in what their
// tracers show of it. Facts: the model resolved for each, the names that each source defines, and
// each build's mask.

#include "sim/build/build_facts.hpp"
#include "sim/build/source_names.hpp"
#include "sim/model/body_difference.hpp"
#include "sim/model/call_graph.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::model {

/// One of the two builds. What it points to must outlive the comparison.
struct ComparedBuild {
    CallGraph const* calls = nullptr;
    build::SourceNames const* names = nullptr; ///< null: what the model has is all that there is
    build::BuildFacts const* facts = nullptr;  ///< null: what its tracer shows is not compared
};

/// Why two functions are taken for one that got another name.
struct RenameEvidence {
    std::vector<std::string> callers; ///< that call one where the other one was called
    bool same_file = false;
    std::size_t same_steps = 0; ///< of the bodies, where both have one
    std::size_t all_steps = 0;  ///< of the longer body
    bool alike = false;         ///< the names share half of their words
    /// 3 for the same body (four of five steps), 2 for the same place, 1 each for the file and the
    /// words.
    int weight() const;
    static constexpr int kEnough = 4;
};

/// How one build's tracer shows calls of a function.
struct ShownCall {
    build::EdgeKind kind = build::EdgeKind::inlined;
    std::string symbols; ///< "f.isra.0", "f.part.0"; several parted by spaces
    bool operator==(ShownCall const&) const = default;
    auto operator<=>(ShownCall const&) const = default;
};

/// Calls that both sources make and the two tracers show in different ways.
struct ShownDifference {
    ShownCall first;
    ShownCall second;
    std::vector<std::string> callers; ///< in the order of the second model
};

/// One function in the two builds.
struct FunctionDifference {
    /// What one build knows of it.
    struct Side {
        NodeIndex node = CallGraph::kNoNode; ///< kNoNode: its model has no call of it
        std::string name;
        std::string file;       ///< "kernel/fork.c"; empty where that is not known
        bool exists = false;    ///< its source has it
        bool described = false; ///< its model has a body
        bool reached = false;   ///< its model leads there from where the comparison begins
        Doc doc;
        std::vector<std::string> callers = {}; ///< among what is reached
    };
    Side first;
    Side second;
    bool renamed = false;
    RenameEvidence evidence; ///< if renamed
    std::vector<StepDifference> steps;
    std::vector<ShownDifference> shown;

    bool is_new() const { return !first.exists; }
    bool is_gone() const { return !second.exists; }
    bool is_moved() const;
    /// Both sources have it, and only one of them leads there.
    bool is_reached_in_one() const;
    /// Both sources have it, and a body was written for one of them only: nothing can be said.
    bool is_described_for_one() const;
    bool is_changed() const;
    std::string const& name() const { return second.exists ? second.name : first.name; }
    std::string const& file() const { return second.exists ? second.file : first.file; }
};

struct BuildDifference {
    /// Every function that either of them reaches, by file and place.
    std::vector<FunctionDifference> functions;
    bool nothing_changed() const;
};

/// Of everything below a function, itself included; of everything if `below` is empty. At least one
/// of the two models must have that function.
BuildDifference compare_builds(ComparedBuild const& first, ComparedBuild const& second,
                               std::string_view below);

} // namespace kflow::model
