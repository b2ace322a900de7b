#include "sim/check/code_texts.hpp"

#include <algorithm>
#include <map>

namespace kflow::check {
namespace {

using model::FunctionId;

constexpr auto kNoCallNumber = ~std::size_t{0};

} // namespace

CodeTexts::CodeTexts(model::Program const& program, FunctionId outer, Possible const& possible)
    : program_(program), outer_(outer), texts_{outer} {
    for (std::size_t t = 0; t < texts_.size(); ++t) {
        add_text(texts_[t], possible);
    }
}

void CodeTexts::add_text(FunctionId text, Possible const& possible) {
    for (auto const& code : program_.body(text)) {
        if (code.op == model::Op::call) {
            auto const callee = static_cast<FunctionId>(code.subject);
            add_call({text, callee, false, possible(text, callee)});
        } else if (code.op == model::Op::via) {
            for (auto const& member : program_.in_members(code.members)) {
                if (member.callee != model::kNone<FunctionId>) {
                    add_call({text, member.callee, true, {.may_be_called = true}});
                }
            }
        }
    }
}

void CodeTexts::add_call(Call call) {
    auto const is_same = [&](Call const& c) {
        return c.caller == call.caller && c.callee == call.callee &&
               c.through_pointer == call.through_pointer;
    };
    if (std::ranges::any_of(calls_, is_same)) {
        return;
    }
    if (call.possible.may_be_inlined && program_[call.callee].has_body &&
        std::ranges::find(texts_, call.callee) == texts_.end()) {
        texts_.push_back(call.callee);
    }
    calls_.push_back(call);
}

std::optional<std::vector<std::size_t>> CodeTexts::way(std::vector<FunctionId> const& ends,
                                                       CallNumber barred) const {
    std::map<FunctionId, CallNumber> reached{{outer_, kNoCallNumber}}; // by which call
    std::vector<FunctionId> work{outer_};
    for (std::size_t w = 0; w < work.size(); ++w) {
        auto const text = work[w];
        if (std::ranges::find(ends, text) != ends.end()) {
            std::vector<CallNumber> calls;
            for (auto at = text; at != outer_; at = calls_[calls.back()].caller) {
                calls.push_back(reached.at(at));
            }
            return calls;
        }
        for (CallNumber c = 0; c < calls_.size(); ++c) {
            auto const& call = calls_[c];
            if (c != barred && call.caller == text && call.possible.may_be_inlined &&
                program_[call.callee].has_body && reached.try_emplace(call.callee, c).second) {
                work.push_back(call.callee);
            }
        }
    }
    return std::nullopt;
}

CodeTexts::Told CodeTexts::told(FunctionId callee) const {
    std::vector<FunctionId> ends;
    auto is_direct = true;
    auto is_open = false;
    for (auto const& call : calls_) {
        if (call.callee == callee && call.possible.may_be_called) {
            ends.push_back(call.caller);
            is_direct = is_direct && !call.through_pointer;
            is_open = call.possible.is_open();
        }
    }
    Told told;
    auto const calls = way(ends, kNoCallNumber);
    if (!calls) {
        return told;
    }
    for (auto const number : *calls) {
        auto const& call = calls_[number];
        if (call.possible.is_open() && !way(ends, number)) {
            told.inlined.push_back({call.caller, call.callee, outer_});
        }
    }
    if (ends.size() == 1 && is_direct && is_open) {
        told.called = OpenCall{ends.front(), callee, outer_};
    }
    return told;
}

} // namespace kflow::check
