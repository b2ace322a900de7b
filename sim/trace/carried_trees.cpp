#include "sim/trace/carried_trees.hpp"

#include <algorithm>

namespace kflow::trace {

void CarriedTrees::copy(std::uint32_t root) {
    std::vector<std::uint32_t> tree{root};
    for (std::size_t i = 0; i < tree.size(); ++i) {
        for (CallChild const& child : from_.calls[tree[i]].children) {
            (child.kind == CallChild::Kind::call ? tree : events_).push_back(child.index);
        }
    }
    std::ranges::sort(tree); // callers first
    for (std::uint32_t const call : tree) {
        add(call);
    }
    for (std::uint32_t const call : tree) {
        for (CallChild& child : to_.calls[number_of(call)].children) {
            child.noise = NoiseKind::none;
            child.index =
                child.kind == CallChild::Kind::call ? number_of(child.index) : child.index;
        }
    }
    add_root(root);
}

void CarriedTrees::copy_path(std::vector<std::uint32_t> const& open) {
    for (std::uint32_t const call : open) {
        Call& copied = add(call);
        copied.children.clear();
        copied.lost = true;
        copied.lost_from = 0;
        if (copied.parent == Call::kNone) {
            add_root(call);
        } else {
            to_.calls[copied.parent].children.push_back(child(call));
        }
    }
}

std::uint32_t CarriedTrees::task(std::uint32_t task) {
    auto const [found, is_new] =
        tasks_.try_emplace(task, static_cast<std::uint32_t>(to_.tasks.size()));
    if (is_new) {
        auto const& before = from_.tasks[task];
        to_.tasks.push_back({before.pid, before.cpu, before.comm, {}});
    }
    return found->second;
}

void CarriedTrees::add_root(std::uint32_t call) {
    to_.tasks[task(from_.calls[call].task)].roots.push_back(child(call));
}

CallChild CarriedTrees::child(std::uint32_t call) const {
    return {CallChild::Kind::call, number_of(call), NoiseKind::none};
}

Call& CarriedTrees::add(std::uint32_t call) {
    numbers_.emplace(call, static_cast<std::uint32_t>(to_.calls.size()));
    Call& copied = to_.calls.emplace_back(from_.calls[call]);
    copied.task = task(copied.task);
    copied.noise = NoiseKind::none;
    copied.calls = 1;
    copied.parent = copied.parent == Call::kNone ? Call::kNone : number_of(copied.parent);
    return copied;
}

} // namespace kflow::trace
