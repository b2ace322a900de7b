#include "sim/check/explain.hpp"

#include <algorithm>

namespace kflow::check {
namespace {

constexpr std::size_t kShownBefore = 6;
constexpr std::size_t kShownAfter = 4;
constexpr std::size_t kShownExpected = 12;

std::string quoted(std::string_view name) {
    std::string text(1, '`');
    text += name;
    return text + '`';
}

} // namespace

std::uint32_t Explainer::line_of(CallIndex call, Reading const& reading, std::size_t letter) const {
    if (letter >= reading.sources.size()) {
        return forest_[call].last_line;
    }
    auto const& source = reading.sources[letter];
    return Forest::is_event(source) ? evidence_.events[source.index].line
                                    : forest_[source.index].first_line;
}

std::string Explainer::place_of(Step const& step) const {
    auto const& caller = program_[step.caller];
    std::string text(program_[caller.file]);
    return text + ":" + std::to_string(program_.code[step.pc].line);
}

Divergence Explainer::one(CallIndex call, model::FunctionId function, Reading const& reading,
                          Difference const& difference) const {
    auto const& alphabet = cache_.alphabet();
    auto const& automaton = cache_.get(function).automaton;
    auto const name_at = [&](std::size_t letter) {
        return letter < reading.word.letters.size()
                   ? std::string(alphabet.name(reading.word.letters[letter].symbol))
                   : std::string{};
    };
    Divergence d;
    d.kind = difference.kind;
    d.function = name_at(difference.letter);
    d.parent = program_[function].name;
    d.capture_line = line_of(call, reading, difference.letter);
    d.call_line = forest_[call].first_line;
    d.model_file = program_[program_[function].file];
    d.model_line = program_[function].line;
    std::string expected;
    if (difference.step) {
        auto const& step = automaton.nodes[difference.step->node].steps[difference.step->step];
        expected = alphabet.name(step.symbol);
        d.model_file = program_[program_[step.caller].file];
        d.model_line = program_.code[step.pc].line;
        if (step.caller != function) {
            expected += " (in " + std::string(program_[step.caller].name) + ", inlined here)";
        }
    }
    switch (difference.kind) {
    case DifferenceKind::missing:
        d.function = expected.substr(0, expected.find(' '));
        d.reason = d.parent + " must call " + expected + " here and the capture does not show it";
        break;
    case DifferenceKind::extra:
        d.reason = difference.step ? quoted(d.function) + " did not end as " + d.parent + " goes on"
                                   : d.parent + " has no call of " + quoted(d.function) + " here";
        break;
    case DifferenceKind::renamed:
        d.reason = (d.function.empty() ? "a call whose begin is not shown" : quoted(d.function)) +
                   " stands where " + d.parent + " calls " + expected;
        break;
    case DifferenceKind::reordered:
        d.reason = quoted(d.function) + " and " + quoted(name_at(difference.letter + 1)) +
                   " have changed places";
        break;
    case DifferenceKind::unseen: // Of functions without a body: uncurated.cpp words it.
        break;
    }
    return d;
}

std::vector<Divergence> Explainer::divergences(CallIndex call, model::FunctionId function,
                                               Reading const& reading,
                                               std::vector<Difference> const& differences) const {
    std::vector<Divergence> all;
    for (auto const& difference : differences) {
        all.push_back(one(call, function, reading, difference));
    }
    return all;
}

std::string Explainer::expectation(model::FunctionId function, Reading const& reading,
                                   Run const& run) const {
    auto const& alphabet = cache_.alphabet();
    auto const& automaton = cache_.get(function).automaton;
    auto const& letters = reading.word.letters;
    std::string text = run.read > kShownBefore ? "…" : "";
    for (auto i = run.read - std::min(run.read, kShownBefore); i < run.read; ++i) {
        text.append(1, ' ').append(alphabet.name(letters[i].symbol));
    }
    text += " [" + std::to_string(run.read) + "] >>>";
    auto const last = std::min(letters.size(), run.read + kShownAfter);
    for (auto i = run.read; i < last; ++i) {
        text.append(1, ' ').append(alphabet.name(letters[i].symbol));
        auto const& letter = letters[i];
        text += letter.outcomes == kSucceeded ? "+" : letter.outcomes == kFailed ? "-" : "";
    }
    text += run.read >= letters.size() ? " (end)\n" : "\n";
    std::vector<std::string> expected;
    for (auto const& taken : run.expected) {
        auto const& step = automaton.nodes[taken.node].steps[taken.step];
        auto const outcome = step.outcomes == kSucceeded ? "+"
                             : step.outcomes == kFailed  ? "-"
                                                         : "";
        expected.push_back(std::string(alphabet.name(step.symbol)) + outcome + "@" +
                           place_of(step));
    }
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    text += "        expected:";
    for (std::size_t i = 0; i < std::min(expected.size(), kShownExpected); ++i) {
        text.append(1, ' ').append(expected[i]);
    }
    return text + (run.could_end ? " (end)" : "");
}

} // namespace kflow::check
