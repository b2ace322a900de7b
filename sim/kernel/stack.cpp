#include "sim/kernel/stack.hpp"

#include <algorithm>

namespace kflow::kernel {

namespace {
constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
}

std::uint32_t Stack::find_place(model::RoleId role, std::size_t depth) const {
    for (std::size_t n = depth + 1; n-- > 0;) {
        auto const& frame = frames[n];
        for (auto const& binding : frame.roles) {
            if (binding.role == role) {
                return binding.place;
            }
        }
        if (frame.boundary) {
            break;
        }
    }
    return kNowhere;
}

Object Stack::find(model::RoleId role) const {
    if (frames.empty()) {
        return {};
    }
    auto const place = find_place(role, frames.size() - 1);
    return place == kNowhere ? Object{} : places[place];
}

void Stack::set(model::RoleId role, Object object) {
    if (frames.empty()) {
        return;
    }
    if (auto const place = find_place(role, frames.size() - 1); place != kNowhere) {
        places[place] = object;
        return;
    }
    std::size_t entry = frames.size() - 1;
    while (entry > 0 && !frames[entry].boundary) {
        --entry;
    }
    // A place of an older frame is put on top: it lives as long as the places above it are popped
    // by truncation to first_place, so every newer frame must begin after it.
    auto const place = add_place(entry, role, object);
    for (std::size_t n = entry + 1; n < frames.size(); ++n) {
        frames[n].first_place = std::max(frames[n].first_place, place + 1);
    }
}

std::uint32_t Stack::add_place(std::size_t depth, model::RoleId role, Object object) {
    auto const place = static_cast<std::uint32_t>(places.size());
    places.push_back(object);
    frames[depth].roles.push_back({role, place});
    return place;
}

void Stack::pop() {
    places.resize(frames.back().first_place);
    frames.pop_back();
    user_depth = std::min(user_depth, static_cast<std::uint32_t>(frames.size()));
}

} // namespace kflow::kernel
