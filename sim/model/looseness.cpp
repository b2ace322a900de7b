#include "sim/model/looseness.hpp"

#include "sim/base/random.hpp"
#include "sim/model/flow_analysis.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace kflow::model {

namespace {

constexpr std::size_t kStateLimit = 4000;
constexpr int kWalks = 6;
constexpr int kMutantsOfAWalk = 4;
constexpr std::size_t kLongestList = 40;
constexpr int kWalkLimit = 2000;

/// A question that must be answered alike wherever it is asked: the guard, and the object that it
/// is asked of.
using Question = std::pair<std::uint32_t, std::uint32_t>;

Question question_of(Program const& program, std::uint32_t guard, Range bindings) {
    auto const& g = program.guards[guard];
    std::uint32_t object = ~std::uint32_t{0};
    if (g.scope == GuardScope::role) {
        object = static_cast<std::uint32_t>(g.role);
        for (auto const& b : program.in_bindings(bindings)) {
            if (b.role == g.role) {
                object = static_cast<std::uint32_t>(b.object);
            }
        }
    }
    return {guard, object};
}

/// A place in the body, and the answers so far: sorted, so that equal states compare equal.
struct State {
    Pc pc = 0;
    std::size_t done = 0;
    std::map<Question, bool> answers;
    auto operator<=>(State const&) const = default;
};

class Acceptor {
public:
    Acceptor(Program const& program, std::vector<Step> const& steps)
        : program_(program), steps_(steps) {}

    Acceptance run(Pc entry) {
        push({entry, 0, {}});
        while (!work_.empty() && !accepted_) {
            if (seen_.size() > kStateLimit) {
                return Acceptance::unknown;
            }
            State const state = std::move(work_.back());
            work_.pop_back();
            advance(state);
        }
        return accepted_ ? Acceptance::yes : Acceptance::no;
    }

private:
    void push(State state) {
        if (seen_.insert(state).second) {
            work_.push_back(std::move(state));
        }
    }

    void go(State const& state, Pc pc) {
        State next = state;
        next.pc = pc;
        push(std::move(next));
    }

    void advance(State const& state) {
        auto const& i = program_.code[state.pc];
        switch (i.op) {
        case Op::call:
            step(state, i, {static_cast<FunctionId>(i.subject), kNone<EventId>});
            return;
        case Op::emit:
            step(state, i, {kNone<FunctionId>, static_cast<EventId>(i.subject)});
            return;
        case Op::via:
            for (auto const& m : program_.in_members(i.members)) {
                if (m.callee == kNone<FunctionId>) {
                    after(state, i);
                } else {
                    step(state, i, {m.callee, kNone<EventId>});
                }
            }
            return;
        case Op::effect:
        case Op::syscall:
            after(state, i);
            return;
        case Op::branch:
            answer(state, i);
            return;
        case Op::forget:
            forget(state, i);
            return;
        case Op::ret:
        case Op::ret_error:
        case Op::no_return:
            accepted_ = accepted_ || state.done == steps_.size();
            return;
        default:
            for_each_successor(program_, state.pc, [&](Pc next) { go(state, next); });
            return;
        }
    }

    void step(State const& state, Instruction const& i, Step const& step) {
        if (state.done < steps_.size() && steps_[state.done] == step) {
            State next = state;
            ++next.done;
            after(next, i);
        }
    }

    void after(State const& state, Instruction const& i) {
        bool const back =
            i.op != Op::call || !program_[static_cast<FunctionId>(i.subject)].noreturn;
        if (back) {
            go(state, state.pc + 1);
        } else {
            accepted_ = accepted_ || state.done == steps_.size();
        }
        if (i.on_failure == OnFailure::jump) {
            go(state, i.target);
        } else if (i.on_failure == OnFailure::propagate) {
            accepted_ = accepted_ || state.done == steps_.size();
        }
    }

    void answer(State const& state, Instruction const& i) {
        auto const question = question_of(program_, i.subject, i.bindings);
        auto const known = state.answers.find(question);
        for (bool const yes : {true, false}) {
            if (known != state.answers.end() && known->second != yes) {
                continue;
            }
            State next = state;
            next.answers[question] = yes;
            next.pc = yes != i.negate ? state.pc + 1 : i.target;
            push(std::move(next));
        }
    }

