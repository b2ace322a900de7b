#include "sim/check/frames.hpp"

#include <algorithm>

namespace kflow::check {

using model::FunctionId;
using model::Op;
using model::Pc;
using model::RoleId;

FrameIndex Frames::add(Frame frame) {
    frames_.push_back(std::move(frame));
    return static_cast<FrameIndex>(frames_.size() - 1);
}

std::vector<FunctionId> Frames::callers(FrameIndex frame) const {
    std::vector<FunctionId> all;
    for (auto f = frame; f != kNoFrame; f = frames_[f].parent) {
        all.push_back(frames_[f].function);
        if (frames_[f].own_code) {
            break;
        }
    }
    return all;
}

bool Frames::is_around(FrameIndex frame, FunctionId function) const {
    while (frame != kNoFrame && frames_[frame].function != function) {
        frame = frames_[frame].parent;
    }
    return frame != kNoFrame;
}

Frames::RoleUse const& Frames::use_of(FunctionId function) {
    auto const known = uses_.find(function);
    if (known != uses_.end()) {
        return known->second;
    }
    RoleUse use;
    auto const& f = program_[function];
    for (Pc pc = f.entry; pc < f.entry + f.size; ++pc) {
        auto const& code = program_.code[pc];
        for (auto const& b : program_.in_bindings(code.bindings)) {
            use.places.push_back(b.object);
        }
        if (code.op == Op::via) {
            for (auto const& m : program_.in_members(code.members)) {
                for (auto const& b : program_.in_bindings(m.bindings)) {
                    use.places.push_back(b.object);
                }
            }
        }
        if (code.op == Op::each_next) {
            use.loops.push_back({pc + 1, code.target, code.role});
        }
    }
    std::sort(use.places.begin(), use.places.end());
    use.places.erase(std::unique(use.places.begin(), use.places.end()), use.places.end());
    return uses_.emplace(function, std::move(use)).first->second;
}

Reference Frames::resolve(FrameIndex frame, Pc pc, RoleId role) {
    auto const scope = everything(frame, pc);
    if (role == model::kCurrent) {
        return {Reference::Kind::current, role, 0};
    }
    auto const found = scope.find(role);
    return found != scope.end() ? found->second : Reference{Reference::Kind::outer, role, 0};
}

/// All roles that the frame and those around it know.
std::map<RoleId, Reference> Frames::everything(FrameIndex frame, Pc pc) {
    std::vector<std::pair<FrameIndex, Pc>> chain;
    for (auto f = frame; f != kNoFrame; pc = frames_[f].call, f = frames_[f].parent) {
        chain.emplace_back(f, pc);
    }
    std::map<RoleId, Reference> all;
    for (auto i = chain.rbegin(); i != chain.rend(); ++i) {
        auto const [f, at] = *i;
        for (auto const& [role, reference] : frames_[f].bound) {
            all[role] = reference;
        }
        auto const& use = use_of(frames_[f].function);
        for (auto const role : use.places) {
            all.try_emplace(role, Reference{Reference::Kind::local, role, f});
        }
        for (auto const& loop : use.loops) {
            if (loop.first <= at && at < loop.last) {
                all[loop.role] = {Reference::Kind::member, loop.role, f};
            }
        }
    }
    all.erase(model::kCurrent);
    return all;
}

ScopeIndex Frames::scope_of(FrameIndex frame, Pc pc, std::vector<model::Binding> const& more) {
    auto all = everything(frame, pc);
    auto const before = all;
    auto const bind = [&](model::Binding const& b) {
        auto const found = before.find(b.object);
        all[b.role] = b.object == model::kCurrent
                          ? Reference{Reference::Kind::current, b.object, 0}
                      : found != before.end() ? found->second
                                              : Reference{Reference::Kind::outer, b.object, 0};
    };
    for (auto const& b : program_.in_bindings(program_.code[pc].bindings)) {
        bind(b);
    }
    for (auto const& b : more) {
        bind(b);
    }
    Scope scope(all.begin(), all.end());
    auto const [known, is_new] =
        scopes_.emplace(scope, static_cast<ScopeIndex>(list_.size()));
    if (is_new) {
        list_.push_back(std::move(scope));
    }
    return known->second;
}

} // namespace kflow::check
