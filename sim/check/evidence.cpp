#include "sim/check/evidence.hpp"

#include <algorithm>
#include <array>

namespace kflow::check {

namespace object {

namespace {
constexpr int kKindShift = 60;
constexpr std::uint64_t kLowHalf = 0xffffffffU;
constexpr std::uint32_t kBornBits = 0xfffffffU;
} // namespace

kernel::ObjectId task(std::int32_t pid, std::uint32_t life) {
    auto const low = static_cast<std::uint64_t>(static_cast<std::uint32_t>(pid));
    auto const high = static_cast<std::uint64_t>(life & kBornBits) << 32;
    return {static_cast<std::uint64_t>(Kind::task) << kKindShift | high | low};
}
kernel::ObjectId place(std::uint32_t number) {
    return {static_cast<std::uint64_t>(Kind::place) << kKindShift | number};
}
kernel::ObjectId fresh(std::uint32_t number) {
    return {static_cast<std::uint64_t>(Kind::fresh) << kKindShift | number};
}
Kind kind(kernel::ObjectId id) {
    return static_cast<Kind>(id.value >> kKindShift);
}
std::uint32_t born(kernel::ObjectId id) {
    return kind(id) == Kind::task ? static_cast<std::uint32_t>(id.value >> 32) & kBornBits : 0;
}
std::uint32_t number(kernel::ObjectId id) {
    return static_cast<std::uint32_t>(id.value & kLowHalf);
}

} // namespace object

Evidence::Evidence(model::Program const& program_, build::BuildFacts const& facts,
                   trace::EventWindow const& events_, Forest const& forest_,
                   History const& history_, Names const& functions)
    : program(program_), events(events_), forest(forest_), history(history_), facts_(facts),
      functions_(functions) {
    rules_.resize(program.guards.size());
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        rules_[i].rule = rule_for(program.guards[i].name, rules_[i].parameter);
    }
    trace::Name const do_wait("do_wait");
    for (CallIndex c = 0; c < forest.calls().size(); ++c) {
        if (forest[c].name == do_wait) {
            waits_[pid_of(c)].push_back(c);
        }
    }
}

kernel::Answer Evidence::answer(model::GuardId guard, kernel::RoleScope const& roles) const {
    auto const& known = rules_[model::index_of(guard)];
    if (!known.rule) {
        return kernel::Answer::unknown;
    }
    auto const& scope = static_cast<CallScope const&>(roles);
    return known.rule({*this, scope.call(), scope, guard, known.parameter});
}

namespace {

/// Pages of a kernel stack: arch/arm64/include/asm/memory.h, THREAD_SIZE / PAGE_SIZE.
std::optional<std::uint64_t> stack_pages(build::BuildFacts const& facts) {
    constexpr int kMinThreadShift = 14;
    auto const small = facts.config_enabled("ARM64_4K_PAGES");
    auto const medium = facts.config_enabled("ARM64_16K_PAGES");
    auto const large = facts.config_enabled("ARM64_64K_PAGES");
    if (!facts.config_enabled("VMAP_STACK") || !(small || medium || large)) {
        return std::nullopt;
    }
    auto const checked =
        facts.config_enabled("KASAN_GENERIC") || facts.config_enabled("KASAN_SW_TAGS");
    auto const page_shift = small ? 12 : medium ? 14 : 16;
    auto const thread_shift = std::max(kMinThreadShift + (checked ? 1 : 0), page_shift);
    return std::uint64_t{1} << (thread_shift - page_shift);
}

} // namespace

