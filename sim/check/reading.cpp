#include "sim/check/reading.hpp"

#include "sim/check/interrupts.hpp"

#include <algorithm>

namespace kflow::check {
namespace {

/// A switch in the middle of a function has some ten visible calls; twice that is room enough for
/// what balancing adds.
constexpr std::size_t kLongestPreemption = 48;

} // namespace

Reader::Reader(model::Program const& program, build::BuildFacts const& facts,
               Evidence const& evidence, AutomataCache& cache,
               std::set<std::string, std::less<>> const* filter)
    : evidence_(evidence), cache_(cache) {
    if (filter) {
        InterruptReach const reach(program, *filter);
        for (auto const& call : evidence.forest.calls()) {
            can_interrupt_.push_back(reach.can_interrupt(program.find_function(call.name.view())));
        }
    }
    auto& alphabet = cache.alphabet();
    for (auto const& call : evidence.forest.calls()) {
        symbols_.push_back(alphabet.add(call.name));
    }
    first_form_at_.assign(symbols_.size(), 0);
    outcomes_.assign(symbols_.size(), kSucceeded | kFailed);
    demanded_.assign(symbols_.size(), kSucceeded | kFailed);
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

Knowledge Reader::knowledge(Reading const& reading, Known const& known) const {
    return {known.answers, reading.events ? required_ : required_calls_, known.rounds};
}

Run const& Reader::run(model::FunctionId function, Reading const& reading, Known const& known) {
    return cache_.run(reading.id, function, reading.word, knowledge(reading, known));
}

std::vector<std::uint64_t> const& Reader::rounds(model::FunctionId function, Reading const& reading,
                                                 Known const& known) {
    auto counting = knowledge(reading, known);
    counting.count_rounds = true;
    return cache_.run(reading.id, function, reading.word, counting).rounds;
}

Run const& Reader::passed(model::FunctionId function, Reading const& reading, Known const& known) {
    auto finding = knowledge(reading, known);
    finding.find_passed = true;
    return cache_.run(reading.id, function, reading.word, finding);
}

std::vector<Difference> const& Reader::differences(model::FunctionId function,
                                                   Reading const& reading, Known const& known) {
    return cache_.differences(reading.id, function, reading.word, knowledge(reading, known));
}

void Reader::add_children(Reading& reading, CallIndex index, std::set<Symbol> const& symbols,
                          Form form) {
    auto const& forest = evidence_.forest;
    bool own_part = false; // The rest of a function is entered once.
    for (auto const& child : forest.known_children(index)) {
        if (!Forest::is_event(child)) {
            auto const& call = forest[child.index];
            if (forest.set_aside(child)) {
                continue;
            }
            auto const again = call.name == forest[index].name && own_part;
            if (form.spliced && call.partial && !again) {
                own_part = own_part || call.name == forest[index].name;
                add_children(reading, child.index, symbols, form);
                continue;
            }
            if (!can_interrupt_.empty() && can_interrupt_[child.index] &&
                !symbols.contains(symbols_[child.index])) {
                continue; // By a way in that the filter does not show.
            }
            auto const outcomes = form.free_outcomes
                                      ? static_cast<std::uint8_t>(kSucceeded | kFailed)
                                      : outcomes_[child.index];
            reading.word.letters.push_back(
                {symbols_[child.index], outcomes, !forest.has_end(child.index)});
            reading.sources.push_back(child);
            continue;
        }
        auto const* fields = evidence_.events[child.index].as<trace::TraceEvent>();
        if (!form.events || !fields) {
            continue;
        }
        auto const symbol = add_event(cache_.alphabet(), fields->name.view());
        if (symbols.contains(symbol)) {
            reading.word.letters.push_back({symbol, kSucceeded | kFailed, false});
            reading.sources.push_back(child);
        }
    }
}

Reading Reader::plain(CallIndex index, model::FunctionId function, Form form) {
    auto const& call = evidence_.forest[index];
    Reading reading;
    reading.events = form.events;
    reading.free_outcomes = form.free_outcomes;
    reading.word.closed = evidence_.forest.has_end(index);
    reading.word.part = call.partial || !call.entered;
    reading.word.demanded = demanded_[index];
    add_children(reading, index, cache_.get(function).symbols, form);
    reading.id = cache_.id_of(function, reading.word);
    return reading;
}

/// How many letters from `first` on are a switch that the preempted function did not ask for: the
/// fewest, or the most that can be one.
std::size_t Reader::preemption_at(Reading const& reading, std::size_t first, Extent extent) {
    auto const& automaton = cache_.get(preemption_);
    auto const& letters = reading.word.letters;
    Reading group;
    group.events = reading.events;
    auto const last = std::min(letters.size(), first + kLongestPreemption);
    std::size_t length = 0;
    for (auto i = first; i < last && automaton.symbols.contains(letters[i].symbol); ++i) {
        group.word.letters.push_back(letters[i]);
        group.id = cache_.id_of(preemption_, group.word);
        Known const unknown{
            std::vector<kernel::Answer>(automaton.automaton.keys.size(), kernel::Answer::unknown),
            {}};
        auto const& result = run(preemption_, group, unknown);
        if (result.accepted) {
            length = i + 1 - first;
            if (extent == Extent::shortest) {
                break;
            }
        } else if (result.read + 1 < group.word.letters.size()) {
            break;
        }
    }
    return length;
}

bool Reader::drop_preemptions(Reading& reading, model::FunctionId function, Extent extent) {
    Reading kept;
    kept.word.closed = reading.word.closed;
    kept.word.part = reading.word.part;
    kept.word.demanded = reading.word.demanded;
    kept.events = reading.events;
    for (std::size_t i = 0; i < reading.word.letters.size();) {
        auto const length = preemption_at(reading, i, extent);
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
    kept.id = cache_.id_of(function, kept.word);
    reading = std::move(kept);
    return true;
}

Reading Reader::read_strictly(CallIndex call, model::FunctionId function) {
    return plain(call, function, {false, false, false});
}

std::vector<Reading> Reader::forms(CallIndex call, model::FunctionId function, bool events,
                                   bool free_outcomes) {
    std::vector<Reading> all;
    for (auto const spliced : {true, false}) {
        if (spliced && !has_parts(call)) {
            continue;
        }
        all.push_back(plain(call, function, {events, spliced, free_outcomes}));
    }
    return all;
}

bool Reader::has_parts(CallIndex call) const {
    return std::ranges::any_of(evidence_.forest[call].children, [&](Child const& child) {
        return !Forest::is_event(child) && evidence_.forest[child.index].partial;
    });
}

Reading const& Reader::first_form(CallIndex call, model::FunctionId function) {
    if (first_form_at_[call] == 0) {
        first_forms_.emplace_back();
        first_form_at_[call] = static_cast<std::uint32_t>(first_forms_.size());
    }
    auto& form = first_forms_[first_form_at_[call] - 1];
    if (form.function != function) {
        form = {function, plain(call, function, {true, has_parts(call), false})};
    }
    form.reading.word.demanded = demanded_[call];
    return form.reading;
}

Reading const& Reader::read(CallIndex call, model::FunctionId function, Known const& known) {
    auto const& first = first_form(call, function);
    if (run(function, first, known).accepted) {
        return first;
    }
    other_ = read_otherwise(call, function, known);
    return other_;
}

Reading Reader::read_otherwise(CallIndex call, model::FunctionId function, Known const& known) {
    auto all = forms(call, function, true, false);
    for (auto const& reading : all) {
        if (run(function, reading, known).accepted) {
            return reading;
        }
    }
    auto best = all.back();
    if (preemption_ != model::kNone<model::FunctionId>) {
        // The switch's own events go with it; that it was one shows without them as well.
        auto const plain_forms = forms(call, function, false, false);
        all.insert(all.end(), plain_forms.begin(), plain_forms.end());
        // Where inlining is open, as of a kernel without a profile, a switch can end early on
        // paper: one that shows no lock it gives back. Then the longest that fits is tried as well.
        for (auto const extent : {Extent::shortest, Extent::longest}) {
            for (auto reading : all) {
                if (!drop_preemptions(reading, function, extent)) {
                    continue;
                }
                auto const& result = run(function, reading, known);
                if (result.accepted) {
                    return reading;
                }
                if (!reading.events && result.read > run(function, best, known).read) {
                    best = reading;
                }
            }
        }
    }
    for (auto& reading : forms(call, function, true, true)) {
        if (run(function, reading, known).accepted) {
            return std::move(reading);
        }
    }
    return best;
}

} // namespace kflow::check
