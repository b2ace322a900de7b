#include "sim/check/roles.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {

Roles::Roles(model::Program const& program, Evidence const& evidence, Forest const& forest)
    : evidence_(evidence), forest_(forest), curated_(program), child_(program.find_role("child")),
      task_(program.find_role("task")), sig_(program.find_role("sig")),
      target_(program.find_role("target")), said_at_(forest.calls().size()) {
    name_by_events(program);
}

namespace {

/// Functions that tell by an event whom they were given.
struct Naming {
    std::string_view function;
    std::string_view role;
    std::string_view event; ///< its field `pid` is the task
};

constexpr std::array kNamings{
    Naming{"try_to_wake_up", "task", "sched_waking"},
    Naming{"wake_up_new_task", "child", "sched_wakeup_new"},
    Naming{"__send_signal_locked", "target", "signal_generate"},
};

} // namespace

void Roles::name_by_events(model::Program const& program) {
    for (auto const& naming : kNamings) {
        auto const role = program.find_role(naming.role);
        trace::Name const function(naming.function);
        for (CallIndex c = 0; c < forest_.calls().size(); ++c) {
            if (forest_[c].name != function) {
                continue;
            }
            auto const* event = evidence_.event_inside(c, naming.event);
            auto const pid = event ? event->number("pid") : std::nullopt;
            if (pid && role != model::kNone<model::RoleId>) {
                auto const number = static_cast<std::int32_t>(*pid);
                auto const* life = evidence_.history.life(number, forest_[c].last_event);
                said(c).named.emplace_back(role, object::task(number, life ? life->born : 0));
            }
        }
    }
}

kernel::ObjectId Roles::current(CallIndex call) const {
    auto const pid = evidence_.pid_of(call);
    auto const* life = evidence_.life_of(call);
    return object::task(pid, life ? life->born : 0);
}

Roles::Said& Roles::said(CallIndex call) {
    if (said_at_[call] == 0) {
        said_.emplace_back();
        said_at_[call] = static_cast<std::uint32_t>(said_.size());
    }
    return said_[said_at_[call] - 1];
}

bool Roles::bind(CallIndex callee, Bound bound) {
    if (bound.empty() && said_at_[callee] == 0) {
        return false;
    }
    auto& known = said(callee).bound;
    if (known == bound) {
        return false;
    }
    known = std::move(bound);
    return true;
}

std::size_t Roles::PlaceHash::operator()(Place const& place) const {
    constexpr std::size_t kFactor = 0x9e3779b97f4a7c15;
    auto hash = std::size_t{place.call} << 32 | std::size_t{place.frame};
    hash = hash * kFactor + place.letter;
    return hash * kFactor + static_cast<std::size_t>(place.role);
}

kernel::ObjectId const* Roles::find(CallIndex call, model::RoleId role) const {
    for (; call != kNoCall; call = forest_[call].parent) {
        if (said_at_[call] == 0) {
            continue;
        }
        auto const& said = said_[said_at_[call] - 1];
        for (auto const* const roles : {&said.named, &said.bound}) {
            auto const found = std::ranges::find(*roles, role, &Bound::value_type::first);
            if (found != roles->end()) {
                return &found->second;
            }
        }
    }
    return nullptr;
}

kernel::ObjectId Roles::place(CallIndex call, FrameIndex frame, model::RoleId role,
                              std::size_t letter) {
    // The child that this call makes is the task that its task_newtask names.
    if (role == child_) {
        auto const* event = evidence_.event_inside(call, "task_newtask");
        auto const pid = event ? event->number("pid") : std::nullopt;
        if (pid) {
            auto const child = static_cast<std::int32_t>(*pid);
            auto const* life = evidence_.history.life(child, forest_[call].last_event);
            return object::task(child, life ? life->born : 0);
        }
    }
    auto const [known, is_new] = places_.try_emplace(Place{call, frame, role, letter},
                                                     static_cast<std::uint32_t>(owners_.size()));
    if (is_new) {
        owners_.push_back(call);
    }
    return object::place(known->second);
}

kernel::ObjectId Roles::lookup(CallIndex call, model::RoleId role) {
    if (role == model::kCurrent) {
        return current(call);
    }
    if (auto const* known = find(call, role)) {
        return *known;
    }
    if (role == task_) {
        return current(call);
    }
    return role == sig_ ? place(begin_of_bodies(call), 0, role, sending(call))
                        : place(evidence_.root(call), 0, role, 0);
}

CallIndex Roles::begin_of_bodies(CallIndex call) {
    for (auto caller = forest_[call].parent;
         caller != kNoCall && curated_.has(forest_[caller].name); caller = forest_[call].parent) {
        call = caller;
    }
    return call;
}

std::size_t Roles::sending(CallIndex call) const {
    for (; call != kNoCall; call = forest_[call].parent) {
        if (said_at_[call] == 0) {
            continue;
        }
        for (auto const& [role, object] : said_[said_at_[call] - 1].bound) {
            if (role == target_) {
                return 1 + std::size_t{object::number(object)};
            }
        }
    }
    return 0;
}

kernel::ObjectId Roles::resolve(CallIndex call, Reference const& reference, std::size_t letter) {
    switch (reference.kind) {
    case Reference::Kind::current:
        return current(call);
    case Reference::Kind::outer:
        return lookup(call, reference.role);
    case Reference::Kind::local:
        if (auto const* known = find(call, reference.role)) {
            return *known;
        }
        return place(call, reference.frame, reference.role, 0);
    case Reference::Kind::member:
        return place(call, reference.frame, reference.role, letter + 1);
    }
    return {};
}

Roles::Bound Roles::resolve(CallIndex call, Scope const& scope, std::size_t letter) {
    Bound bound;
    bound.reserve(scope.size());
    for (auto const& [role, reference] : scope) {
        bound.emplace_back(role, resolve(call, reference, letter));
    }
    return bound;
}

CallIndex Roles::owner(kernel::ObjectId object) const {
    return object::kind(object) == object::Kind::place ? owners_[object::number(object)] : kNoCall;
}

} // namespace kflow::check
