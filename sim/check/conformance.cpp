#include "sim/check/conformance.hpp"

#include "sim/check/window_judge.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace kflow::check {
namespace {

using model::FunctionId;

/// Names of functions without a body, most frequent first, else in the order of their text.
std::vector<std::string> by_frequency(std::vector<trace::Name> called,
                                      trace::NameTable<std::size_t> const& calls) {
    std::erase_if(called, [&](trace::Name name) { return calls.get(name) == 0; });
    std::ranges::sort(called);
    std::ranges::stable_sort(called, std::greater{},
                             [&](trace::Name name) { return calls.get(name); });
    std::vector<std::string> names;
    for (auto const name : called) {
        names.emplace_back(name.view());
    }
    return names;
}

} // namespace

void ConformanceCheck::see(trace::EventWindow const& events, Forest const& forest) {
    history_.see(events);
    for (auto const name : forest.names) {
        if (std::exchange(known_names_.at(name), 1) == 0) {
            called_.push_back(name);
            names_.emplace(name.view());
        }
    }
}

void ConformanceCheck::judge(trace::EventWindow const& events, Forest const& forest,
                             AutomataCache& cache, bool is_filtered, CallVotes* votes) {
    Evidence const evidence(program_, facts_, events, forest, history_, names_);
    Reader reader(program_, facts_, evidence, cache, is_filtered ? &names_ : nullptr);
    auto& [settled, mappings, result, functions, unmodelled] = found_;
    judge_window(evidence, reader, cache, {settled, mappings, result, functions, unmodelled},
                 {explain_, is_filtered, votes});
    cache.trim();
}

void ConformanceCheck::let_go(trace::EventWindow const& events, Forest const& forest) {
    auto oldest = events.first();
    for (auto const root : forest.trees.unfinished) { // They are judged with the next window.
        oldest = std::min(oldest, forest[root].first_event);
    }
    history_.forget_dead(oldest);
    found_.settled.forget([&](kernel::ObjectId object) {
        auto const kind = object::kind(object);
        auto const pid = static_cast<std::int32_t>(object::number(object));
        auto const* life = history_.life(pid, object::born(object));
        return kind == object::Kind::task ? !life || object::task(pid, life->born) != object
                                          : kind != object::Kind::none;
    });
}

ConformanceCheck::Checkpoint ConformanceCheck::checkpoint() {
    auto& result = found_.result;
    auto divergences = std::exchange(result.divergences, {});
    auto counts = std::exchange(result.counts, {});
    Checkpoint now;
    now.found = found_;
    now.divergences = divergences.size();
    now.counts = counts.size();
    result.divergences = std::move(divergences);
    result.counts = std::move(counts);
    return now;
}

void ConformanceCheck::restore(Checkpoint before) {
    auto divergences = std::move(found_.result.divergences);
    auto counts = std::move(found_.result.counts);
    found_ = std::move(before.found);
    divergences.resize(before.divergences);
    counts.resize(before.counts);
    found_.result.divergences = std::move(divergences);
    found_.result.counts = std::move(counts);
}

void ConformanceCheck::take_back(std::set<std::uint32_t> const& calls) {
    std::set<std::uint32_t> taken;
    std::erase_if(found_.result.divergences, [&](Divergence const& d) {
        if (!calls.contains(d.call_line)) {
            return false;
        }
        auto const function = program_.find_function(d.parent);
        if (taken.insert(d.call_line).second && function != model::kNone<FunctionId>) {
            ++found_.functions[model::index_of(function)].accepted;
        }
        return true;
    });
}

ConformanceResult ConformanceCheck::finish() {
    auto result = std::move(found_.result);
    for (std::size_t i = 0; i < program_.functions.size(); ++i) {
        auto const& [calls, accepted] = found_.functions[i];
        if (calls == 0) {
            continue;
        }
        auto const& function = program_.functions[i];
        result.functions.push_back(
            {std::string(program_[function.file]), std::string(function.name), calls, accepted});
        result.curated.calls += calls;
        result.curated.accepted += accepted;
    }
    result.total.accepted = result.curated.accepted;
    result.unmodelled_names = by_frequency(called_, found_.unmodelled);
    std::ranges::stable_sort(result.divergences, {}, &Divergence::capture_line);
    std::ranges::stable_sort(result.counts, {}, &MemberCount::capture_line);
    std::ranges::sort(result.functions, {}, [](auto const& f) { return std::tie(f.file, f.name); });
    return result;
}

} // namespace kflow::check