std::optional<std::uint64_t> Evidence::count(model::CollectionId collection,
                                             kernel::RoleScope const& roles) const {
    auto const& asked = program.collections[model::index_of(collection)];
    if (asked.name == "stack_page") {
        return stack_pages(facts_);
    }
    auto const all = asked.name == "thread" || asked.name == "target_thread";
    if (!all && asked.name != "other_thread") {
        return std::nullopt;
    }
    auto const& scope = static_cast<CallScope const&>(roles);
    auto const object = scope.object(asked.owner);
    if (object::kind(object) != object::Kind::task) {
        return std::nullopt;
    }
    auto const event = forest[scope.call()].first_event;
    auto const* life = history.life(static_cast<std::int32_t>(object::number(object)), event);
    auto const listed = life ? history.threads_listed(life->group, event) : std::nullopt;
    // A thread that dies while the list is walked may be in it or not.
    auto const later =
        life ? history.threads_listed(life->group, forest[scope.call()].last_event) : std::nullopt;
    if (!listed || listed != later) {
        return std::nullopt;
    }
    return *listed - (all ? 0 : 1);
}

std::vector<CallIndex> const& Evidence::waits_of(std::int32_t pid) const {
    static std::vector<CallIndex> const none;
    auto const found = waits_.find(pid);
    return found == waits_.end() ? none : found->second;
}

bool Evidence::has_rule(model::GuardId guard) const {
    return rules_[model::index_of(guard)].rule != nullptr;
}

CallIndex Evidence::around(CallIndex call, std::string_view function) const {
    for (; call != kNoCall; call = forest[call].parent) {
        if (forest[call].name.view() == function) {
            return call;
        }
    }
    return kNoCall;
}

CallIndex Evidence::root(CallIndex call) const {
    while (call != kNoCall && forest[call].parent != kNoCall) {
        call = forest[call].parent;
    }
    return call;
}

bool Evidence::enters_again(CallIndex call) const {
    auto const around = root(call);
    auto const& roots = forest.trees.tasks[forest[around].task].roots;
    auto const place = std::ranges::find_if(roots, [&](Child const& child) {
        return !Forest::is_event(child) && child.index == around;
    });
    auto const enters = [&](Child const& child) { // System calls, and what a program runs into.
        if (Forest::is_event(child)) {
            return false;
        }
        auto const name = forest[child.index].name.view();
        return name.starts_with("do_el0_") || name.starts_with("__arm64_sys_") ||
               name == "do_mem_abort" || name == "do_breakpoint" || name == "do_watchpoint" ||
               name == "do_debug_exception";
    };
    return place != roots.end() && std::any_of(std::next(place), roots.end(), enters);
}

std::vector<trace::TraceEvent const*> Evidence::events_inside(CallIndex call,
                                                              std::string_view name) const {
    std::vector<trace::TraceEvent const*> found;
    if (call == kNoCall || !shows(name)) {
        return found;
    }
    auto const& c = forest[call];
    auto const& own = forest.events[c.task];
    auto const first = std::lower_bound(own.begin(), own.end(), c.first_event);
    for (auto i = first; i != own.end() && *i <= c.last_event; ++i) {
        auto const* fields = events[*i].as<trace::TraceEvent>();
        if (fields && fields->name.view() == name) {
            found.push_back(fields);
        }
    }
    return found;
}

trace::TraceEvent const* Evidence::event_inside(CallIndex call, std::string_view name) const {
    auto const all = events_inside(call, name);
    return all.empty() ? nullptr : all.front();
}

bool Evidence::calls_inside(CallIndex call, std::string_view function) const {
    if (call == kNoCall) {
        return false;
    }
    auto const last = forest[call].last_event;
    auto const task = forest[call].task;
    for (auto i = call; i < forest.calls().size() && forest[i].first_event <= last; ++i) {
        if (forest[i].task == task && forest[i].name.view() == function) {
            return true;
        }
    }
    return false;
}

std::int32_t Evidence::pid_of(CallIndex call) const {
    if (call == kNoCall) {
        return 0;
    }
    auto const& task = forest.trees.tasks[forest[call].task];
    return task.pid ? task.pid->value : -1;
}

Life const* Evidence::life_of(CallIndex call) const {
    return call == kNoCall ? nullptr : history.life(pid_of(call), forest[call].first_event);
}

} // namespace kflow::check
