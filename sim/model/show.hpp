#pragma once
// A function's flow as text: as it was written, or as one build's tracer shows it.

#include "sim/build/build_facts.hpp"
#include "sim/model/resolve.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kflow::model {

/// Where a `fn` of that name stands in the model.
struct FoundFunction {
    ast::File const* file = nullptr;
    ast::Declaration const* declaration = nullptr;
};

/// All `fn` lines of the name, in every file and for every version, in the model's order.
/// `name@file` asks for one file.
std::vector<FoundFunction> find_declarations(Model const& model, std::string_view name);

/// Names of all functions with a body, each once, sorted: for suggestions.
std::vector<std::string_view> function_names(Model const& model);

/// The lines as written, documentation included. With a target, without the statements that do not
/// hold for it.
std::string show_source(FoundFunction const& function, Target const* target);

/// As the build's tracer shows it: a traced call is a plain line; one that is inlined here is
/// marked and its body follows, one that is hidden (called, but not traced) likewise. Documentation
/// is left out. Only what holds for the build is there.
std::string show_traced(Resolution const& resolution, Target const& target,
                        build::BuildFacts const& facts, FoundFunction const& function);

/// "traced", "hidden", "inlined": what a call of the function, made from where nothing is known of,
/// looks like.
std::string_view kind_name(build::Visibility const& visibility);

} // namespace kflow::model
