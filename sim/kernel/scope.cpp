#include "sim/kernel/scope.hpp"

namespace kflow::kernel {

RoleNames role_names(model::Program const& program) {
    RoleNames names;
    for (std::size_t i = 0; i < program.roles.size(); ++i) {
        names.emplace(program.roles[i], static_cast<model::RoleId>(i));
    }
    return names;
}

Object Scope::object(std::string_view role) const {
    if (role == "current") {
        return object_of(current);
    }
    auto const name = names_.find(role);
    if (name == names_.end()) {
        return {};
    }
    auto const& stack = self().stack;
    for (auto const& binding : overlay_) {
        if (binding.role == name->second) {
            return stack.places[binding.place];
        }
    }
    return stack.find(name->second);
}

void Scope::bind(std::string_view role, Object object) const {
    auto const name = names_.find(role);
    if (name == names_.end()) {
        return; // nobody in the model ever asks for it
    }
    auto& stack = edit_self().stack;
    for (auto const& binding : overlay_) {
        if (binding.role == name->second) {
            stack.places[binding.place] = object;
            return;
        }
    }
    stack.set(name->second, object);
}

TaskId Scope::task_id(std::string_view role) const {
    auto const found = object(role);
    if (found.kind == ObjectKind::task && machine.tasks.has(static_cast<TaskId>(found.id))) {
        return static_cast<TaskId>(found.id);
    }
    return current;
}

} // namespace kflow::kernel
