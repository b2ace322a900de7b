#include "sim/kernel/pids.hpp"

#include <algorithm>

namespace kflow::kernel {

namespace {

constexpr std::int32_t kReserved = 300; // RESERVED_PIDS: where the circle begins again

/// idr_alloc_cyclic(): the first free number after the last one, once round.
std::int32_t next_number(PidNamespace const& ns) {
    auto const first = ns.last > 0 || ns.level == 0 ? ns.last + 1 : 1;
    for (auto n = first; n < ns.pid_max; ++n) {
        if (!ns.used.contains(n)) {
            return n;
        }
    }
    auto const again = first > kReserved ? kReserved : 1;
    for (auto n = again; n < std::min(first, ns.pid_max); ++n) {
        if (!ns.used.contains(n)) {
            return n;
        }
    }
    return 0;
}

} // namespace

PidId allocate_pid(Machine& machine, PidNamespaceId ns, std::int32_t wanted) {
    PidEntry entry;
    for (auto level = ns; level != kNobody<PidNamespaceId>;
         level = machine.namespaces[level].parent) {
        auto const& space = machine.namespaces[level];
        auto number = next_number(space);
        if (level == ns && wanted != 0) {
            number = space.used.contains(wanted) || wanted >= space.pid_max ? 0 : wanted;
        }
        if (number == 0) {
            return kNobody<PidId>;
        }
        entry.namespaces.insert(entry.namespaces.begin(), level);
        entry.numbers.insert(entry.numbers.begin(), number);
    }
    auto const spaces = entry.namespaces;
    auto const numbers = entry.numbers;
    auto const id = machine.pids.add(std::move(entry));
    for (std::size_t level = 0; level < spaces.size(); ++level) {
        auto& space = machine.namespaces.edit(spaces[level]);
        space.used.emplace(numbers[level], id);
        if (spaces[level] != ns || wanted == 0) {
            space.last = numbers[level];
        }
    }
    return id;
}

void free_pid(Machine& machine, PidId pid) {
    auto const entry = machine.pids[pid];
    for (std::size_t level = 0; level < entry.namespaces.size(); ++level) {
        machine.namespaces.edit(entry.namespaces[level]).used.erase(entry.numbers[level]);
    }
}

bool is_unhashed(Task const& task) {
    return task.pid_struct == kNobody<PidId>;
}

} // namespace kflow::kernel
