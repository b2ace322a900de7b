#include "sim/check/automata_cache.hpp"

namespace kflow::check {
namespace {

void append(std::string& key, std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) {
        key += static_cast<char>(number >> shift & 0xff);
    }
}

void make_key(std::string& key, model::FunctionId function, Word const& word,
              Knowledge const& knowledge) {
    key.clear();
    append(key, static_cast<std::uint32_t>(function));
    key += knowledge.count_rounds ? 'n' : 'f';
    key += knowledge.find_passed ? 'p' : 'f';
    key += word.closed ? 'c' : 'o';
    key += word.part ? 'p' : 'w';
    key += static_cast<char>(word.demanded);
    append(key, static_cast<std::uint32_t>(knowledge.required.size()));
    for (auto const& letter : word.letters) {
        append(key, static_cast<std::uint32_t>(letter.symbol));
        key += static_cast<char>(letter.outcomes * 2 + (letter.open ? 1 : 0));
    }
    for (auto const answer : knowledge.answers) {
        key += static_cast<char>(answer);
    }
    for (auto const& rounds : knowledge.rounds) {
        append(key, rounds ? static_cast<std::uint32_t>(*rounds) : ~std::uint32_t{0});
    }
}

/// Of an automaton that was given up: nothing can be said against the word.
Run unknown_run(Automaton const& automaton, Word const& word) {
    Run run;
    run.accepted = true;
    run.overflow = true;
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

Run const& AutomataCache::run(model::FunctionId function, Word const& word,
                              Knowledge const& knowledge) {
    make_key(key_, function, word, knowledge);
    auto const known = runs_.find(key_);
    if (known != runs_.end()) {
        return known->second;
    }
    auto const& automaton = get(function).automaton;
    return runs_
        .emplace(key_, automaton.too_large ? unknown_run(automaton, word)
                                          : simulate(automaton, word, knowledge))
        .first->second;
}

std::vector<Difference> const& AutomataCache::differences(model::FunctionId function,
                                                          Word const& word,
                                                          Knowledge const& knowledge) {
    make_key(key_, function, word, knowledge);
    auto const known = differences_.find(key_);
    if (known != differences_.end()) {
        return known->second;
    }
    auto const& result = run(function, word, knowledge);
    auto found = align(get(function).automaton, word, knowledge, result);
    return differences_.emplace(key_, std::move(found)).first->second;
}

} // namespace kflow::check
