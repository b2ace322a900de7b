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

PidId new_pid(Machine& machine, PidNamespaceId ns) {
    PidEntry entry;
    for (auto level = ns; level != kNobody<PidNamespaceId>;
         level = machine.namespaces[level].parent) {
        entry.namespaces.insert(entry.namespaces.begin(), level);
    }
    entry.numbers.resize(entry.namespaces.size());
    return machine.pids.add(std::move(entry));
}

std::int32_t free_number(Machine const& machine, PidNamespaceId ns, std::int32_t wanted) {
    auto const& space = machine.namespaces[ns];
    if (wanted == 0) {
        return next_number(space);
    }
    return space.used.contains(wanted) || wanted >= space.pid_max ? 0 : wanted;
}

bool take_number(Machine& machine, PidId pid, std::size_t level, std::int32_t wanted) {
    auto const ns = machine.pids[pid].namespaces[level];
    auto const number = free_number(machine, ns, wanted);
    if (number == 0) {
        return false;
    }
    machine.pids.edit(pid).numbers[level] = number;
    auto& space = machine.namespaces.edit(ns);
    space.used.emplace(number, pid);
    if (wanted == 0) {
        space.last = number;
    }
    return true;
}

PidId allocate_pid(Machine& machine, PidNamespaceId ns, std::int32_t wanted) {
    auto const pid = new_pid(machine, ns);
    for (auto level = machine.pids[pid].namespaces.size(); level-- > 0;) {
        bool const own = machine.pids[pid].namespaces[level] == ns;
        if (!take_number(machine, pid, level, own ? wanted : 0)) {
            free_pid(machine, pid);
            return kNobody<PidId>;
        }
    }
    return pid;
}

void free_pid(Machine& machine, PidId pid) {
    auto const entry = machine.pids[pid];
    for (std::size_t level = 0; level < entry.namespaces.size(); ++level) {
        auto& used = machine.namespaces.edit(entry.namespaces[level]).used;
        auto const found = used.find(entry.numbers[level]);
        if (found != used.end() && found->second == pid) { // not another's by now
            used.erase(found);
        }
    }
}

bool is_unhashed(Task const& task) {
    return task.pid_struct == kNobody<PidId>;
}

} // namespace kflow::kernel
