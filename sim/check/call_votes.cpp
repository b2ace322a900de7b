#include "sim/check/call_votes.hpp"

#include <algorithm>
#include <set>

namespace kflow::check {
namespace {

/// The one open call that all ways to read a letter take it for; kNoOpenCall if they differ.
OpenCallIndex call_of(Automaton const& automaton, std::vector<Run::Taken> const& taken) {
    auto const calls = [&](Run::Taken const& t) {
        return automaton.nodes[t.node].steps[t.step].calls;
    };
    auto const agrees = [&](Run::Taken const& t) { return calls(t) == calls(taken.front()); };
    return !taken.empty() && std::ranges::all_of(taken, agrees) ? calls(taken.front())
                                                                : kNoOpenCall;
}

/// The outlined part of a function whose child a letter is, where the reading has what the part did
/// in its caller's list; nothing mostly.
trace::Call const* part_around(Forest const& forest, CallIndex call, Child const& source) {
    if (Forest::is_event(source) || forest[source.index].parent == call) {
        return nullptr;
    }
    return &forest[forest[source.index].parent];
}

/// What one call says of the open calls in its function's code.
struct Said {
    std::set<OpenCall> passed;
    std::set<OpenCall> inlined;
    std::set<OpenCall> called;
};

void note(std::size_t& count, std::uint32_t& line, std::uint32_t here) {
    line = count == 0 ? here : line;
    ++count;
}

} // namespace

void CallVotes::add(Automaton const& automaton, Run const& run, Forest const& forest,
                    CallIndex call, std::vector<Child> const& sources) {
    Said said;
    std::set<model::FunctionId> parts;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        auto const* const part = part_around(forest, call, sources[i]);
        if (part != nullptr) {
            parts.insert(program_.find_function(part->name.view()));
        }
        auto const index = call_of(automaton, run.taken[i]);
        if (index == kNoOpenCall) {
            continue;
        }
        auto open = automaton.open_calls[index];
        if (part != nullptr) {
            open.outer = program_.find_function(part->name.view());
        }
        // Where only an outlined part is called, the function's head is inlined.
        (forest[sources[i].index].partial ? said.inlined : said.called).insert(open);
    }
    for (OpenCallIndex c = 0; c < automaton.open_calls.size(); ++c) {
        auto const& open = automaton.open_calls[c];
        // In a part's code others may be inlined than in its caller's, and which text is in which
        // is not told.
        if (!parts.empty() && !parts.contains(open.callee)) {
            continue;
        }
        if ((run.passed[c] & kInlined) != 0) {
            said.inlined.insert(open);
        }
        if ((run.passed[c] & kPassed) != 0) {
            said.passed.insert(open);
        }
    }
    auto const here = forest[call].first_line;
    for (auto const& open : said.inlined) {
        said.passed.insert(open);
        note(votes_[open].inlined, votes_[open].inlined_line, here);
    }
    for (auto const& open : said.called) {
        said.passed.insert(open);
        note(votes_[open].called, votes_[open].called_line, here);
    }
    for (auto const& open : said.passed) {
        note(votes_[open].passed, votes_[open].passed_line, here);
    }
}

} // namespace kflow::check
