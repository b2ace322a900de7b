#include "sim/check/callers.hpp"

#include <algorithm>

namespace kflow::check {

using model::FunctionId;
using model::Op;

CallerTable::Answer CallerTable::calls(std::string_view caller, std::string_view callee) {
    bool known = false;
    // A name that several files have: whichever of them calls it.
    for (std::size_t i = 0; i < program_.functions.size(); ++i) {
        auto const& f = program_.functions[i];
        if (f.name == caller && f.has_body) {
            known = true;
            if (callees(static_cast<FunctionId>(i)).names.contains(callee)) {
                return Answer::yes;
            }
        }
    }
    return known ? Answer::no : Answer::unknown;
}

bool CallerTable::calls_through_pointer(std::string_view caller) {
    for (std::size_t i = 0; i < program_.functions.size(); ++i) {
        auto const& f = program_.functions[i];
        if (f.name == caller && f.has_body &&
            callees(static_cast<FunctionId>(i)).through_pointer) {
            return true;
        }
    }
    return false;
}

CallerTable::Callees const& CallerTable::callees(FunctionId function) {
    auto const known = table_.find(function);
    if (known != table_.end()) {
        return known->second;
    }
    Callees found;
    std::vector<FunctionId> chain{function};
    std::set<FunctionId> seen{function};
    collect(chain, found, seen);
    return table_.emplace(function, std::move(found)).first->second;
}

/// `chain`: whose text is read, innermost first, up to whose code it is.
void CallerTable::collect(std::vector<FunctionId>& chain, Callees& found,
                          std::set<FunctionId>& seen) const {
    auto const add = [&](FunctionId callee, Shown const& shown) {
        if (shown.visible || shown.part || shown.own_code) {
            found.names.insert(program_[callee].name);
        }
        if (shown.expanded && !shown.own_code && program_[callee].has_body &&
            seen.insert(callee).second) {
            chain.insert(chain.begin(), callee);
            collect(chain, found, seen);
            chain.erase(chain.begin());
        }
    };
    for (auto const& code : program_.body(chain.front())) {
        if (code.op == Op::call) {
            auto const callee = static_cast<FunctionId>(code.subject);
            add(callee, mask_.call(chain, callee, 0));
        } else if (code.op == Op::via) {
            found.through_pointer = true;
            for (auto const& member : program_.in_members(code.members)) {
                if (member.callee != model::kNone<FunctionId>) {
                    add(member.callee, mask_.indirect(chain, member.callee));
                }
            }
        } else if (code.op == Op::emit) {
            auto const event = program_[static_cast<model::EventId>(code.subject)];
            if (mask_.shows_iterator(chain, event)) {
                auto const iterator = program_.find_function("__traceiter_" + std::string(event));
                if (iterator != model::kNone<FunctionId>) {
                    found.names.insert(program_[iterator].name);
                }
            }
        }
    }
}

} // namespace kflow::check
