#include "sim/trace/resized_shape.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace kflow::trace {

namespace {

using Id = CallShapes::Id;
using Ids = std::vector<Id>;

/// What a list says of one mapping: from a call that it makes once a mapping to the next such call.
struct Unit {
    std::size_t begin, end;
};

/// Lists of an address space's end in which something is called once a mapping.
class Resizing {
public:
    Resizing(CallShapes const& shapes, std::uint32_t seen, std::uint32_t wanted)
        : shapes_(shapes), seen_(seen), wanted_(wanted) {}

    Ids apply(Ids const& calls) const {
        auto const plain = plainest(units_of(calls), calls);
        if (plain.empty()) {
            return calls;
        }
        return wanted_ > seen_ ? repeat(calls, plain.front()) : leave_out(calls, plain);
    }

private:
    /// The last one's end nobody knows: it is none.
    std::vector<Unit> units_of(Ids const& calls) const {
        std::map<Name, std::vector<std::size_t>> places;
        for (std::size_t n = 0; n < calls.size(); ++n) {
            places[shapes_[calls[n]].symbol].push_back(n);
        }
        std::vector<std::size_t> const* first = nullptr;
        for (auto const& [symbol, where] : places) {
            if (where.size() == seen_ && (!first || where.front() < first->front())) {
                first = &where;
            }
        }
        std::vector<Unit> units;
        for (std::size_t n = 1; first && n < first->size(); ++n) {
            units.push_back({(*first)[n - 1], (*first)[n]});
        }
        return units;
    }

    /// Those that call the same as most do, the one with the fewest calls first.
    std::vector<Unit> plainest(std::vector<Unit> const& units, Ids const& calls) const {
        std::map<std::vector<Name>, std::vector<Unit>> alike;
        for (auto const& unit : units) {
            std::vector<Name> names;
            for (auto n = unit.begin; n < unit.end; ++n) {
                names.push_back(shapes_[calls[n]].symbol);
            }
            alike[names].push_back(unit);
        }
        auto const most = std::ranges::max_element(
            alike, {}, [](auto const& entry) { return entry.second.size(); });
        if (most == alike.end()) {
            return {};
        }
        auto plain = most->second;
        std::ranges::stable_sort(plain, {}, [&](Unit const& unit) { return size_of(unit, calls); });
        return plain;
    }

    std::size_t size_of(Unit const& unit, Ids const& calls) const {
        std::size_t all = 0;
        for (auto n = unit.begin; n < unit.end; ++n) {
            all += size_of(calls[n]);
        }
        return all;
    }

    std::size_t size_of(Id shape) const {
        std::size_t all = 1;
        for (auto const below : shapes_[shape].calls) {
            all += size_of(below);
        }
        return all;
    }

    Ids repeat(Ids const& calls, Unit unit) const {
        auto const at = [&](std::size_t n) {
            return calls.begin() + static_cast<std::ptrdiff_t>(n);
        };
        Ids made(calls.begin(), at(unit.end));
        for (auto more = wanted_ - seen_; more > 0; --more) {
            made.insert(made.end(), at(unit.begin), at(unit.end));
        }
        made.insert(made.end(), at(unit.end), calls.end());
        return made;
    }

    Ids leave_out(Ids const& calls, std::vector<Unit> plain) const {
        plain.resize(std::min<std::size_t>(plain.size(), seen_ - wanted_));
        std::ranges::sort(plain, {}, &Unit::begin);
        Ids made;
        std::size_t from = 0;
        for (auto const& unit : plain) {
            made.insert(made.end(), calls.begin() + static_cast<std::ptrdiff_t>(from),
                        calls.begin() + static_cast<std::ptrdiff_t>(unit.begin));
            from = unit.end;
        }
        made.insert(made.end(), calls.begin() + static_cast<std::ptrdiff_t>(from), calls.end());
        return made;
    }

    CallShapes const& shapes_;
    std::uint32_t seen_, wanted_;
};

} // namespace

ResizedShape::ResizedShape(CallShapes const& shapes, CallShapes::Id shape, std::uint32_t mappings)
    : shapes_(shapes) {
    Resizing const resizing(shapes, shapes[shape].unmapped, mappings);
    resized_.emplace(shape, resizing.apply(shapes[shape].calls));
    for (auto const below : shapes[shape].calls) {
        resized_.emplace(below, resizing.apply(shapes[below].calls));
    }
}

std::vector<CallShapes::Id> const& ResizedShape::calls(CallShapes::Id shape) const {
    auto const found = resized_.find(shape);
    return found != resized_.end() ? found->second : shapes_[shape].calls;
}

} // namespace kflow::trace
