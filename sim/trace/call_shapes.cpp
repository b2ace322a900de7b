#include "sim/trace/call_shapes.hpp"

#include "sim/trace/call_tree.hpp"
#include "sim/trace/mapping_calls.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

namespace kflow::trace {

namespace {

/// So many shapes that one capture shows at one place are told apart.
constexpr std::size_t kMostOfOne = 8;

/// How alike two places are, the most alike first.
enum class Likeness : std::uint8_t {
    all,          ///< all callers that are asked for, time and kind of task
    callers_kind, ///< all callers, kind of task
    near_all,     ///< function, two callers, time and kind of task
    near_time,    ///< function, two callers, time
    callers,      ///< all callers
    near,         ///< function and two callers
    caller,       ///< function and caller
    function,     ///< the function alone
};

Likeness likeness(CallShapes::Place const& asked, CallShapes::Place const& seen) {
    constexpr std::ptrdiff_t near = 3;
    constexpr std::ptrdiff_t caller = 2;
    auto const differ =
        std::mismatch(asked.chain.begin(), asked.chain.end(), seen.chain.begin(), seen.chain.end());
    auto const same = differ.first - asked.chain.begin();
    bool const whole = differ.first == asked.chain.end();
    bool const is_near = whole || same >= near;
    bool const time = asked.nth == seen.nth;
    bool const kind = asked.has_execed == seen.has_execed;
    if (whole && kind) {
        return time ? Likeness::all : Likeness::callers_kind;
    }
    if (is_near && time) {
        return kind ? Likeness::near_all : Likeness::near_time;
    }
    if (whole) {
        return Likeness::callers;
    }
    if (is_near) {
        return Likeness::near;
    }
    return same >= caller ? Likeness::caller : Likeness::function;
}

} // namespace

std::size_t CallShapes::Hash::operator()(std::pair<Name, std::vector<Id>> const& shape) const {
    constexpr std::size_t prime = 0x100000001b3;
    std::size_t hash = shape.first.number();
    for (auto const id : shape.second) {
        hash = (hash ^ id) * prime;
    }
    return hash;
}

Name CallShapes::hole(Name function) {
    return Name("@" + std::string(function.view()));
}

Name CallShapes::with_hole(Name symbol, Name function) {
    return Name(std::string(symbol.view()) + std::string(hole(function).view()));
}

bool CallShapes::has(std::string_view capture) const {
    return std::ranges::find(captures_, capture) != captures_.end();
}

bool CallShapes::is_of_program(std::uint32_t capture, std::string_view comm) const {
    constexpr std::size_t longest = 15;
    std::string_view const name = captures_[capture];
    return name.substr(0, std::min(name.find('.'), longest)) == comm;
}

std::uint32_t CallShapes::add_capture(std::string name) {
    captures_.push_back(std::move(name));
    return static_cast<std::uint32_t>(captures_.size() - 1);
}

CallShapes::Id CallShapes::add(Name symbol, std::vector<Id> calls) {
    auto const [found, is_new] =
        known_.try_emplace({symbol, calls}, static_cast<Id>(shapes_.size()));
    if (is_new) {
        static Name const unmap("unlink_anon_vmas");
        static Name const add_work("task_work_add");
        static Name const dequeue_real_time("dequeue_task_rt");
        static Name const dequeue_deadline("dequeue_task_dl");
        auto const name = source_name(symbol).name;
        Shape shape{symbol,
                    std::move(calls),
                    name == unmap ? 1U : 0U,
                    0,
                    name == add_work ? 1U : 0U,
                    name == dequeue_real_time || name == dequeue_deadline};
        for (auto const id : shape.calls) {
            shape.unmapped += shapes_[id].unmapped;
            shape.mapped += shapes_[id].mapped;
            shape.works += shapes_[id].works;
            shape.is_of_rank = shape.is_of_rank || shapes_[id].is_of_rank;
        }
        if (auto const mapped = mapped_by(name); mapped != 0) {
            shape.mapped = mapped;
        }
        shapes_.push_back(std::move(shape));
    }
    return found->second;
}

void CallShapes::see(Place const& place, Sighting sighting) {
    auto& sightings = seen_[place.chain.front()][place];
    Shown const shown{sighting.capture, sighting.shape};
    if (auto const known = sightings.find(shown); known != sightings.end()) {
        known->second += sighting.times;
        return;
    }
    auto const first = sightings.lower_bound({sighting.capture, 0});
    auto const last = sightings.upper_bound({sighting.capture, std::numeric_limits<Id>::max()});
    if (static_cast<std::size_t>(std::distance(first, last)) < kMostOfOne) {
        sightings.emplace(shown, sighting.times);
    }
}

void CallShapes::spend(Name symbol, Nanos self) {
    auto const octave =
        std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(self.count, 1))) - 1;
    times_[symbol][std::min<std::size_t>(static_cast<std::size_t>(octave), kOctaves - 1)]++;
}

std::vector<CallShapes::Sighting> CallShapes::most_alike(Place const& place) const {
    std::vector<Sighting> alike;
    auto const function = seen_.find(place.chain.front());
    if (function == seen_.end()) {
        return alike;
    }
    auto best = Likeness::function;
    for (auto const& [other, sightings] : function->second) {
        auto const how = likeness(place, other);
        if (how < best) {
            best = how;
            alike.clear();
        }
        if (how == best) {
            for (auto const& [shown, times] : sightings) {
                alike.push_back({shown.first, shown.second, times});
            }
        }
    }
    return alike;
}

std::optional<Nanos> CallShapes::own_time(Name symbol, std::uint64_t part,
                                          std::uint64_t whole) const {
    auto const times = times_.find(symbol);
    if (times == times_.end()) {
        return std::nullopt;
    }
    auto const all = std::accumulate(times->second.begin(), times->second.end(), std::uint64_t{0});
    std::uint64_t below = 0;
    std::size_t octave = 0;
    while (below * whole < all * part) {
        below += times->second[octave++];
    }
    return Nanos{std::int64_t{1} << octave};
}

Nanos CallShapes::draw_time(Name symbol, Random& random) const {
    constexpr Nanos unknown{200};
    constexpr std::uint64_t seldom = 1000;
    auto const times = times_.find(symbol);
    if (times == times_.end()) {
        return unknown;
    }
    auto const all = std::accumulate(times->second.begin(), times->second.end(), std::uint64_t{0});
    auto left = random.below(all - all / seldom);
    std::size_t octave = 0;
    for (; left >= times->second[octave]; ++octave) {
        left -= times->second[octave];
    }
    auto const least = std::uint64_t{1} << octave;
    return {static_cast<std::int64_t>(least + random.below(least))};
}

} // namespace kflow::trace
