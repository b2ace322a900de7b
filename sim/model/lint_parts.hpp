#pragma once
// Private to the lint: its parts, each a family of rules.

#include "sim/model/findings.hpp"
#include "sim/model/lint.hpp"

namespace kflow::model {

/// Documentation: every declaration has `##` and `##ko`; a statement both or none. Text is UTF-8.
void lint_docs(ast::File const& file, Findings& findings);

/// Names: callees that neither a body nor the source has, functions that the source of that version
/// does not have, events that the build has not.
void lint_names(std::vector<CheckedBuild> const& builds, Findings& findings);

/// Flow: lines that nothing reaches, noreturn functions that end and others that never do, labels
/// that nobody goes to.
void lint_flow(Model const& model, std::vector<CheckedBuild> const& builds, Findings& findings);

/// Bodies that accept nearly everything; counts what was tried.
void lint_looseness(CheckedBuild const& build, std::size_t index, Findings& findings,
                    LintReport& report);

/// Guards, effects, collections, conditions and sets that nobody names in any build.
void lint_unused(Model const& model, std::vector<CheckedBuild> const& builds, Findings& findings);

/// The parsed file that an id of the program stands for.
ast::File const& file_of(Program const& program, FileId id);

} // namespace kflow::model
