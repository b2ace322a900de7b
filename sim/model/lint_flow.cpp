// Rules on what can run: unreachable lines, ends of functions, labels, looseness, unused
// declarations.
#include "sim/model/flow_analysis.hpp"
#include "sim/model/lint_parts.hpp"
#include "sim/model/looseness.hpp"
#include "sim/model/reporter.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace kflow::model {

namespace {

using Place = std::pair<std::uint32_t, std::uint32_t>; // file index, line

/// What is said of a line only if it holds in every build that has the line.
struct LineUse {
    bool used = false;
    std::uint32_t column = 0;
    std::string_view name;
};

class FlowLint {
public:
    FlowLint(Model const& model, Findings& findings) : model_(model), findings_(findings) {}

    void add(Program const& program, std::vector<Label> const& labels, std::size_t build) {
        for (std::size_t i = 0; i < program.functions.size(); ++i) {
            auto const id = static_cast<FunctionId>(i);
            if (program[id].has_body) {
                function(program, id, build);
            }
        }
        for (auto const& label : labels) {
            auto const file = static_cast<std::uint32_t>(index_of(program[label.function].file));
            auto& use = labels_[{file, label.name.line}];
            use.used = use.used || label.used;
            use.name = label.name.text;
            use.column = label.name.column;
        }
    }

    void report() {
        Place last{0, 0};
        for (auto const& [place, use] : lines_) {
            // One finding for a run of lines: the first says it all.
            bool const follows = place.first == last.first && place.second <= last.second + 1;
            if (!use.used) {
                if (!follows) {
                    findings_.add(diagnostic_at(*model_.files()[place.first], place.second,
                                                use.column, "nothing can reach this line"));
                }
                last = place;
            }
        }
        for (auto const& [place, use] : labels_) {
            if (!use.used) {
                findings_.add(diagnostic_at(*model_.files()[place.first], place.second, use.column,
                                            fmt::format("nobody goes to label \"{}\"", use.name),
                                            "", Severity::warning));
            }
        }
    }

private:
    void function(Program const& program, FunctionId id, std::size_t build) {
        auto const& f = program[id];
        auto const& file = file_of(program, f.file);
        auto const reachable = reachable_instructions(program, id);
        auto const body = program.body(id);
        for (std::size_t i = 0; i < body.size(); ++i) {
            if (body[i].column == 0 || body[i].cleanup) {
                continue; // the implicit end, the ladder
            }
            auto& use = lines_[{static_cast<std::uint32_t>(index_of(f.file)), body[i].line}];
            use.used = use.used || reachable[i];
            use.column = body[i].column;
        }
        bool const returns = can_return(program, id, reachable);
        if (f.noreturn && returns && body.size() > 1) {
            findings_.add(build,
                          diagnostic_at(file, f.line, 1,
                                        fmt::format("\"{}\" is noreturn, but can return", f.name)));
        } else if (!f.noreturn && !returns && body.size() > 1) {
            findings_.add(build, diagnostic_at(file, f.line, 1,
                                               fmt::format("\"{}\" can never return", f.name),
                                               "say so: `fn NAME noreturn`"));
        }
    }

    Model const& model_;
    Findings& findings_;
    std::map<Place, LineUse> lines_;
    std::map<Place, LineUse> labels_;
};

constexpr int kFewestMutants = 8;

} // namespace

void lint_flow(Model const& model, std::vector<CheckedBuild> const& builds, Findings& findings) {
    FlowLint flow(model, findings);
    for (std::size_t i = 0; i < builds.size(); ++i) {
        flow.add(builds[i].resolution.program, builds[i].resolution.labels, i);
    }
    flow.report();
}

void lint_looseness(CheckedBuild const& build, std::size_t index, Findings& findings,
                    LintReport& report) {
    auto const& program = build.resolution.program;
    for (std::size_t i = 0; i < program.functions.size(); ++i) {
        auto const id = static_cast<FunctionId>(i);
        auto const found = measure_looseness(program, id);
        report.mutants += static_cast<std::size_t>(found.mutants);
        report.accepted += static_cast<std::size_t>(found.accepted);
        if (found.mutants < kFewestMutants || found.accepted * 4 < found.mutants * 3) {
            continue;
        }
        auto const& f = program[id];
        findings.add(index,
                     diagnostic_at(file_of(program, f.file), f.line, 1,
                                   fmt::format("the body of \"{}\" accepts nearly everything: {} "
                                               "of {} lists of calls changed at random",
                                               f.name, found.accepted, found.mutants),
                                   "say when each call is made, by guards"));
    }
}

void lint_unused(Model const& model, std::vector<CheckedBuild> const& builds, Findings& findings) {
    using Kind = ast::Declaration::Kind;
    std::set<std::pair<Kind, std::string_view>> used;
    for (auto const& file : model.files()) {
        for (auto const& s : file->statements) {
            using Statement = ast::Statement::Kind;
            switch (s.kind) {
            case Statement::condition:
                used.insert({Kind::guard, s.name.text});
                break;
            case Statement::effect:
                used.insert({Kind::effect, s.name.text});
                break;
            case Statement::each:
                used.insert({Kind::collection, s.name.text});
                break;
            case Statement::via:
                used.insert({Kind::set, s.alias.text});
                break;
            case Statement::wait:
                used.insert({Kind::condition, s.name.text});
                break;
            default:
                break;
            }
        }
        for (auto const& m : file->via_members) {
            used.insert({Kind::guard, m.guard.text});
        }
    }
    for (auto const& file : model.files()) {
        for (auto const& d : file->declarations) {
            if (d.kind != Kind::function && !d.name.text.empty() && !builds.empty() &&
                used.count({d.kind, d.name.text}) == 0) {
                findings.add(diagnostic_at(*file, d.name,
                                           fmt::format("nobody uses \"{}\"", d.name.text), "",
                                           Severity::warning));
            }
        }
    }
}

} // namespace kflow::model
