#pragma once
// Private to the check of entries: in which order a task may enter what a filter shows.

#include "sim/check/conformance.hpp"
#include "sim/check/projection.hpp"
#include "sim/check/simulate.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::check {

/// EntryItem::entry of a place where records were lost.
inline constexpr std::size_t kGap = ~std::size_t{0};

/// An entry or an event of one task.
struct EntryItem {
    std::uint32_t line = 0;
    bool is_event = false;
    bool elsewhere = false; ///< it may also be of what the filter shows nothing of
    std::string_view name;
    std::string_view parent;                   ///< entries only
    std::size_t entry = 0;                     ///< index into the entries
    std::vector<std::string_view> around = {}; ///< entries only: who is on its stack, if it has one
    std::size_t unknown = 0; ///< from where on `around` has a function without a body; 0: nowhere
};

/// What became of an entry.
struct Entry {
    model::FunctionId function = model::kNone<model::FunctionId>;
    trace::Event const* event = nullptr;
    bool wrong = false;
};

/// Holds the entries and events of tasks against the bodies of what they begin with.
class EntryOrder {
public:
    using Names = std::set<std::string, std::less<>>;

    /// All must outlive it. `shown`: functions that the filter shows; `events`: those of the
    /// capture. Wrong entries are marked, differences are added to the result.
    EntryOrder(model::Program const& program, Projection const& projection, Alphabet& alphabet,
               Names const& shown, Names const& events, std::vector<Entry>& entries,
               ConformanceResult& result)
        : program_(program), projection_(projection), alphabet_(alphabet), shown_(shown),
          events_(events), entries_(entries), out_(result) {}

    /// One task, in the order of the trace. `goes_on`: behind them it begins something anew.
    /// `with_events`: its events were not filtered out.
    void check(std::vector<EntryItem> const& items, bool goes_on, bool with_events);
    /// Where it begins something anew for the last time; the end if it does not.
    std::size_t last_root(std::vector<EntryItem> const& items) const;

private:
    struct Spine {
        Automaton automaton;
        std::set<Symbol> symbols;
        std::vector<kernel::Answer> unknown; ///< to each of its keys
    };

    bool is_root(EntryItem const& item) const;
    Spine const& spine(model::FunctionId function);
    Letter letter(EntryItem const& item);
    bool is_inside_unknown(std::vector<EntryItem> const& items, std::size_t place) const;
    std::size_t comes_back(Spine const& known, std::vector<EntryItem> const& items,
                           std::size_t from);
    std::size_t second_root(Spine const& known, std::vector<EntryItem> const& items);
    void check_root(std::vector<EntryItem> const& items, bool goes_on, bool with_events);
    void report(Automaton const& automaton, std::vector<EntryItem> const& items, Word const& word,
                std::vector<EntryItem const*> const& sources, Knowledge const& knowledge,
                Run const& run);

    model::Program const& program_;
    Projection const& projection_;
    Alphabet& alphabet_;
    Names const& shown_;
    Names const& events_;
    std::vector<Entry>& entries_;
    ConformanceResult& out_;
    std::map<model::FunctionId, Spine> spines_;
};

} // namespace kflow::check
