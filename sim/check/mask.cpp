#include "sim/check/mask.hpp"

#include "sim/model/model.hpp"

#include <algorithm>
#include <set>

namespace kflow::check {

BuildMask::BuildMask(model::Program const& program, build::BuildFacts const& facts)
    : program_(program), facts_(facts) {}

std::string BuildMask::file(model::FunctionId function) const {
    auto const id = program_[function].file;
    if (id == model::kNone<model::FileId>) {
        return {};
    }
    auto const path = program_[id];
    auto const* parsed = program_.model ? program_.model->file(path) : nullptr;
    return parsed ? model::source_path(*parsed) : std::string{};
}

namespace {

Shown shown_of(build::Visibility const& visibility) {
    switch (visibility.kind) {
    case build::EdgeKind::visible:
        return {.visible = true};
    case build::EdgeKind::hidden:
        return {.expanded = true, .own_code = true};
    case build::EdgeKind::inlined:
        return {.expanded = true, .part = !visibility.parts.empty()};
    case build::EdgeKind::either:
        return {.visible = visibility.traced, .expanded = true, .part = !visibility.parts.empty()};
    }
    return {};
}

} // namespace

Shown BuildMask::call(Callers callers, model::FunctionId callee, int site) const {
    build::Visibility visibility;
    auto const callee_name = program_[callee].name;
    auto const callee_file = file(callee);
    auto const outer = callers.back();
    auto const outer_file = file(outer);
    for (std::size_t i = 0; i < callers.size(); ++i) {
        auto const caller_file = file(callers[i]);
        auto const found =
            facts_.edge({caller_file, program_[callers[i]].name, callee_file, callee_name,
                         program_[outer].name, outer_file, i == 0 ? site : 0});
        if (i == 0) {
            visibility = found;
        }
        // A macro has no place in DWARF or in the Image: its callers have.
        if (found.provenance != "default" && found.provenance != "symbols") {
            visibility = found;
            break;
        }
    }
    return shown_of(visibility);
}

Shown NearestMask::call(Callers callers, model::FunctionId callee, int site) const {
    auto shown = BuildMask::call(callers, callee, site);
    auto const callee_file = file(callee);
    // What the nearest has no code of, or only a header's, was configured otherwise there.
    auto const known = facts_.symbol_of(program_[callee].name);
    auto const is_new = !known || !known->traced;
    if (callee_file.ends_with(".h") || callee_file == file(callers.back()) || is_new) {
        shown.visible = true;
        shown.expanded = program_[callee].has_body || shown.expanded;
    }
    return shown;
}

Shown BuildMask::indirect(Callers callers, model::FunctionId callee) const {
    auto shown = shown_of(facts_.called(program_[callee].name, file(callee)));
    shown.expanded = shown.expanded || (shown.visible && is_guessed(callers.back(), callee));
    return shown;
}

bool BuildMask::is_guessed(model::FunctionId caller, model::FunctionId callee) const {
    auto const direct_calls = [this](model::FunctionId function) {
        std::set<std::string_view> calls;
        auto const code = facts_.called(program_[function].name, file(function)).code;
        if (code) {
            for (auto const& site : facts_.call_sites(*code)) {
                if (!site.is_indirect) {
                    calls.insert(site.callee);
                }
            }
        }
        return calls;
    };
    auto const inner =
        program_[callee].has_body ? direct_calls(callee) : std::set<std::string_view>();
    return !inner.empty() && std::ranges::includes(direct_calls(caller), inner);
}

bool BuildMask::shows_iterator(Callers callers, std::string_view event) const {
    auto const iterator = "__traceiter_" + std::string(event);
    auto const found =
        facts_.edge({file(callers.front()), program_[callers.front()].name, "", iterator,
                     program_[callers.back()].name, file(callers.back()), 0});
    return found.kind == build::EdgeKind::visible ||
           (found.kind == build::EdgeKind::either && found.traced);
}

} // namespace kflow::check
