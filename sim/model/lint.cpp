#include "sim/model/lint.hpp"

#include "sim/model/lint_parts.hpp"

#include <algorithm>
#include <map>

namespace kflow::model {

namespace {

std::vector<std::string> names_of(std::vector<CheckedBuild> const& builds) {
    std::vector<std::string> names;
    for (auto const& build : builds) {
        names.push_back(build.name);
    }
    return names;
}

void count(Model const& model, LintReport& report) {
    for (auto const& file : model.files()) {
        ++report.files;
        report.statements += file->statements.size();
        for (auto const& d : file->declarations) {
            bool const is_function = d.kind == ast::Declaration::Kind::function;
            ++(is_function ? report.functions : report.declarations);
        }
    }
}

void gather_maybes(std::vector<CheckedBuild> const& builds, LintReport& report) {
    std::map<std::pair<std::string, std::uint32_t>, OpenChoice> found;
    for (auto const& build : builds) {
        auto const& program = build.resolution.program;
        for (auto const& f : program.functions) {
            for (auto const& i :
                 program.body(static_cast<FunctionId>(&f - &program.functions[0]))) {
                if (i.op == Op::maybe) {
                    std::string const file(program[f.file]);
                    auto const reason = program[static_cast<ReasonId>(i.subject)];
                    found.try_emplace({file, i.line}, OpenChoice{file, i.line, std::string(f.name),
                                                                 std::string(reason)});
                }
            }
        }
    }
    for (auto& [place, choice] : found) {
        report.maybes.push_back(std::move(choice));
    }
}

} // namespace

ast::File const& file_of(Program const& program, FileId id) {
    return *program.model->files()[index_of(id)];
}

bool LintReport::has_errors() const {
    return std::any_of(diagnostics.begin(), diagnostics.end(),
                       [](auto const& d) { return d.severity == Severity::error; });
}

LintReport lint(Model const& model, std::vector<CheckedBuild> const& builds) {
    LintReport report;
    Findings findings(names_of(builds));
    for (auto const& diagnostic : model.diagnostics()) {
        findings.add(diagnostic);
    }
    for (auto const& file : model.files()) {
        lint_docs(*file, findings);
    }
    for (std::size_t i = 0; i < builds.size(); ++i) {
        for (auto const& diagnostic : builds[i].resolution.diagnostics) {
            findings.add(i, diagnostic);
        }
        lint_looseness(builds[i], i, findings, report);
    }
    lint_names(builds, findings);
    lint_flow(model, builds, findings);
    if (!findings.has_errors()) { // else what is wrong may be the one that names it
        lint_unused(model, builds, findings);
    }
    report.diagnostics = findings.take();
    count(model, report);
    gather_maybes(builds, report);
    return report;
}

} // namespace kflow::model
