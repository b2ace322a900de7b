#include "sim/check/entry_order.hpp"

#include "sim/check/align.hpp"

#include <algorithm>

namespace kflow::check {

using model::FunctionId;

/// Whether an entry begins anew: nothing that can be shown is around it.
bool EntryOrder::is_root(EntryItem const& item) const {
    if (item.is_event) {
        return false;
    }
    if (!item.around.empty()) {
        return std::ranges::none_of(item.around, [&](auto name) { return shown_.contains(name); });
    }
    auto const callers = program_.named(item.parent);
    return !callers.empty() && !shown_.contains(item.parent) &&
           std::ranges::none_of(callers, [&](auto id) { return projection_.is_below(id); });
}

std::size_t EntryOrder::last_root(std::vector<EntryItem> const& items) const {
    for (auto place = items.size(); place-- > 0;) {
        if (items[place].entry != kGap && is_root(items[place])) {
            return place;
        }
    }
    return items.size();
}

void EntryOrder::check(std::vector<EntryItem> const& items, bool goes_on, bool with_events) {
    std::size_t begin = items.size();
    for (std::size_t i = 0; i <= items.size(); ++i) {
        auto const gap = i < items.size() && items[i].entry == kGap;
        auto const ends = i == items.size() || gap || is_root(items[i]);
        if (ends && begin < items.size()) {
            check_root({items.begin() + static_cast<std::ptrdiff_t>(begin),
                        items.begin() + static_cast<std::ptrdiff_t>(i)},
                       i < items.size() ? !gap : goes_on, with_events);
        }
        if (i < items.size() && ends) {
            begin = gap ? items.size() : i;
        }
    }
}

EntryOrder::Spine const& EntryOrder::spine(FunctionId function) {
    auto const known = spines_.find(function);
    if (known != spines_.end()) {
        return known->second;
    }
    Spine made{compile(program_, projection_, alphabet_, function), {}, {}};
    made.unknown.assign(made.automaton.keys.size(), kernel::Answer::unknown);
    for (auto const& node : made.automaton.nodes) {
        for (auto const& step : node.steps) {
            made.symbols.insert(step.symbol);
        }
    }
    return spines_.emplace(function, std::move(made)).first->second;
}

Letter EntryOrder::letter(EntryItem const& item) {
    return {alphabet_.add(item.name), kSucceeded | kFailed, false};
}

/// Whether the last entry before a place is of a function without a body: what follows may be
/// anything that it calls.
bool EntryOrder::is_inside_unknown(std::vector<EntryItem> const& items, std::size_t place) const {
    while (place > 0 && items[place - 1].is_event) {
        --place;
    }
    auto const function =
        place > 0 ? entries_[items[place - 1].entry].function : model::kNone<FunctionId>;
    return place > 0 && (function == model::kNone<FunctionId> || !program_[function].has_body);
}

/// Where the first root goes on behind what stands at `from` and is not its own; the end if it
/// does not.
std::size_t EntryOrder::comes_back(Spine const& known, std::vector<EntryItem> const& items,
                                   std::size_t from) {
    Word word;
    word.closed = false;
    for (std::size_t i = 1; i < from; ++i) {
        if (!items[i].is_event) {
            word.letters.push_back(letter(items[i]));
        }
    }
    for (std::size_t i = from + 1; i < items.size(); ++i) {
        if (items[i].is_event) {
            continue;
        }
        word.letters.push_back(letter(items[i]));
        if (simulate(known.automaton, word, {known.unknown, {}}).accepted) {
            return i;
        }
        word.letters.pop_back();
    }
    return items.size();
}

/// Where the items go on with something that the first root does not lead to, and that can
/// begin by itself (a fault's signal): 0 if there is no such place.
std::size_t EntryOrder::second_root(Spine const& known, std::vector<EntryItem> const& items) {
    Word word;
    word.closed = false;
    std::vector<std::size_t> places;
    for (std::size_t i = 1; i < items.size(); ++i) {
        if (!items[i].is_event) {
            word.letters.push_back(letter(items[i]));
            places.push_back(i);
        }
    }
    auto const run = simulate(known.automaton, word, {known.unknown, {}});
    if (run.accepted || run.read >= places.size()) {
        return 0;
    }
    auto const at = places[run.read];
    for (std::size_t i = 0; i < program_.functions.size(); ++i) {
        if (program_.functions[i].name == items[at].parent &&
            projection_.is_free(static_cast<FunctionId>(i))) {
            return at;
        }
    }
    return 0;
}

void EntryOrder::check_root(std::vector<EntryItem> const& items, bool goes_on, bool with_events) {
    auto const function = entries_[items.front().entry].function;
    if (function == model::kNone<FunctionId> || !program_[function].has_body) {
        return;
    }
    auto const& known = spine(function);
    if (known.automaton.too_large) {
        ++out_.overflow;
        return;
    }
    if (auto const split = second_root(known, items); split > 0) {
        auto const inside = is_inside_unknown(items, split);
        auto const back = inside ? comes_back(known, items, split) : items.size();
        auto const at = [&](std::size_t n) {
            return items.begin() + static_cast<std::ptrdiff_t>(n);
        };
        std::vector<EntryItem> first(items.begin(), at(split));
        first.insert(first.end(), at(back), items.end());
        check_root(first, !inside || goes_on, with_events);
        check_root({at(split), at(back)}, back < items.size() || goes_on, with_events);
        return;
    }
    std::vector<Symbol> required;
    if (with_events) {
        for (auto const& event : events_) {
            required.push_back(add_event(alphabet_, event));
        }
        std::sort(required.begin(), required.end());
    }
    Knowledge const knowledge{known.unknown, required};
    Word word;
    std::vector<EntryItem const*> sources;
    bool dies = items.front().name == "do_exit";
    for (std::size_t i = 1; i < items.size(); ++i) {
        dies = dies || items[i].name == "do_exit";
        auto const symbol =
            items[i].is_event ? add_event(alphabet_, items[i].name) : alphabet_.add(items[i].name);
        if (!items[i].is_event || known.symbols.contains(symbol)) {
            word.letters.push_back({symbol, kSucceeded | kFailed, false});
            sources.push_back(&items[i]);
        }
    }
    word.closed = goes_on && !dies;
    auto run = simulate(known.automaton, word, knowledge);
    // What may be of something else is given up, the last first.
    for (auto i = sources.size(); !run.accepted && i-- > 0;) {
        if (i <= run.read && sources[i]->elsewhere) {
            word.letters.erase(word.letters.begin() + static_cast<std::ptrdiff_t>(i));
            sources.erase(sources.begin() + static_cast<std::ptrdiff_t>(i));
            run = simulate(known.automaton, word, knowledge);
            i = std::min(i + 1, sources.size());
        }
    }
    out_.overflow += run.guessed ? 1U : 0U;
    if (run.accepted) {
        return;
    }
    report(known.automaton, items, word, sources, knowledge, run);
}

void EntryOrder::report(Automaton const& automaton, std::vector<EntryItem> const& items,
                        Word const& word, std::vector<EntryItem const*> const& sources,
                        Knowledge const& knowledge, Run const& run) {
    for (auto const& difference : align(automaton, word, knowledge, run)) {
        Divergence d;
        d.kind = difference.kind;
        auto const* source =
            difference.letter < sources.size() ? sources[difference.letter] : &items.back();
        d.function = source->name;
        d.parent = items.front().name;
        d.capture_line = source->line;
        auto const id = entries_[items.front().entry].function;
        d.model_file = program_[program_[id].file];
        d.model_line = program_[id].line;
        std::string expected;
        if (difference.step) {
            auto const& step = automaton.nodes[difference.step->node].steps[difference.step->step];
            expected = alphabet_.name(step.symbol);
            d.model_file = program_[program_[step.caller].file];
            d.model_line = program_.code[step.pc].line;
        }
        if (difference.kind == DifferenceKind::missing) {
            d.function = expected;
            d.reason = "`" + expected + "` must come before this below " + d.parent;
        } else if (difference.kind == DifferenceKind::renamed) {
            d.reason =
                "`" + d.function + "` stands where `" + expected + "` is entered below " + d.parent;
        } else {
            d.reason = "`" + d.function + "` is not entered at this point below " + d.parent;
        }
        auto& entry = entries_[source->is_event ? items.front().entry : source->entry];
        entry.wrong = true;
        out_.divergences.push_back(std::move(d));
    }
}

} // namespace kflow::check
