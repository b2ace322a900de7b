#include "sim/check/projection.hpp"

namespace kflow::check {

using model::FunctionId;
using model::Op;

Projection::Projection(model::Program const& program, Mask const& mask, Traced traced,
                       std::set<std::string, std::less<>> shown,
                       std::set<std::string, std::less<>> events)
    : program_(program), mask_(mask), traced_(traced), shown_(std::move(shown)) {
    find_reach(events);
}

void Projection::find_reach(std::set<std::string, std::less<>> const& events) {
    auto const count = program_.functions.size();
    std::vector<std::vector<std::size_t>> callees(count);
    leads_.assign(count, 0);
    below_.assign(count, 0);
    for (std::size_t f = 0; f < count; ++f) {
        leads_[f] = shown_.contains(program_.functions[f].name) ? 1 : 0;
        for (auto const& code : program_.body(static_cast<FunctionId>(f))) {
            if (code.op == Op::call) {
                callees[f].push_back(code.subject);
            } else if (code.op == Op::via) {
                for (auto const& member : program_.in_members(code.members)) {
                    if (member.callee != model::kNone<FunctionId>) {
                        callees[f].push_back(model::index_of(member.callee));
                    }
                }
            } else if (code.op == Op::emit &&
                       events.contains(program_[static_cast<model::EventId>(code.subject)])) {
                leads_[f] = 1;
            }
        }
    }
    free_.assign(count, 1);
    for (std::size_t f = 0; f < count; ++f) {
        for (auto const callee : callees[f]) {
            free_[callee] = 0; // Who has callers is free only below one that is free.
        }
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t f = 0; f < count; ++f) {
            for (auto const callee : callees[f]) {
                auto const passes = !shown_.contains(program_.functions[f].name);
                if (free_[f] && passes && !free_[callee]) {
                    free_[callee] = 1;
                    changed = true;
                }
            }
            auto const shown = shown_.contains(program_.functions[f].name);
            for (auto const callee : callees[f]) {
                if (leads_[callee] && !leads_[f]) {
                    leads_[f] = 1;
                    changed = true;
                }
                if ((shown || below_[f]) && !below_[callee]) {
                    below_[callee] = 1;
                    changed = true;
                }
            }
        }
    }
}

Shown Projection::narrow(Shown shown, FunctionId callee) const {
    Shown narrowed;
    if (!leads(callee)) {
        narrowed.nothing = true;
        return narrowed;
    }
    if (shown_.contains(program_[callee].name)) {
        narrowed.visible = shown.visible || shown.part;
        narrowed.entered = traced_ == Traced::entries;
        narrowed.expanded = shown.expanded;
    } else {
        narrowed.expanded = true;
    }
    narrowed.own_code = shown.own_code || shown.visible;
    return narrowed;
}

Shown Projection::call(Callers callers, FunctionId callee, int site) const {
    return narrow(mask_.call(callers, callee, site), callee);
}

Shown Projection::indirect(Callers callers, FunctionId callee) const {
    return narrow(mask_.indirect(callers, callee), callee);
}

Untraced::Untraced(model::Program const& program, Mask const& mask,
                   std::set<std::string, std::less<>> hidden)
    : program_(program), mask_(mask), hidden_(std::move(hidden)) {}

Shown Untraced::hide(Shown shown, FunctionId callee) const {
    if (shown.visible && hidden_.contains(program_[callee].name)) {
        shown.visible = false;
        shown.expanded = true;
        shown.own_code = true;
    }
    return shown;
}

Shown Untraced::call(Callers callers, FunctionId callee, int site) const {
    return hide(mask_.call(callers, callee, site), callee);
}

Shown Untraced::indirect(Callers callers, FunctionId callee) const {
    return hide(mask_.indirect(callers, callee), callee);
}

bool Untraced::shows_iterator(Callers callers, std::string_view event) const {
    return mask_.shows_iterator(callers, event);
}

} // namespace kflow::check
