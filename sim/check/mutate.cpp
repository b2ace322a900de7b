#include "sim/check/mutate.hpp"

#include "sim/check/curated.hpp"

#include <algorithm>

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
                 RealLists const& real)
    : capture_(capture), forest_(forest), real_(real) {
    std::map<trace::Name, std::vector<CallIndex>> by_function;
    std::set<trace::Name> names;
    CuratedNames curated(program);
    for (CallIndex c = 0; c < forest.calls().size(); ++c) {
        auto const& call = forest[c];
        if (forest.noise[c] != 0 || call.lost || !call.entered) {
            continue;
        }
        names.insert(call.name);
        if (curated.has(call.name) && !own_children(c).empty()) {
            by_function[call.name].push_back(c);
        }
    }
    for (auto& [name, calls] : by_function) {
        parents_.push_back(std::move(calls));
    }
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

bool Mutator::draw(Random& random, CallIndex parent, Mutation& mutation,
                   trace::Capture& mutant) const {
    auto const children = own_children(parent);
    auto const at = static_cast<std::size_t>(random.below(children.size()));
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
    std::vector<trace::Event> events;
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
    auto const in = [](std::vector<std::uint32_t> const& set, std::uint32_t i) {
        return std::binary_search(set.begin(), set.end(), i);
    };
    auto const put = [&](std::vector<std::uint32_t> const& set) {
        for (auto const i : set) {
            events.push_back(capture_.events[i]);
        }
    };
    for (std::uint32_t i = 0; i < capture_.events.size(); ++i) {
        auto const is_mine = in(mine, i);
        if (i == mine.front()) {
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
                break;
            case MutationKind::renamed:
                put(mine);
                rename(events[events.size() - mine.size()], other);
                break;
            case MutationKind::inserted:
                events.push_back(leaf_like(capture_.events[i], other));
                put(mine);
                break;
            }
        }
        if (!is_mine && !in(his, i)) {
            events.push_back(capture_.events[i]);
        }
    }
    mutant.format = capture_.format;
    mutant.summary = capture_.summary;
    mutant.events = std::move(events);
    mutation.function = forest_[child].name.view();
    mutation.parent = forest_[parent].name.view();
    mutation.first_line = forest_[parent].first_line;
    mutation.last_line = forest_[parent].last_line;
    return true;
}

std::optional<Mutation> Mutator::mutate(Random& random, trace::Capture& mutant) const {
    for (int i = 0; i < kMostDraws && !parents_.empty(); ++i) {
        auto const& calls = parents_[static_cast<std::size_t>(random.below(parents_.size()))];
        auto const parent = calls[static_cast<std::size_t>(random.below(calls.size()))];
        Mutation mutation;
        if (draw(random, parent, mutation, mutant)) {
            return mutation;
        }
    }
    return std::nullopt;
}

} // namespace kflow::check
