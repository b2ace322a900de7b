#include "sim/check/reading.hpp"

#include <algorithm>

namespace kflow::check {
namespace {

/// A switch in the middle of a function has some ten visible calls; twice that is room enough for
/// what balancing adds.
constexpr std::size_t kLongestPreemption = 48;

} // namespace

Reader::Reader(model::Program const& program, build::BuildFacts const& facts,
               Evidence const& evidence, AutomataCache& cache)
    : evidence_(evidence), cache_(cache) {
    auto& alphabet = cache.alphabet();
    for (auto const& call : evidence.forest.calls()) {
        symbols_.push_back(alphabet.add(call.name.view()));
    }
    outcomes_.assign(symbols_.size(), kSucceeded | kFailed);
    for (auto const& event : evidence.history.event_names()) {
        auto const iterator = alphabet.add("__traceiter_" + event);
        required_calls_.push_back(iterator);
        required_.push_back(iterator);
        required_.push_back(add_event(alphabet, event));
    }
    std::sort(required_.begin(), required_.end());
    std::sort(required_calls_.begin(), required_calls_.end());
    auto const preemption = facts.preemption();
    if (preemption != build::Preemption::none && preemption != build::Preemption::voluntary) {
        for (auto const* name : {"preempt_schedule", "__schedule"}) {
            auto const function = program.find_function(name);
            if (function != model::kNone<model::FunctionId> && program[function].has_body) {
                preemption_ = function;
                break;
            }
        }
    }
}

Knowledge Reader::knowledge(Reading const& reading,
                            std::vector<kernel::Answer> const& answers) const {
    return {answers, reading.events ? required_ : required_calls_};
}

Run const& Reader::run(model::FunctionId function, Reading const& reading,
                       std::vector<kernel::Answer> const& answers) {
    return cache_.run(function, reading.word, knowledge(reading, answers));
}

std::vector<Difference> const& Reader::differences(model::FunctionId function,
                                                   Reading const& reading,
                                                   std::vector<kernel::Answer> const& answers) {
    return cache_.differences(function, reading.word, knowledge(reading, answers));
}

Reading Reader::plain(CallIndex index, model::FunctionId function, bool events) {
    auto const& call = evidence_.forest[index];
    auto const& symbols = cache_.get(function).symbols;
    Reading reading;
    reading.events = events;
    reading.word.closed = call.returned;
    reading.word.part = call.partial || !call.entered;
    for (auto const& child : call.children) {
        if (!Forest::is_event(child)) {
            auto const& forest = evidence_.forest;
            if (!forest.set_aside(child)) {
                auto const open = !forest[child.index].returned;
                reading.word.letters.push_back(
                    {symbols_[child.index], outcomes_[child.index], open});
                reading.sources.push_back(child);
            }
            continue;
        }
        auto const* fields = evidence_.capture.events[child.index].as<trace::TraceEvent>();
        auto const symbol = events ? add_event(cache_.alphabet(), fields->name.view()) : kNoSymbol;
        if (events && symbols.contains(symbol)) {
            reading.word.letters.push_back({symbol, kSucceeded | kFailed, false});
            reading.sources.push_back(child);
        }
    }
    return reading;
}

/// How many letters from `first` on are a switch that the preempted function did not ask for.
std::size_t Reader::preemption_at(Reading const& reading, std::size_t first) {
    auto const& automaton = cache_.get(preemption_);
    auto const& letters = reading.word.letters;
    Reading group;
    group.events = reading.events;
    auto const last = std::min(letters.size(), first + kLongestPreemption);
    for (auto i = first; i < last && automaton.symbols.contains(letters[i].symbol); ++i) {
        group.word.letters.push_back(letters[i]);
        std::vector<kernel::Answer> const unknown(automaton.automaton.keys.size(),
                                                  kernel::Answer::unknown);
        auto const& result = run(preemption_, group, unknown);
        if (result.accepted) {
            return i + 1 - first;
        }
        if (result.read + 1 < group.word.letters.size()) {
            break;
        }
    }
    return 0;
}

bool Reader::drop_preemptions(Reading& reading) {
    Reading kept;
    kept.word.closed = reading.word.closed;
    kept.word.part = reading.word.part;
    kept.events = reading.events;
    for (std::size_t i = 0; i < reading.word.letters.size();) {
        auto const length = preemption_at(reading, i);
        kept.preemptions += length > 0 ? 1 : 0;
        if (length == 0) {
            kept.word.letters.push_back(reading.word.letters[i]);
            kept.sources.push_back(reading.sources[i]);
        }
        i += std::max<std::size_t>(length, 1);
    }
    if (kept.preemptions == 0) {
        return false;
    }
    reading = std::move(kept);
    return true;
}

Reading Reader::read(CallIndex call, model::FunctionId function,
                     std::vector<kernel::Answer> const& answers) {
    auto const with_events = plain(call, function, true);
    auto const without = plain(call, function, false);
    for (auto const* reading : {&with_events, &without}) {
        if (run(function, *reading, answers).accepted) {
            return *reading;
        }
    }
    if (preemption_ != model::kNone<model::FunctionId>) {
        for (auto const* reading : {&with_events, &without}) {
            auto shorter = *reading;
            if (drop_preemptions(shorter) && run(function, shorter, answers).accepted) {
                return shorter;
            }
        }
        auto shorter = without;
        if (drop_preemptions(shorter) &&
            run(function, shorter, answers).read > run(function, without, answers).read) {
            return shorter;
        }
    }
    return without;
}

} // namespace kflow::check
