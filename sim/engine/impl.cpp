// The model's words bound to what the machine does for them.

#include "sim/engine/impl.hpp"

#include "sim/engine/native_calls.hpp"
#include "sim/trace/event_layout.hpp"

#include <algorithm>
#include <array>

namespace kflow::engine {

using model::index_of;
using model::kNone;

namespace {

/// Roles that the engine binds itself; a model that never names one still has a number for it.
constexpr std::array<std::string_view, 8> kOwnRoles{"task", "prev",   "next",   "child",
                                                    "sig",  "parent", "target", "current"};

struct NamedEntry {
    std::string_view name;
    Entry entry;
};
constexpr std::array<NamedEntry, 8> kEntries{{
    {"__schedule", Entry::schedule},
    {"zap_pid_ns_processes", Entry::zap_pid_ns_processes},
    {"__wake_up_parent", Entry::wake_up_parent},
    {"signalfd_notify", Entry::signalfd_notify},
    {"wake_up_state", Entry::wake_up_state},
    {"wake_up_process", Entry::wake_up_sleeper},
    {"default_wake_function", Entry::wake_up_sleeper},
    {"get_signal", Entry::get_signal},
}};

} // namespace

bool is_known_to_engine(std::string_view name) {
    auto const has = [name](auto const& table) {
        return std::ranges::any_of(table, [name](auto const& row) { return row.name == name; });
    };
    return has(natives()) || has(native_calls()) || has(file_calls()) || has(kEntries);
}

Engine::Impl::Impl(model::Program const& model_, build::BuildFacts const& build_,
                   World const& world_)
    : model(model_), build(build_), world(world_), mask(model_, build_), roles(model_.roles) {
    counts_preemption = build.config_enabled("PREEMPT_COUNT");
    preempts_kernel = build.config_enabled("PREEMPTION");
    lazy = build.config_enabled("PREEMPT_LAZY");
    for (auto const role : kOwnRoles) {
        roles.add(role);
    }
    auto const version = build.version();
    for (auto const& guard : model.guards) {
        guards.push_back({kernel::find_guard(guard.name),
                          guard.scope == model::GuardScope::call &&
                              guard.name != "completion_is_done", // asked before a loop and in it
                          guard.default_answer});
    }
    for (auto const& effect : model.effects) {
        effects.push_back(kernel::find_effect(effect.name));
    }
    for (auto const& collection : model.collections) {
        collections.push_back(kernel::find_collection(collection.name));
    }
    for (auto const& condition : model.conditions) {
        conditions.push_back(kernel::find_condition(condition.name));
    }
    for (auto const name : model.events) {
        events.push_back({std::string(system_of_event(name)), trace::Name(name),
                          trace::event_layout(name, version.major, version.minor),
                          find_fields(name)});
    }
    for (auto const name : model.errnos) {
        errnos.push_back(errno_of(name));
    }
    std::vector<bool> user_file;
    for (auto const file : model.files) {
        user_file.push_back(file.starts_with("glibc/"));
    }
    for (auto const& function : model.functions) {
        user_function.push_back(function.file != kNone<model::FileId> &&
                                user_file[index_of(function.file)]);
    }
    native.resize(model.functions.size());
    for (auto const table : {natives(), native_calls(), file_calls()}) {
        for (auto const& [name, work] : table) {
            auto const id = function(name);
            if (id != kNone<model::FunctionId> && !model[id].has_body) {
                native[index_of(id)] = work;
            }
        }
    }
    entries.resize(model.functions.size(), Entry::plain);
    for (auto const& [name, entry] : kEntries) {
        if (auto const id = function(name); id != kNone<model::FunctionId>) {
            entries[index_of(id)] = entry;
        }
    }
    for (std::size_t n = 0; n < model.code.size(); ++n) {
        if (model.code[n].op == model::Op::ret) {
            return_pc = static_cast<model::Pc>(n);
            break;
        }
    }
    schedule = body_of("schedule");
    schedule_core = function("__schedule");
    user_irq = body_of("el0t_64_irq");
    kernel_irq = body_of("el1h_64_irq");
    wake_up = body_of("try_to_wake_up");
    prev_role = roles.find("prev");
    next_role = roles.find("next");
    task_role = roles.find("task");
    sig_role = roles.find("sig");
    for (std::size_t n = 0; n < model.via_labels.size(); ++n) {
        if (model.via_labels[n].starts_with("syscall_fn")) {
            syscall_label = static_cast<std::uint32_t>(n);
        }
    }
}

model::FunctionId Engine::Impl::first_named(std::string_view name, bool user) const {
    for (auto const id : model.named(name)) {
        if (user_function[index_of(id)] == user) {
            return id;
        }
    }
    return kNone<model::FunctionId>;
}

model::FunctionId Engine::Impl::function(std::string_view name) const {
    return first_named(name, false);
}

model::FunctionId Engine::Impl::library_function(std::string_view name) const {
    return first_named(name, true);
}

model::FunctionId Engine::Impl::body_of(std::string_view name) const {
    auto const id = function(name);
    return id != kNone<model::FunctionId> && model[id].has_body ? id : kNone<model::FunctionId>;
}

bool Engine::Impl::is_wrapper(model::FunctionId id) const {
    auto const name = model[id].name;
    return name.starts_with("__arm64_sys_") || name.starts_with("__se_sys_") ||
           name.starts_with("__do_sys_");
}

bool Engine::Impl::before(int major, int minor) const {
    auto const version = build.version();
    return version.major != major ? version.major < major : version.minor < minor;
}

std::vector<Diagnostic> missing_names(model::Program const& model) {
    std::vector<Diagnostic> missing;
    auto const report = [&](Severity severity, std::string_view kind, auto const& word) {
        Diagnostic diagnostic;
        diagnostic.severity = severity;
        if (word.file != kNone<model::FileId>) {
            diagnostic.place = {std::string(model[word.file]), static_cast<int>(word.line), 0};
        }
        diagnostic.message =
            "the machine has no " + std::string(kind) + " `" + std::string(word.name) + "`";
        missing.push_back(std::move(diagnostic));
    };
    for (auto const& effect : model.effects) {
        if (!kernel::find_effect(effect.name)) {
            report(Severity::error, "effect", effect);
        }
    }
    for (auto const& collection : model.collections) {
        if (!kernel::find_collection(collection.name)) {
            report(Severity::error, "collection", collection);
        }
    }
    for (auto const& condition : model.conditions) {
        if (!kernel::find_condition(condition.name).holds) {
            report(Severity::error, "condition", condition);
        }
    }
    for (auto const& guard : model.guards) {
        if (!kernel::find_guard(guard.name)) {
            report(Severity::warning, "guard", guard);
        }
    }
    for (auto const event : model.events) {
        if (!find_fields(event)) {
            Diagnostic diagnostic;
            diagnostic.message = "the engine has no fields for event `" + std::string(event) + "`";
            missing.push_back(std::move(diagnostic));
        }
    }
    return missing;
}

} // namespace kflow::engine
