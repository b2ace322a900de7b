#include "sim/trace/call_profile.hpp"

#include "sim/trace/call_tree.hpp"

#include <algorithm>
#include <set>

namespace kflow::trace {

namespace {

std::string text_of(Name name) {
    return std::string(name.view());
}

class NestedProfile {
public:
    NestedProfile(CallForest const& forest, std::string_view below)
        : forest_(forest), taken_(forest.calls.size(), below.empty()) {
        // A caller stands before what it calls.
        for (std::size_t k = 0; k < taken_.size() && !below.empty(); ++k) {
            auto const& call = forest_.calls[k];
            taken_[k] =
                call.name.view() == below || (call.parent != Call::kNone && taken_[call.parent]);
        }
    }

    CallProfile make() {
        for (std::size_t k = 0; k < taken_.size(); ++k) {
            if (taken_[k] && forest_.calls[k].noise == NoiseKind::none) {
                count(forest_.calls[k]);
            }
        }
        return std::move(profile_);
    }

private:
    void count(Call const& call) {
        auto& function = profile_.functions[text_of(call.name)];
        ++function.calls;
        if (call.parent != Call::kNone && taken_[call.parent]) {
            ++function.callers[text_of(forest_.calls[call.parent].name)];
        }
        std::vector<std::string> order;
        for (auto const child : forest_.own_calls(call)) {
            auto name = text_of(forest_.calls[child].name);
            ++function.callees[name];
            if (order.empty() || order.back() != name) {
                order.push_back(std::move(name));
            }
        }
        if (call.entered && !call.lost) {
            ++function.orders[std::move(order)];
        }
    }

    CallForest const& forest_;
    std::vector<bool> taken_;
    CallProfile profile_;
};

CallProfile flat_profile(Capture const& capture) {
    CallProfile profile;
    profile.nested = false;
    for (auto const& event : capture.events) {
        if (auto const* const call = event.as<FunctionEntry>()) {
            auto const callee = text_of(source_name(call->ip.symbol).name);
            auto const caller = text_of(source_name(call->parent.symbol).name);
            auto& function = profile.functions[callee];
            ++function.calls;
            if (!caller.empty()) {
                ++function.callers[caller];
                ++profile.functions[caller].callees[callee];
            }
        }
    }
    return profile;
}

void keep_below(CallProfile& profile, std::string_view below) {
    std::set<std::string> reached{std::string(below)};
    std::vector<std::string> work(reached.begin(), reached.end());
    while (!work.empty()) {
        auto const function = profile.functions.find(work.back());
        work.pop_back();
        if (function == profile.functions.end()) {
            continue;
        }
        for (auto const& [callee, count] : function->second.callees) {
            if (reached.insert(callee).second) {
                work.push_back(callee);
            }
        }
    }
    std::erase_if(profile.functions,
                  [&reached](auto const& known) { return !reached.contains(known.first); });
}

} // namespace

std::vector<std::string> FunctionCalls::usual_order() const {
    auto const most =
        std::ranges::max_element(orders, {}, [](auto const& order) { return order.second; });
    return most == orders.end() ? std::vector<std::string>() : most->first;
}

CallProfile profile_of(Capture const& capture, std::string_view below) {
    auto const forest = build_call_forest(capture.events);
    if (!forest.calls.empty()) {
        return NestedProfile(forest, below).make();
    }
    auto profile = flat_profile(capture);
    if (!below.empty()) {
        keep_below(profile, below);
    }
    return profile;
}

} // namespace kflow::trace
