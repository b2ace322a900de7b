#pragma once
// The builds that captures are checked with: each loaded once, and which is a capture's own.

#include "sim/check/build_context.hpp"
#include "sim/check/check.hpp"
#include "sim/model/model.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::check {

class BuildContexts {
public:
    /// The options must outlive it.
    explicit BuildContexts(CheckOptions const& options) : options_(options) {}

    /// Chooses the build by a capture's first window; the report says which, and why. Null with
    /// diagnostics where there is none.
    BuildContext* choose(Window const& window, bool is_graph, Report& report);
    /// What was chosen last; null before.
    BuildContext* last() const { return last_; }
    /// Null with a diagnostic if there is no such build.
    BuildContext* get(Profile const& profile, std::vector<Diagnostic>& diagnostics);

    /// What is wrong with the model on a build that was loaded, and with files of any of them.
    std::vector<Diagnostic> problems(std::string const& build) const;
    /// Null before a build was loaded.
    std::shared_ptr<model::Model const> const& model() const { return model_; }

private:
    Profile choose_build(Window const& window, bool is_graph, Report& report);
    bool has(std::string const& build, std::string_view option) const;
    std::string settle(std::vector<std::string> candidates, Window const& window, bool is_graph,
                       Report& report);
    std::string fits_best(std::vector<std::string> const& candidates, Window const& window,
                          std::vector<Diagnostic>& diagnostics);

    CheckOptions const& options_;
    std::shared_ptr<model::Model const> model_;
    std::map<Profile, std::unique_ptr<BuildContext>> builds_;
    std::map<std::string, std::vector<Diagnostic>> model_errors_; ///< of each build
    std::vector<Diagnostic> file_errors_;
    BuildContext* last_ = nullptr;
};

} // namespace kflow::check
