#include "sim/check/mutate.hpp"

#include "sim/check/curated.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace kflow::check {
namespace {

constexpr int kMostDraws = 200;
/// A call with more records than this is too large to be moved or repeated.
constexpr std::size_t kLargestBlock = 400;

void rename(trace::Event& event, trace::Name name) {
    if (auto* entry = std::get_if<trace::GraphEntry>(&event.payload)) {
        entry->function.name = name;
    } else if (auto* leaf = std::get_if<trace::GraphLeaf>(&event.payload)) {
        leaf->function.name = name;
    }
}

/// Where a task's life is decided: what makes a task, ends it, signals it, waits for it or starts
/// another program, and a new task's first steps.
constexpr std::array<std::string_view, 12> kLifecycle{
    "__arm64_sys_clone",  "__arm64_sys_clone3", "__arm64_sys_exit_group",
    "__arm64_sys_exit",   "__arm64_sys_wait4",  "__arm64_sys_waitid",
    "get_signal",         "schedule_tail",      "__arm64_sys_kill",
    "__arm64_sys_tgkill", "__arm64_sys_execve", "do_exit"};

/// Each call: whether it is one of these, or below one.
std::vector<char> below_lifecycle(Forest const& forest) {
    std::vector<char> below(forest.calls().size(), 0);
    for (CallIndex c = 0; c < below.size(); ++c) { // A caller stands before whom it calls.
        auto const& call = forest[c];
        below[c] =
            static_cast<char>(std::ranges::find(kLifecycle, call.name.view()) != kLifecycle.end() ||
                              (call.parent != kNoCall && below[call.parent] != 0));
    }
    return below;
}

trace::Event leaf_like(trace::Event const& event, trace::Name name) {
    auto made = event;
    trace::GraphLeaf leaf;
    leaf.function.name = name;
    made.payload = leaf;
    return made;
}

} // namespace

std::string_view to_string(MutationKind kind) {
    switch (kind) {
    case MutationKind::dropped:
        return "dropped";
    case MutationKind::repeated:
        return "repeated";
    case MutationKind::swapped:
        return "swapped";
    case MutationKind::renamed:
        return "renamed";
    case MutationKind::inserted:
        return "inserted";
    }
    return "";
}

void RealLists::add(Forest const& forest) {
    for (CallIndex c = 0; c < forest.calls().size(); ++c) {
        if (forest.noise[c] != 0) {
            continue;
        }
        std::vector<trace::Name> list;
        for (auto const& child : forest[c].children) {
            if (!Forest::is_event(child) && !forest.set_aside(child)) {
                list.push_back(forest[child.index].name);
            }
        }
        lists_[forest[c].name].insert(std::move(list));
    }
}

bool RealLists::has(trace::Name function, std::vector<trace::Name> const& list) const {
    auto const found = lists_.find(function);
    return found != lists_.end() && found->second.contains(list);
}

Mutator::Mutator(model::Program const& program, trace::Capture const& capture, Forest const& forest,
                 RealLists const& real, MutantChoice choice)
    : capture_(capture), forest_(forest), real_(real) {
    std::map<trace::Name, std::vector<Place>> by_function;
    std::set<trace::Name> names;
    CuratedNames curated(program);
    auto const alive = below_lifecycle(forest);
    for (CallIndex c = 0; c < forest.calls().size(); ++c) {
        auto const& call = forest[c];
        auto const of_lifecycle = choice.parents == MutantChoice::Parents::lifecycle;
        if (forest.noise[c] != 0 || call.lost || !call.entered || (of_lifecycle && !alive[c])) {
            continue;
        }
        names.insert(call.name);
        if (of_lifecycle || curated.has(call.name)) {
            auto& places = by_function[call.name];
            for (std::size_t i = 0; i < own_children(c).size(); ++i) {
                places.push_back({c, i});
            }
        }
    }
    if (choice.evenly == MutantChoice::Evenly::calls) {
        places_.emplace_back();
    }
    for (auto& [name, places] : by_function) {
        if (choice.evenly == MutantChoice::Evenly::functions) {
            places_.emplace_back();
        }
        std::move(places.begin(), places.end(), std::back_inserter(places_.back()));
    }
    std::erase_if(places_, [](auto const& group) { return group.empty(); });
    names_.assign(names.begin(), names.end());
}

std::vector<CallIndex> Mutator::own_children(CallIndex call) const {
    std::vector<CallIndex> own;
    for (auto const& child : forest_[call].children) {
        if (!Forest::is_event(child) && !forest_.set_aside(child)) {
            own.push_back(child.index);
        }
    }
    return own;
}

