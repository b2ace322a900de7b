#include "sim/kernel/scope.hpp"

namespace kflow::kernel {

RoleNames::RoleNames(std::vector<std::string_view> const& roles) {
    for (auto const role : roles) {
        add(role);
    }
}

model::RoleId RoleNames::add(std::string_view role) {
    auto const next = static_cast<model::RoleId>(ids_.size());
    auto const id = ids_.emplace(role, next).first->second;
    if (role == "task") {
        task_ = id;
    }
    return id;
}

model::RoleId RoleNames::find(std::string_view role) const {
    if (role == "task") {
        return task_; // what nearly everybody asks for
    }
    auto const found = ids_.find(role);
    return found == ids_.end() ? model::kNone<model::RoleId> : found->second;
}

Object Scope::object(std::string_view role) const {
    if (role == "current") {
        return object_of(current);
    }
    auto const id = names_.find(role);
    if (id == model::kNone<model::RoleId>) {
        return {};
    }
    auto const& stack = self().stack;
    for (auto const& binding : overlay_) {
        if (binding.role == id) {
            return stack.places[binding.place];
        }
    }
    return stack.find(id);
}

void Scope::bind(std::string_view role, Object object) const {
    auto const id = names_.find(role);
    if (id == model::kNone<model::RoleId>) {
        return; // nobody in the model ever asks for it
    }
    auto& stack = edit_self().stack;
    for (auto const& binding : overlay_) {
        if (binding.role == id) {
            stack.places[binding.place] = object;
            return;
        }
    }
    stack.set(id, object);
}

TaskId Scope::task_id(std::string_view role) const {
    auto const found = object(role);
    if (found.kind == ObjectKind::task && machine.tasks.has(static_cast<TaskId>(found.id))) {
        return static_cast<TaskId>(found.id);
    }
    return current;
}

} // namespace kflow::kernel