    void forget(State const& state, Instruction const& i) {
        State next = state;
        ++next.pc;
        for (auto const guard : program_.in_guards(i.members)) {
            next.answers.erase({static_cast<std::uint32_t>(guard), ~std::uint32_t{0}});
        }
        push(std::move(next));
    }

    Program const& program_;
    std::vector<Step> const& steps_;
    std::set<State> seen_;
    std::vector<State> work_;
    bool accepted_ = false;
};

/// One way through the body, each choice by the generator (guards are not remembered: the acceptor
/// judges afterwards).
std::optional<std::vector<Step>> walk(Program const& program, Pc entry, Random& random) {
    std::vector<Step> steps;
    Pc pc = entry;
    for (int n = 0; n < kWalkLimit && steps.size() <= kLongestList; ++n) {
        auto const& i = program.code[pc];
        if (i.op == Op::call) {
            steps.push_back({static_cast<FunctionId>(i.subject), kNone<EventId>});
        } else if (i.op == Op::emit) {
            steps.push_back({kNone<FunctionId>, static_cast<EventId>(i.subject)});
        } else if (i.op == Op::via) {
            auto const members = program.in_members(i.members);
            auto const& m = members[random.below(members.size())];
            if (m.callee != kNone<FunctionId>) {
                steps.push_back({m.callee, kNone<EventId>});
            }
        }
        std::vector<Pc> next;
        for_each_successor(program, pc, [&](Pc to) { next.push_back(to); });
        if (next.empty()) {
            return steps;
        }
        bool const step =
            i.op == Op::call || i.op == Op::via || i.op == Op::effect || i.op == Op::syscall;
        pc = step ? next[random.chance(1, 12) ? next.size() - 1 : 0]
                  : next[random.below(next.size())];
    }
    return std::nullopt;
}

std::vector<Step> alphabet_of(Program const& program, FunctionId function) {
    std::vector<Step> alphabet;
    auto const add = [&](Step const& step) {
        if (std::find(alphabet.begin(), alphabet.end(), step) == alphabet.end()) {
            alphabet.push_back(step);
        }
    };
    for (auto const& i : program.body(function)) {
        if (i.op == Op::call) {
            add({static_cast<FunctionId>(i.subject), kNone<EventId>});
        } else if (i.op == Op::emit) {
            add({kNone<FunctionId>, static_cast<EventId>(i.subject)});
        } else if (i.op == Op::via) {
            for (auto const& m : program.in_members(i.members)) {
                if (m.callee != kNone<FunctionId>) {
                    add({m.callee, kNone<EventId>});
                }
            }
        }
    }
    return alphabet;
}

std::vector<Step> mutate(std::vector<Step> steps, std::vector<Step> const& alphabet,
                         Random& random) {
    auto const any = static_cast<std::ptrdiff_t>(random.below(steps.size()));
    switch (random.below(4)) {
    case 0:
        steps.erase(steps.begin() + any);
        break;
    case 1:
        steps.insert(steps.begin() + any, steps[static_cast<std::size_t>(any)]);
        break;
    case 2:
        std::rotate(steps.begin(), steps.begin() + any, steps.end());
        break;
    default:
        steps.insert(steps.begin() + any, alphabet[random.below(alphabet.size())]);
        break;
    }
    return steps;
}

} // namespace

Acceptance accepts(Program const& program, FunctionId function, std::vector<Step> const& steps) {
    return Acceptor(program, steps).run(program[function].entry);
}

Looseness measure_looseness(Program const& program, FunctionId function) {
    Looseness result;
    auto const alphabet = alphabet_of(program, function);
    if (!program[function].has_body || alphabet.size() < 3) {
        return result;
    }
    Random random(0x6c6f6f7365); // any: fixed, so that the figures are the same everywhere
    for (int w = 0; w < kWalks; ++w) {
        auto const steps = walk(program, program[function].entry, random);
        if (!steps || steps->empty()) {
            continue;
        }
        for (int m = 0; m < kMutantsOfAWalk; ++m) {
            auto const mutant = mutate(*steps, alphabet, random);
            if (mutant == *steps) {
                continue;
            }
            auto const verdict = accepts(program, function, mutant);
            if (verdict == Acceptance::unknown) {
                continue;
            }
            ++result.mutants;
            result.accepted += verdict == Acceptance::yes ? 1 : 0;
        }
    }
    return result;
}

} // namespace kflow::model
