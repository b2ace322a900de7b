#include "sim/trace/profile_difference.hpp"

#include <algorithm>
#include <set>

namespace kflow::trace {

namespace {

FunctionCalls const* find(CallProfile const& profile, std::string const& name) {
    auto const known = profile.functions.find(name);
    return known == profile.functions.end() ? nullptr : &known->second;
}

std::size_t count_of(FunctionCalls const& function, std::string const& callee) {
    auto const known = function.callees.find(callee);
    return known == function.callees.end() ? 0 : known->second;
}

/// Callers that a function filter left out have no calls of their own: counts stand for themselves.
double per_call(std::size_t count, std::size_t calls) {
    return static_cast<double>(count) / static_cast<double>(std::max<std::size_t>(calls, 1));
}

bool differs(CalleeDifference const& callee) {
    if (callee.first == 0 || callee.second == 0) {
        return true;
    }
    auto const [less, more] = std::minmax(callee.first_per_call, callee.second_per_call);
    return more >= 2 * less && more - less >= 1;
}

std::vector<CalleeDifference> compare_callees(FunctionCalls const& first,
                                              FunctionCalls const& second) {
    std::set<std::string> names;
    for (auto const* const function : {&first, &second}) {
        for (auto const& [callee, count] : function->callees) {
            names.insert(callee);
        }
    }
    std::vector<CalleeDifference> found;
    for (auto const& name : names) {
        CalleeDifference callee{name, count_of(first, name), count_of(second, name), 0, 0};
        callee.first_per_call = per_call(callee.first, first.calls);
        callee.second_per_call = per_call(callee.second, second.calls);
        if (differs(callee)) {
            found.push_back(std::move(callee));
        }
    }
    return found;
}

/// Without the children that only one of the captures has: those are told apart from the order.
std::vector<std::string> common_part(std::vector<std::string> const& order,
                                     std::vector<std::string> const& other) {
    std::vector<std::string> common;
    for (auto const& name : order) {
        bool const in_both = std::ranges::find(other, name) != other.end();
        if (in_both && (common.empty() || common.back() != name)) {
            common.push_back(name);
        }
    }
    return common;
}

void compare_orders(ProfileDifference::Function& function, FunctionCalls const& first,
                    FunctionCalls const& second) {
    auto const a = first.usual_order();
    auto const b = second.usual_order();
    auto first_order = common_part(a, b);
    auto second_order = common_part(b, a);
    if (first_order != second_order) {
        function.first_order = std::move(first_order);
        function.second_order = std::move(second_order);
    }
}

ProfileDifference::Function compare_function(std::string const& name, FunctionCalls const* first,
                                             FunctionCalls const* second) {
    ProfileDifference::Function function{name, first ? first->calls : 0,
                                         second ? second->calls : 0};
    if (function.in_both()) {
        function.callees = compare_callees(*first, *second);
        compare_orders(function, *first, *second);
        return function;
    }
    for (auto const& [caller, count] : (function.first > 0 ? first : second)->callers) {
        function.callers.push_back(caller);
    }
    return function;
}

} // namespace

bool ProfileDifference::nothing_changed() const {
    return std::ranges::none_of(functions, &Function::is_changed);
}

ProfileDifference compare_profiles(CallProfile const& first, CallProfile const& second) {
    std::set<std::string> names;
    for (auto const* const profile : {&first, &second}) {
        for (auto const& [name, function] : profile->functions) {
            if (function.calls > 0) {
                names.insert(name);
            }
        }
    }
    ProfileDifference result;
    result.orders_known = first.nested && second.nested;
    for (auto const& name : names) {
        result.functions.push_back(compare_function(name, find(first, name), find(second, name)));
    }
    return result;
}

} // namespace kflow::trace
