#include "sim/check/automata_cache.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace kflow::check {
namespace {

void append(std::string& key, std::uint32_t number) {
    std::array<char, sizeof number> bytes;
    std::memcpy(bytes.data(), &number, bytes.size());
    key.append(bytes.data(), bytes.size());
}

/// So many letters of words are some 200 MB of runs.
constexpr std::size_t kMostLetters = 4'000'000;

/// Of an automaton that was given up: nothing can be said against the word.
Run unknown_run(Automaton const& automaton, Word const& word) {
    Run run;
    run.accepted = true;
    run.overflow = true;
    run.guessed = true;
    run.outcomes = kSucceeded | kFailed;
    run.read = word.letters.size();
    run.taken.resize(word.letters.size());
    run.asked.assign(automaton.keys.size(), 0);
    return run;
}

} // namespace

AutomataCache::AutomataCache(model::Program const& program, Mask const& mask)
    : program_(program), mask_(mask), automata_(program.functions.size()) {}

Compiled const& AutomataCache::get(model::FunctionId function) {
    auto& place = automata_[model::index_of(function)];
    if (!place) {
        place = std::make_unique<Compiled>();
        place->automaton = compile(program_, mask_, alphabet_, function);
        for (auto const& node : place->automaton.nodes) {
            for (auto const& step : node.steps) {
                place->symbols.insert(step.symbol);
            }
        }
    }
    return *place;
}

WordId AutomataCache::id_of(model::FunctionId function, Word const& word) {
    key_.clear();
    append(key_, static_cast<std::uint32_t>(function));
    key_ += static_cast<char>((word.closed ? 1 : 0) + (word.part ? 2 : 0));
    for (auto const& letter : word.letters) {
        append(key_, static_cast<std::uint32_t>(letter.symbol));
        key_ += static_cast<char>(letter.outcomes * 2 + (letter.open ? 1 : 0));
    }
    auto const next = static_cast<WordId>(words_.size());
    return words_.try_emplace(key_, next).first->second;
}

std::string const& AutomataCache::key_of(WordId id, Word const& word, Knowledge const& knowledge) {
    if (!std::ranges::equal(last_required_, knowledge.required)) {
        last_required_.assign(knowledge.required.begin(), knowledge.required.end());
        auto const next = static_cast<std::uint32_t>(required_.size());
        last_number_ = required_.try_emplace(last_required_, next).first->second;
    }
    key_.clear();
    append(key_, static_cast<std::uint32_t>(id));
    key_ += static_cast<char>(word.demanded * 4 + (knowledge.count_rounds ? 1 : 0) +
                              (knowledge.find_passed ? 2 : 0));
    append(key_, last_number_);
    for (auto const answer : knowledge.answers) {
        key_ += static_cast<char>(answer);
    }
    for (auto const& rounds : knowledge.rounds) {
        append(key_, rounds ? static_cast<std::uint32_t>(*rounds) : ~std::uint32_t{0});
    }
    return key_;
}

Run const& AutomataCache::run(WordId id, model::FunctionId function, Word const& word,
                              Knowledge const& knowledge) {
    if (last_.is(id, word, knowledge)) {
        return *last_.run;
    }
    auto known = runs_.find(key_of(id, word, knowledge));
    if (known == runs_.end()) {
        auto const& automaton = get(function).automaton;
        letters_ += word.letters.size();
        known = runs_
                    .emplace(key_, automaton.too_large ? unknown_run(automaton, word)
                                                       : simulate(automaton, word, knowledge))
                    .first;
    }
    last_.keep(id, word, knowledge, known->second);
    return known->second;
}

bool AutomataCache::Last::is(WordId other, Word const& word, Knowledge const& knowledge) const {
    return run && other == id && word.demanded == demanded &&
           knowledge.count_rounds == count_rounds && knowledge.find_passed == find_passed &&
           knowledge.required.data() == required.data() &&
           knowledge.required.size() == required.size() &&
           std::ranges::equal(knowledge.answers, answers) &&
           std::ranges::equal(knowledge.rounds, rounds);
}

void AutomataCache::Last::keep(WordId other, Word const& word, Knowledge const& knowledge,
                               Run const& answer) {
    id = other;
    demanded = word.demanded;
    count_rounds = knowledge.count_rounds;
    find_passed = knowledge.find_passed;
    required = knowledge.required;
    answers.assign(knowledge.answers.begin(), knowledge.answers.end());
    rounds.assign(knowledge.rounds.begin(), knowledge.rounds.end());
    run = &answer;
}

std::vector<Difference> const& AutomataCache::differences(WordId id, model::FunctionId function,
                                                          Word const& word,
                                                          Knowledge const& knowledge) {
    auto const known = differences_.find(key_of(id, word, knowledge));
    if (known != differences_.end()) {
        return known->second;
    }
    auto const& result = run(id, function, word, knowledge);
    auto found = align(get(function).automaton, word, knowledge, result);
    return differences_.emplace(key_of(id, word, knowledge), std::move(found)).first->second;
}

void AutomataCache::trim() {
    if (letters_ > kMostLetters) {
        last_ = {};
        words_.clear();
        runs_.clear();
        differences_.clear();
        letters_ = 0;
    }
}

} // namespace kflow::check
