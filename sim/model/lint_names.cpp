// Rules on names: what the pinned source of the kernel has.
#include "sim/model/lint_parts.hpp"
#include "sim/model/reporter.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace kflow::model {

namespace {

/// Files that a flow file may mirror: the one that it says, and those beside it of another suffix
/// (mm/slab.c and mm/slab.h).
std::vector<std::string> mirrored(std::string_view path, std::string const& source) {
    std::vector<std::string> files{source};
    for (auto const* suffix : {".c", ".h", ".S"}) {
        auto candidate = std::string(short_path(path)) + suffix;
        if (candidate != source) {
            files.push_back(std::move(candidate));
        }
    }
    return files;
}

/// Names that macros make and a lexical list cannot have: tracepoints (include/linux/tracepoint.h)
/// and the helpers of scoped guards (include/linux/cleanup.h).
bool is_generated(build::SourceNames const& names, std::string_view name) {
    auto const starts = [name](std::string_view head) {
        return name.substr(0, head.size()) == head;
    };
    auto const ends = [name](std::string_view tail) {
        return name.size() > tail.size() && name.substr(name.size() - tail.size()) == tail;
    };
    if (starts("__traceiter_") || starts("trace_")) {
        return true;
    }
    return starts("class_") && (ends("_constructor") || ends("_destructor")) &&
           names.knows("DEFINE_CLASS");
}

/// Where the sources of the builds have a function that the model declares in one file.
struct Whereabouts {
    ast::File const* file = nullptr;
    ast::Word name;
    std::string source;         ///< the mirrored file
    bool here = false;          ///< in some build it is in the mirrored file
    std::string_view elsewhere; ///< where it is instead, in some build
    std::string hint;
    std::vector<std::size_t> nowhere; ///< builds whose source does not have it at all
};
using Places = std::map<std::pair<std::uint32_t, std::uint32_t>, Whereabouts>; // file index, line

class NameLint {
public:
    NameLint(CheckedBuild const& build, std::size_t index, Findings& findings, Places& places)
        : build_(build), index_(index), findings_(findings), places_(places),
          program_(build.resolution.program) {}

    void run() {
        for (std::size_t i = 0; i < program_.functions.size(); ++i) {
            auto const id = static_cast<FunctionId>(i);
            auto const& f = program_[id];
            if (f.has_body) {
                declared(f);
                for (auto const& instruction : program_.body(id)) {
                    mentioned(f, instruction);
                }
            }
        }
    }

private:
    void add(ast::File const& file, ast::Word const& at, std::string message, std::string hint) {
        findings_.add(index_, diagnostic_at(file, at, std::move(message), std::move(hint)));
    }

    /// Does the source define the function in the file that the flow file mirrors?
    void declared(Function const& f) {
        auto const path = program_[f.file];
        if (!build_.names || tree_of(path) != "linux" || is_generated(*build_.names, f.name)) {
            return;
        }
        auto const files = mirrored(path, program_.sources[index_of(f.file)]);
        auto& place = places_[{static_cast<std::uint32_t>(index_of(f.file)), f.line}];
        auto const& file = file_of(program_, f.file);
        auto const offset = f.name.data() - line_text(file, f.line).data();
        place.file = &file;
        place.name = {f.name, f.line, static_cast<std::uint32_t>(offset + 1)};
        place.source = files.front();
        auto const defining = build_.names->files_of(f.name);
        bool const found = std::any_of(files.begin(), files.end(), [&](auto const& name) {
            return build_.names->defines(name, f.name);
        });
        if (found) {
            place.here = true;
        } else if (!defining.empty()) {
            place.elsewhere = defining.front();
        } else {
            place.nowhere.push_back(index_);
            place.hint = suggestion(f.name, build_.names->names_in(files.front()));
        }
    }

    void mentioned(Function const& f, Instruction const& i) {
        auto const& file = file_of(program_, f.file);
        ast::Word const at{{}, i.line, i.column};
        if (i.op == Op::call) {
            called(file, at, static_cast<FunctionId>(i.subject));
        } else if (i.op == Op::via) {
            for (auto const& member : program_.in_members(i.members)) {
                if (member.callee != kNone<FunctionId>) {
                    called(file, at, member.callee);
                }
            }
        } else if (i.op == Op::syscall) {
            entered(file, at, program_.syscalls[i.subject]);
        } else if (i.op == Op::emit) {
            emitted(file, at, program_[static_cast<EventId>(i.subject)]);
        }
    }

    /// Is there anything of that name: a body, or an entry in the source's list?
    void called(ast::File const& file, ast::Word const& at, FunctionId id) {
        auto const& callee = program_[id];
        if (!callee.has_body && tree_of(file.path) != "linux") {
            add(file, at, fmt::format("\"{}\" has no body", callee.name),
                "only of the kernel's functions is it known which ones there are");
            return;
        }
        if (callee.has_body || !build_.names || build_.names->knows(callee.name) ||
            is_generated(*build_.names, callee.name) ||
            (build_.has_symbol && build_.has_symbol(callee.name))) {
            return;
        }
        add(file, at,
            fmt::format("\"{}\" has neither a body nor an entry in the source", callee.name),
            suggest_callee(callee.name));
    }

    /// Does the kernel have the system call that the user side makes?
    void entered(ast::File const& file, ast::Word const& at, std::string_view name) {
        auto const function = fmt::format("__arm64_sys_{}", name);
        if (build_.names && !build_.names->knows(function) &&
            !(build_.has_symbol && build_.has_symbol(function))) {
            add(file, at, fmt::format("this kernel has no system call \"{}\"", name), "");
        }
    }

    std::string suggest_callee(std::string_view name) const {
        std::vector<std::string_view> candidates;
        for (auto const& f : program_.functions) {
            if (f.name != name && (f.has_body || build_.names->knows(f.name))) {
                candidates.push_back(f.name);
            }
        }
        return suggestion(name, candidates);
    }

    void emitted(ast::File const& file, ast::Word const& at, std::string_view event) {
        if (build_.events.empty() || tree_of(file.path) != "linux" ||
            std::binary_search(build_.events.begin(), build_.events.end(), event) ||
            (build_.has_symbol && build_.has_symbol(fmt::format("__traceiter_{}", event)))) {
            return;
        }
        std::vector<std::string_view> const names(build_.events.begin(), build_.events.end());
        add(file, at, fmt::format("this build has no tracepoint \"{}\"", event),
            suggestion(event, names));
    }

    CheckedBuild const& build_;
    std::size_t index_;
    Findings& findings_;
    Places& places_;
    Program const& program_;
};

} // namespace

void lint_names(std::vector<CheckedBuild> const& builds, Findings& findings) {
    Places places;
    for (std::size_t i = 0; i < builds.size(); ++i) {
        NameLint(builds[i], i, findings, places).run();
    }
    for (auto const& [key, place] : places) {
        auto const message =
            fmt::format("no function or macro \"{}\" in {}", place.name.text, place.source);
        for (auto const build : place.nowhere) {
            findings.add(build, diagnostic_at(*place.file, place.name, message, place.hint));
        }
        if (!place.here && !place.elsewhere.empty()) { // moved between versions is no error
            findings.add(diagnostic_at(*place.file, place.name, message,
                                       fmt::format("it is in {}", place.elsewhere)));
        }
    }
}

} // namespace kflow::model
