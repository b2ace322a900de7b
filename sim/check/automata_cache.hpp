#pragma once
// The automata of one build, made when first asked for, and what they said of a list of children:
// a capture has a hundred thousand calls and some thousand different lists.

#include "sim/check/align.hpp"
#include "sim/check/automaton.hpp"
#include "sim/check/simulate.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace kflow::check {

/// An automaton and what it can read.
struct Compiled {
    Automaton automaton;
    std::set<Symbol> symbols;
};

/// A function with a word of its, known to one cache; what is demanded of it aside.
enum class WordId : std::uint32_t {};
inline constexpr WordId kNoWord{~std::uint32_t{0}};

/// Program and mask must outlive it. Not thread-safe.
class AutomataCache {
public:
    AutomataCache(model::Program const& program, Mask const& mask);

    Alphabet& alphabet() { return alphabet_; }
    /// `function` must have a body.
    Compiled const& get(model::FunctionId function);
    WordId id_of(model::FunctionId function, Word const& word);
    /// simulate() of a word with that number, remembered.
    Run const& run(WordId id, model::FunctionId function, Word const& word,
                   Knowledge const& knowledge);
    /// align(), remembered.
    std::vector<Difference> const& differences(WordId id, model::FunctionId function,
                                               Word const& word, Knowledge const& knowledge);
    /// Forgets words and runs if there are very many. No number and no run is good any more then.
    void trim();

private:
    /// A question and its answer: the same is often asked again at once.
    struct Last {
        WordId id = kNoWord;
        std::uint8_t demanded = 0;
        bool count_rounds = false;
        bool find_passed = false;
        std::span<Symbol const> required;
        std::vector<kernel::Answer> answers;
        std::vector<std::optional<std::uint64_t>> rounds;
        Run const* run = nullptr;

        bool is(WordId id, Word const& word, Knowledge const& knowledge) const;
        void keep(WordId id, Word const& word, Knowledge const& knowledge, Run const& answer);
    };

    std::string const& key_of(WordId id, Word const& word, Knowledge const& knowledge);

    model::Program const& program_;
    Mask const& mask_;
    Alphabet alphabet_;
    std::vector<std::unique_ptr<Compiled>> automata_; ///< of each function; null: not asked for
    /// By what they were asked; looked up, never iterated.
    std::unordered_map<std::string, WordId> words_;
    std::unordered_map<std::string, Run> runs_;
    std::unordered_map<std::string, std::vector<Difference>> differences_;
    std::map<std::vector<Symbol>, std::uint32_t> required_; ///< sets of Knowledge, numbered
    Last last_;
    std::vector<Symbol> last_required_;
    std::uint32_t last_number_ = 0; ///< of that
    std::string key_;               ///< of the question at hand
    std::size_t letters_ = 0;       ///< of all runs
};

} // namespace kflow::check
