#pragma once
// What the tests of the flow language share: a model from one text, resolved for a made-up build.

#include "sim/model/ir_text.hpp"
#include "sim/model/lint.hpp"
#include "sim/model/resolve.hpp"

#include <string>
#include <vector>

namespace kflow::model::test {

inline Target kernel(int major, int minor, int patch = 0, std::vector<std::string> config = {}) {
    return {"test", major, minor, patch, [config](std::string_view option) {
                for (auto const& set : config) {
                    if (set == option) {
                        return true;
                    }
                }
                return false;
            }};
}

inline Resolution resolve_text(std::string text, Target const& target = kernel(6, 12)) {
    auto const model = Model::from_texts({{"linux/kernel/test.flow", std::move(text)}});
    auto resolution = resolve(model, target);
    resolution.diagnostics.insert(resolution.diagnostics.begin(), model->diagnostics().begin(),
                                  model->diagnostics().end());
    return resolution;
}

/// The IR of the function, or what is wrong with the text.
inline std::string code(std::string text, std::string_view function = "f",
                        Target const& target = kernel(6, 12)) {
    auto const resolution = resolve_text(std::move(text), target);
    if (!resolution.diagnostics.empty()) {
        return to_string(resolution.diagnostics);
    }
    auto const id = resolution.program.find_function(function);
    return id == kNone<FunctionId> ? "no function\n" : to_text(resolution.program, id);
}

/// `LINE:COLUMN message` of each, without the file and the source line.
inline std::vector<std::string> messages(std::vector<Diagnostic> const& diagnostics) {
    std::vector<std::string> lines;
    for (auto const& d : diagnostics) {
        lines.push_back(std::to_string(d.place.line) + ":" + std::to_string(d.place.column) + " " +
                        d.message);
    }
    return lines;
}

inline std::vector<std::string> errors(std::string text, Target const& target = kernel(6, 12)) {
    return messages(resolve_text(std::move(text), target).diagnostics);
}

inline LintReport lint_text(std::string text, Target const& target = kernel(6, 12)) {
    auto const model = Model::from_texts({{"linux/kernel/test.flow", std::move(text)}});
    std::vector<CheckedBuild> builds;
    builds.push_back({target.name, resolve(model, target), nullptr, {}, {}});
    return lint(*model, builds);
}

} // namespace kflow::model::test
