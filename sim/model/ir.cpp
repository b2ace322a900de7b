#include "sim/model/ir.hpp"

#include "sim/model/model.hpp"

#include <algorithm>

namespace kflow::model {

namespace {

template <typename Id, typename List>
Id find_named(List const& list, std::string_view name) {
    auto const found = std::find_if(list.begin(), list.end(),
                                    [name](auto const& entry) { return entry.name == name; });
    return found == list.end() ? kNone<Id> : static_cast<Id>(found - list.begin());
}

template <typename Id>
Id find_word(std::vector<std::string_view> const& list, std::string_view name) {
    auto const found = std::find(list.begin(), list.end(), name);
    return found == list.end() ? kNone<Id> : static_cast<Id>(found - list.begin());
}

} // namespace

std::span<FunctionId const> Program::named(std::string_view name) const {
    auto const all = by_name.all();
    auto const name_of = [this](FunctionId id) { return (*this)[id].name; };
    auto const first = std::ranges::lower_bound(all, name, {}, name_of);
    auto last = first;
    while (last != all.end() && name_of(*last) == name) {
        ++last;
    }
    return {first, last};
}

FunctionId Program::find_function(std::string_view name, std::string_view file) const {
    auto const found = named(name);
    if (!file.empty()) {
        for (auto const id : found) {
            auto const place = (*this)[id].file;
            if (place == kNone<FileId>) {
                continue;
            }
            auto const path = (*this)[place];
            if (path == file || short_path(path) == file || sources[index_of(place)] == file) {
                return id;
            }
        }
    }
    return found.empty() ? kNone<FunctionId> : found.front();
}

GuardId Program::find_guard(std::string_view name) const {
    return find_named<GuardId>(guards, name);
}
EffectId Program::find_effect(std::string_view name) const {
    return find_named<EffectId>(effects, name);
}
CollectionId Program::find_collection(std::string_view name) const {
    return find_named<CollectionId>(collections, name);
}
ConditionId Program::find_condition(std::string_view name) const {
    return find_named<ConditionId>(conditions, name);
}
EventId Program::find_event(std::string_view name) const {
    return find_word<EventId>(events, name);
}
RoleId Program::find_role(std::string_view name) const {
    return find_word<RoleId>(roles, name);
}

} // namespace kflow::model