std::vector<std::uint32_t> Mutator::block(CallIndex call) const {
    auto const& c = forest_[call];
    auto const& first = capture_.events[c.first_event];
    std::vector<std::uint32_t> events;
    for (auto i = c.first_event; i <= c.last_event; ++i) {
        auto const& event = capture_.events[i];
        if (event.pid == first.pid && (first.pid != Pid{0} || event.cpu == first.cpu)) {
            events.push_back(i);
        }
    }
    return events;
}

bool Mutator::draw(Random& random, Place const& place, Mutant& mutant) const {
    auto& mutation = mutant.mutation;
    auto const parent = place.parent;
    auto const at = place.child;
    auto const children = own_children(parent);
    auto const child = children[at];
    auto const mine = block(child);
    auto const next = at + 1 < children.size() ? children[at + 1] : kNoCall;
    mutation.kind = static_cast<MutationKind>(random.below(5));
    auto const other = names_[static_cast<std::size_t>(random.below(names_.size()))];
    if (!forest_[child].returned || mine.size() > kLargestBlock) {
        return false;
    }
    std::vector<trace::Name> list;
    for (auto const c : children) {
        list.push_back(forest_[c].name);
    }
    auto const begin = list.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<std::uint32_t> his;
    switch (mutation.kind) {
    case MutationKind::dropped:
        list.erase(begin);
        break;
    case MutationKind::repeated:
        list.insert(begin, *begin);
        break;
    case MutationKind::renamed:
        *begin = other;
        break;
    case MutationKind::inserted:
        list.insert(begin, other);
        break;
    case MutationKind::swapped:
        if (next == kNoCall || !forest_[next].returned) {
            return false;
        }
        his = block(next);
        std::iter_swap(begin, begin + 1);
        break;
    }
    if (real_.has(forest_[parent].name, list) || his.size() > kLargestBlock) {
        return false;
    }
    auto const put = [&](std::vector<std::uint32_t> const& set) {
        for (auto const i : set) {
            mutant.instead.push_back(capture_.events[i]);
        }
    };
    mutant.without = mine;
    mutant.instead.clear();
    switch (mutation.kind) {
    case MutationKind::dropped:
        break;
    case MutationKind::repeated:
        put(mine);
        put(mine);
        break;
    case MutationKind::swapped:
        put(his);
        put(mine);
        mutant.without.insert(mutant.without.end(), his.begin(), his.end());
        std::ranges::sort(mutant.without);
        break;
    case MutationKind::renamed:
        put(mine);
        rename(mutant.instead.front(), other);
        break;
    case MutationKind::inserted:
        mutant.instead.push_back(leaf_like(capture_.events[mine.front()], other));
        put(mine);
        break;
    }
    mutant.parent_first = forest_[parent].first_event;
    mutant.parent_last = forest_[parent].last_event;
    mutation.function = forest_[child].name;
    mutation.made =
        mutation.kind == MutationKind::renamed || mutation.kind == MutationKind::inserted
            ? other
            : trace::Name();
    mutation.parent = forest_[parent].name;
    mutation.first_line = forest_[parent].first_line;
    mutation.last_line = forest_[parent].last_line;
    return true;
}

std::optional<Mutant> Mutator::mutate(Random& random) const {
    for (int i = 0; i < kMostDraws && !places_.empty(); ++i) {
        auto const& group = places_[static_cast<std::size_t>(random.below(places_.size()))];
        auto const& place = group[static_cast<std::size_t>(random.below(group.size()))];
        Mutant mutant;
        if (draw(random, place, mutant)) {
            return mutant;
        }
    }
    return std::nullopt;
}

trace::Capture Mutant::whole(trace::Capture const& of) const {
    return made_of(of, 0, of.events.size());
}

trace::Capture Mutant::cut(trace::Capture const& of) const {
    return made_of(of, parent_first, std::size_t{parent_last} + 1);
}

trace::Capture Mutant::made_of(trace::Capture const& of, std::uint32_t first,
                               std::size_t end) const {
    trace::Capture made;
    made.format = of.format;
    made.summary = of.summary;
    made.file = of.file;
    for (auto i = first; i < end; ++i) {
        if (!without.empty() && i == without.front()) {
            made.events.insert(made.events.end(), instead.begin(), instead.end());
        }
        if (!std::ranges::binary_search(without, i)) {
            made.events.push_back(of.events[i]);
        }
    }
    return made;
}

} // namespace kflow::check
