#include "sim/engine/mask_answers.hpp"

#include "sim/engine/impl.hpp"
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
using model::Silence;

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

    /// In whatever symbol the instruction stands.
    Silence silence_of(Pc pc) {
        if (program_.code[pc].op != model::Op::call || calls_[pc].empty()) {
            return Silence::no;
        }
        auto least = Silence::always;
        for (auto const& call : calls_[pc]) {
            least = std::min(least, silence(call));
        }
        return least;
    }

    Silence silence(MaskedCall const& call) {
        if (static_cast<kernel::Show>(call.show) == kernel::Show::visible ||
            is_known_to_engine(program_[call.callee].name)) {
            return Silence::no;
        }
        if (!program_[call.callee].has_body) {
            return Silence::always;
        }
        auto const [known, is_new] = silent_.try_emplace({call.callee, call.symbol}, Silence::no);
        if (is_new) { // meanwhile `no`: what calls itself is not silent
            known->second = silence_of_body(call.callee, call.symbol);
        }
        return known->second;
    }

    /// Its calls are all silent, and besides them it only goes on: past every `maybe`, and as the
    /// defaults say.
    Silence silence_of_body(FunctionId function, std::uint64_t symbol) {
        auto found = Silence::always;
        for (Pc pc = program_[function].entry; program_.code[pc].op != model::Op::ret;) {
            if (program_.code[pc].op == model::Op::call) {
                found = std::min(found, silence_at(pc, symbol));
            } else if (program_.code[pc].op != model::Op::jump) {
                found = std::min(found, Silence::usual);
            }
            auto const next = usual_next(pc);
            if (next <= pc || found == Silence::no) {
                return Silence::no; // a loop, or something happens
            }
            pc = next;
        }
        return found;
    }

    /// Where a run goes on that takes no `maybe`; 0 behind what does something.
    Pc usual_next(Pc pc) const {
        auto const& i = program_.code[pc];
        switch (i.op) {
        case model::Op::call:
            return pc + 1;
        case model::Op::maybe:
        case model::Op::jump:
            return i.target;
        case model::Op::branch: {
            auto const& guard = program_.guards[i.subject];
            if (kernel::find_guard(guard.name)) {
                return 0; // the machine's state decides
            }
            return guard.default_answer == i.negate ? i.target : pc + 1;
        }
        default:
            return 0;
        }
    }

    Silence silence_at(Pc pc, std::uint64_t outer) {
        auto const callee = static_cast<FunctionId>(program_.code[pc].subject);
        auto const& calls = calls_[pc];
        auto const call = std::find_if(calls.begin(), calls.end(), [&](MaskedCall const& one) {
            return one.callee == callee && one.outer == outer;
        });
        return call == calls.end() ? Silence::no : silence(*call);
    }

    AnsweredMask collected() {
        AnsweredMask result;
        for (Pc pc = 0; pc < calls_.size(); ++pc) {
            result.silence.push_back(silence_of(pc));
        }
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
    std::map<std::pair<FunctionId, std::uint64_t>, Silence> silent_; ///< by function and its symbol
    std::set<std::pair<FunctionId, std::uint64_t>> reached_;
    std::vector<std::pair<FunctionId, std::uint64_t>> open_;
};

} // namespace

AnsweredMask answer_mask(model::Program const& program, build::BuildFacts const& build) {
    return Answers(program, build).all();
}

} // namespace kflow::engine
