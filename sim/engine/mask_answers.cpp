#include "sim/engine/mask_answers.hpp"

#include "sim/engine/mask.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace kflow::engine {

namespace {

using model::FunctionId;
using model::kNone;
using model::MaskedCall;
using model::Pc;

/// Goes through every function in every symbol that its code stands in.
class Answers {
public:
    Answers(model::Program const& program, build::BuildFacts const& build)
        : program_(program), mask_(program, build), calls_(program.code.size()) {}

    AnsweredMask all() {
        for (std::size_t n = 0; n < program_.functions.size(); ++n) {
            auto const function = static_cast<FunctionId>(n);
            reach(function, mask_.call(~Pc{0}, kNone<FunctionId>, function, 0, true).symbol);
        }
        while (!open_.empty()) {
            auto const [function, outer] = open_.back();
            open_.pop_back();
            for (auto const& instruction : program_.body(function)) {
                follow(function, instruction, outer);
            }
        }
        return collected();
    }

private:
    void reach(FunctionId function, std::uint64_t symbol) {
        if (symbol != 0) {
            symbols_.emplace(symbol, mask_.symbol(symbol));
            if (program_[function].has_body && reached_.emplace(function, symbol).second) {
                open_.emplace_back(function, symbol);
            }
        }
    }

    void follow(FunctionId caller, model::Instruction const& i, std::uint64_t outer) {
        auto const pc = static_cast<Pc>(&i - program_.code.data());
        if (i.op == model::Op::call) {
            answer(pc, caller, static_cast<FunctionId>(i.subject), outer, false);
        } else if (i.op == model::Op::via) {
            for (auto const& member : program_.in_members(i.members)) {
                if (member.callee != kNone<FunctionId>) {
                    answer(pc, caller, member.callee, outer, true);
                }
            }
        }
    }

    void answer(Pc pc, FunctionId caller, FunctionId callee, std::uint64_t outer, bool indirect) {
        auto const found = mask_.call(pc, caller, callee, outer, indirect);
        calls_[pc].push_back({outer, found.symbol, callee, found.return_offset,
                              static_cast<std::uint64_t>(found.show)});
        reach(callee, found.symbol);
    }

    AnsweredMask collected() {
        AnsweredMask result;
        for (auto& calls : calls_) {
            std::sort(calls.begin(), calls.end(), [](MaskedCall const& a, MaskedCall const& b) {
                return std::tie(a.callee, a.outer) < std::tie(b.callee, b.outer);
            });
            result.first.push_back(static_cast<std::uint32_t>(result.calls.size()));
            result.calls.insert(result.calls.end(), calls.begin(), calls.end());
        }
        result.first.push_back(static_cast<std::uint32_t>(result.calls.size()));
        for (auto const& [address, symbol] : symbols_) {
            result.symbols.push_back(
                {symbol.name, symbol.file, address, symbol.size, symbol.traced ? 1U : 0U});
        }
        return result;
    }

    model::Program const& program_;
    Mask mask_;
    std::vector<std::vector<MaskedCall>> calls_; ///< by instruction
    std::map<std::uint64_t, build::Symbol> symbols_;
    std::set<std::pair<FunctionId, std::uint64_t>> reached_;
    std::vector<std::pair<FunctionId, std::uint64_t>> open_;
};

} // namespace

AnsweredMask answer_mask(model::Program const& program, build::BuildFacts const& build) {
    return Answers(program, build).all();
}

} // namespace kflow::engine
