#include "sim/check/mask_learner.hpp"

#include "sim/check/code_texts.hpp"
#include "sim/check/graph_conformance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace kflow::check {

using model::FunctionId;

struct MaskLearner::Tools {
    AutomataCache cache;
    NarrowedCaches narrowed;

    Tools(model::Program const& program, Mask const& mask)
        : cache(program, mask), narrowed(program, mask) {}
};

MaskLearner::MaskLearner(model::Program const& program, build::BuildFacts const& facts)
    : program_(program), facts_(facts), mask_(program, facts, seen_),
      tools_(std::make_unique<Tools>(program, mask_)) {}

MaskLearner::~MaskLearner() = default;

void MaskLearner::look(trace::Capture const& capture, Forest const& forest) {
    seen_.add(capture, forest);
}

bool MaskLearner::judge(std::string const& name, trace::Capture const& capture,
                        Forest const& forest) {
    CallVotes votes(program_);
    auto const result = check_graph({program_, facts_, tools_->cache, tools_->narrowed},
                                    capture.events, forest, false, &votes);
    if (result.filter > 0 || !result.untraced.empty()) {
        return false;
    }
    for (auto const& d : result.divergences) {
        unexplained_.push_back(
            fmt::format("{}:{}: {}: {}", name, d.capture_line, to_string(d.kind), d.reason));
    }
    for (auto const& [call, vote] : votes.all()) {
        auto& learned = calls_[call];
        learned.passed.add(vote.passed, name, vote.passed_line);
        learned.inlined.add(vote.inlined, name, vote.inlined_line);
        learned.called.add(vote.called, name, vote.called_line);
    }
    return true;
}

/// A stack says no file: a name that several have is none.
FunctionId MaskLearner::only_function(std::string_view name) const {
    auto const all = program_.named(name);
    return all.size() == 1 ? all.front() : model::kNone<FunctionId>;
}

void MaskLearner::add_stacks(Calls& calls) const {
    std::map<FunctionId, CodeTexts> texts;
    for (auto const& [pair, seen] : seen_.frames()) {
        auto const outer = only_function(pair.first.view());
        auto const callee = only_function(pair.second.view());
        if (outer == model::kNone<FunctionId> || !program_[outer].has_body ||
            callee == model::kNone<FunctionId>) {
            continue;
        }
        auto const possible = [&](FunctionId text, FunctionId called) {
            return mask_.possible(text, called, outer);
        };
        auto const told =
            texts.try_emplace(outer, program_, outer, possible).first->second.told(callee);
        for (auto const& call : told.inlined) {
            calls[call].passed.add(seen.times, seen.file, seen.line);
            calls[call].inlined.add(seen.times, seen.file, seen.line);
        }
        if (told.called) {
            calls[*told.called].passed.add(seen.times, seen.file, seen.line);
            calls[*told.called].called.add(seen.times, seen.file, seen.line);
        }
    }
}

LearnedMask MaskLearner::result() const {
    auto calls = calls_;
    add_stacks(calls);
    LearnedMask mask;
    for (auto& [call, learned] : calls) {
        learned.unit = mask_.unit(call.outer);
        learned.caller = program_[call.caller].name;
        learned.callee = program_[call.callee].name;
        learned.outer = program_[call.outer].name;
        learned.known = mask_.known(call.caller, call.callee, call.outer);
        mask.calls.push_back(std::move(learned));
    }
    std::ranges::sort(mask.calls, {}, [](LearnedCall const& call) {
        return std::tie(call.unit, call.caller, call.callee, call.outer);
    });
    mask.unexplained = unexplained_;
    return mask;
}

} // namespace kflow::check
