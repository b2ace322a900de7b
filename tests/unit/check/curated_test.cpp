// What is curated: every function of the lifecycle's own files that a capture shows, and all that these call in those files.
#include "sim/base/input_file.hpp"
#include "sim/build/build_facts.hpp"
#include "sim/build/source_names.hpp"
#include "sim/model/model.hpp"
#include "sim/model/resolve.hpp"
#include "sim/trace/capture.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <filesystem>
#include <set>
#include <string>

using namespace kflow;

namespace {

std::string const kSource = KFLOW_SOURCE_DIR;
std::array<std::string_view, 4> const kFiles{"kernel/fork.c", "kernel/exit.c", "kernel/signal.c",
                                             "kernel/pid.c"};

using Names = std::set<std::string, std::less<>>;

/// Functions that the captures of a build show, and the frames of their stacks.
Names shown_by(std::string const& build) {
    std::set<trace::Name> names;
    for (auto const& entry :
         std::filesystem::directory_iterator(kSource + "/tests/captures/" + build)) {
        auto const file = entry.path().string();
        if (!file.ends_with(".trace.zst")) {
            continue;
        }
        auto const input = read_input(file);
        REQUIRE(std::holds_alternative<std::string>(input));
        for (auto const& event : trace::read_trace(std::get<std::string>(input), file).events) {
            if (auto const* call = event.as<trace::FunctionEntry>()) {
                names.insert({call->ip.symbol, call->parent.symbol});
            } else if (auto const* entered = event.as<trace::GraphEntry>()) {
                names.insert(entered->function.name);
            } else if (auto const* leaf = event.as<trace::GraphLeaf>()) {
                names.insert(leaf->function.name);
            } else if (auto const* stack = event.as<trace::StackTrace>(); stack && !stack->user) {
                for (auto const& frame : stack->frames) {
                    names.insert(frame.symbol);
                }
            }
        }
    }
    Names all;
    for (auto const name : names) {
        all.emplace(build::function_of_symbol(name.view()));
    }
    return all;
}

class Build {
public:
    Build(std::string const& name, std::string const& series) {
        auto loaded = build::BuildFacts::load(kSource + "/model", name);
        REQUIRE(std::holds_alternative<build::BuildFacts>(loaded));
        facts = std::make_unique<build::BuildFacts>(std::get<build::BuildFacts>(std::move(loaded)));
        auto const version = facts->version();
        auto const model = model::Model::load(kSource + "/model");
        program = model::resolve(model, {name, version.major, version.minor, version.patch,
                                         [this](std::string_view option) {
                                             return facts->config_enabled(option);
                                         }})
                      .program;
        auto names = build::SourceNames::load(kSource + "/model", series);
        REQUIRE(std::holds_alternative<build::SourceNames>(names));
        sources = std::make_unique<build::SourceNames>(
            std::get<build::SourceNames>(std::move(names)));
    }

    /// Whether one of the four files defines it, and no other file.
    bool is_of_lifecycle(std::string_view name) const {
        auto const files = sources->files_of(name);
        return !files.empty() &&
               std::all_of(files.begin(), files.end(), [](std::string_view file) {
                   return std::find(kFiles.begin(), kFiles.end(), file) != kFiles.end();
               });
    }

    bool is_curated(std::string_view name) const {
        auto const function = program.find_function(name);
        return function != model::kNone<model::FunctionId> && program[function].has_body;
    }

    /// Calls of the text of a function.
    Names callees(model::FunctionId function) const {
        Names names;
        for (auto const& code : program.body(function)) {
            if (code.op == model::Op::call) {
                names.emplace(program[static_cast<model::FunctionId>(code.subject)].name);
            } else if (code.op == model::Op::via) {
                for (auto const& member : program.in_members(code.members)) {
                    if (member.callee != model::kNone<model::FunctionId>) {
                        names.emplace(program[member.callee].name);
                    }
                }
            }
        }
        return names;
    }

    std::unique_ptr<build::BuildFacts> facts;
    std::unique_ptr<build::SourceNames> sources;
    model::Program program;
};

} // namespace

TEST_CASE("every function of the lifecycle's files that a capture shows is curated, with its callees") {
    for (auto const& [name, series] : {std::pair("debian-6.1-arm64", "6.1"),
                                       std::pair("debian-6.12-arm64", "6.12"),
                                       std::pair("debian-7.2-arm64", "7.2")}) {
        Build const build(name, series);
        std::size_t shown = 0;
        Names missing;
        for (auto const& function : shown_by(name)) {
            if (build.is_of_lifecycle(function)) {
                ++shown;
                if (!build.is_curated(function)) {
                    missing.insert(function);
                }
            }
        }
        // What their texts call, and what their code calls in the Image.
        for (auto const file : kFiles) {
            for (auto const function : build.sources->names_in(file)) {
                auto const id = build.program.find_function(function);
                if (!build.is_curated(function)) {
                    continue;
                }
                auto called = build.callees(id);
                for (auto const callee : build.facts->callees(function, file)) {
                    called.emplace(build::function_of_symbol(callee));
                }
                for (auto const& callee : called) {
                    if (build.is_of_lifecycle(callee) && !build.is_curated(callee)) {
                        missing.insert(callee + ", which " + std::string(function) + " calls");
                    }
                }
            }
        }
        std::string list;
        for (auto const& one : missing) {
            list += "\n  " + one;
        }
        INFO(name << ": " << shown << " shown; without a body:" << list);
        CHECK(shown > 100);
        CHECK(missing.empty());
    }
}
