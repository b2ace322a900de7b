#include "sim/trace/forest_order.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace kflow::trace {

/// Bottom up without recursion: a call is added to its caller once all calls below it were added to
/// it.
void count_calls(CallForest& forest) {
    auto& calls = forest.calls;
    std::vector<std::uint32_t> waiting(calls.size(), 0);
    for (Call const& call : calls) {
        if (call.parent != Call::kNone) {
            ++waiting[call.parent];
        }
    }
    std::vector<std::uint32_t> leaves;
    for (std::uint32_t i = 0; i < calls.size(); ++i) {
        if (waiting[i] == 0) {
            leaves.push_back(i);
        }
    }
    for (std::uint32_t const leaf : leaves) {
        Call const* call = &calls[leaf];
        while (call->parent != Call::kNone) {
            Call& parent = calls[call->parent];
            parent.calls += call->calls;
            if (call->last_event > parent.last_event) {
                parent.last_event = call->last_event;
                parent.last_line = call->last_line;
            }
            if (--waiting[call->parent] > 0) {
                break;
            }
            call = &parent;
        }
    }
}

std::vector<std::uint32_t> put_in_order(CallForest& forest) {
    std::vector<std::uint32_t> order(forest.calls.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::sort(order, {}, [&forest](std::uint32_t index) {
        Call const& call = forest.calls[index];
        return std::pair(call.first_event, ~call.calls); // of two, the one with more below it
    });
    std::vector<std::uint32_t> number(order.size());
    std::vector<Call> calls;
    calls.reserve(order.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        number[order[i]] = i;
        calls.push_back(std::move(forest.calls[order[i]]));
    }
    auto const renumber = [&number](std::vector<CallChild>& children) {
        for (CallChild& child : children) {
            child.index = child.kind == CallChild::Kind::call ? number[child.index] : child.index;
        }
    };
    for (Call& call : calls) {
        call.parent = call.parent == Call::kNone ? Call::kNone : number[call.parent];
        renumber(call.children);
    }
    for (TaskCalls& task : forest.tasks) {
        renumber(task.roots);
    }
    forest.calls = std::move(calls);
    return number;
}

} // namespace kflow::trace
