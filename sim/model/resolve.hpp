#pragma once
// From the syntax tree of all builds to the program of one.

#include "sim/base/diagnostic.hpp"
#include "sim/model/ir.hpp"
#include "sim/model/model.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::model {

/// The build that a program is for: what bounds ask.
struct Target {
    std::string name; ///< "debian-6.12-arm64"; in messages only
    int major = 0;
    int minor = 0;
    int patch = 0;
    /// Whether CONFIG_NAME is y or m, asked without CONFIG_. No function: nothing is set.
    std::function<bool(std::string_view)> config_enabled;
};

/// Whether all bounds of the range hold for the target. docs/FLOW_LANGUAGE.md, "Bounds".
bool holds(ast::File const& file, ast::Range bounds, Target const& target);

struct Label {
    FunctionId function = kNone<FunctionId>;
    ast::Word name;
    bool used = false;
};

struct Resolution {
    Program program;
    /// What is wrong in this build, by file and line. A function with an error in it has a body
    /// that only returns.
    std::vector<Diagnostic> diagnostics;
    std::vector<Label> labels; ///< of all functions, in order: for the lint
};

Resolution resolve(std::shared_ptr<Model const> model, Target const& target);

} // namespace kflow::model
