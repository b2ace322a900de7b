"""A build's text symbols: sizes as the kernel prints them, which are traced, and which source file each comes from."""

import bisect
import collections
import re

COMPILER_SUFFIX = re.compile(r"\.(?:isra|constprop|part|cold|localalias|llvm)\b.*$")
ASSIGNING_ROUNDS = 3

# Where the lifecycle and what lies below it comes from: the symbols of these are in the plain file, all others in the packed one.
CORE_PREFIXES = (
    "arch/arm64/", "block/blk-core.c", "drivers/char/random.c", "drivers/clocksource/", "drivers/connector/", "drivers/irqchip/",
    "drivers/tty/n_tty.c", "drivers/tty/pty.c", "drivers/tty/tty_", "fs/", "include/", "init/", "io_uring/", "ipc/", "kernel/",
    "kernel/bpf/bpf_", "kernel/bpf/cgroup.c", "kernel/bpf/core.c", "kernel/bpf/syscall.c", "kernel/trace/bpf_trace.c",
    "kernel/trace/fgraph.c", "kernel/trace/ftrace.c", "kernel/trace/trace_sched", "lib/", "mm/", "net/core/", "security/",
)
NOT_CORE_PREFIXES = (
    "fs/overlayfs/", "fs/tracefs/", "fs/debugfs/", "fs/hugetlbfs/", "fs/iomap/", "kernel/bpf/", "kernel/debug/", "kernel/dma/",
    "kernel/power/", "kernel/trace/", "arch/arm64/kvm/", "mm/damon/", "mm/kasan/", "kernel/liveupdate/", "security/selinux/",
    "security/smack/", "security/tomoyo/",
)


def function_of(symbol):
    return COMPILER_SUFFIX.sub("", symbol)


def is_core(path):
    """The longest prefix that fits decides."""
    def longest(prefixes):
        return max((len(prefix) for prefix in prefixes if path.startswith(prefix)), default=0)
    return path is not None and longest(CORE_PREFIXES) > longest(NOT_CORE_PREFIXES)


class Symbol:
    __slots__ = ("name", "kind", "function", "address", "size", "order", "traced", "frame", "file", "is_copy")

    def __init__(self, name, kind, address, order):
        self.name, self.kind, self.address, self.order = name, kind, address, order
        self.function = function_of(name)
        self.size, self.traced, self.frame, self.file = 0, False, False, None
        self.is_copy = False  # of a header's function: some .c file keeps one out of line


class SourceLists:
    """The names list of the series: which files define a function."""

    def __init__(self, text):
        self.names_of = {}
        self.files_of = collections.defaultdict(list)
        for line in text.splitlines():
            if line and not line.startswith("#"):
                path, names = line.split("\t")
                self.names_of[path] = frozenset(names.split())
                for name in names.split():
                    self.files_of[name].append(path)

    def units_defining(self, name):
        """The .c and .S files that define it (headers' copies apart)."""
        return [path for path in self.files_of.get(name, ()) if not path.endswith(".h")]

    def is_header_function(self, name):
        return any(path.endswith(".h") for path in self.files_of.get(name, ()))


class SymbolTable:
    def __init__(self, folder, sources, dwarf, units):
        """units: {source file: compiled file} where they differ."""
        self.symbols = [Symbol(entry.name, entry.kind, entry.address, order) for order, entry in enumerate(folder.kallsyms())]
        self.symbols.sort(key=lambda symbol: (symbol.address, symbol.order))
        self.addresses = [symbol.address for symbol in self.symbols]
        self.by_name = collections.defaultdict(list)
        self.by_function = collections.defaultdict(list)
        for symbol in self.symbols:
            self.by_name[symbol.name].append(symbol)
            self.by_function[symbol.function].append(symbol)
        self.by_address = {}
        for symbol in reversed(self.symbols):  # the first of several at one address is the one that the kernel names
            self.by_address[symbol.address] = symbol
        self.base = self.symbols[0].address
        self.modules = collections.defaultdict(list)
        self.unit_of_file = units
        self.set_sizes()
        self.set_traced(folder.traced_functions())
        self.set_files(sources, dwarf)

    def unit(self, path):
        """The file that is compiled: kernel/sched/rt.c is part of kernel/sched/build_policy.c."""
        return self.unit_of_file.get(path, path)

    def at(self, address):
        """The symbol that the kernel names an address by, or None."""
        index = bisect.bisect_right(self.addresses, address) - 1
        return self.by_address[self.addresses[index]] if index >= 0 else None

    def set_sizes(self):
        """Up to the next higher address, as get_symbol_pos() in kernel/kallsyms.c has it."""
        following = None
        for index in range(len(self.symbols) - 1, -1, -1):
            symbol = self.symbols[index]
            later = self.symbols[index + 1] if index + 1 < len(self.symbols) else None
            if later is not None and later.address > symbol.address:
                following = later.address
            symbol.size = following - symbol.address if following else 0

    def set_traced(self, functions):
        """The list is in the order of addresses, so a name that several symbols have is told by its neighbours in the list."""
        core = [name for name, module in functions if module is None]
        for name, module in functions:
            if module is not None:
                self.modules[module].append(name)
        listed = collections.Counter(core)
        unique = {name: self.by_name[name][0] for name in listed if listed[name] == 1 and len(self.by_name[name]) == 1}
        below = 0
        above = self.next_anchors(core, unique)
        for index, name in enumerate(core):
            if name in unique:
                unique[name].traced = True
                below = max(below, unique[name].address)
                continue
            candidates = [symbol for symbol in self.by_name[name] if not symbol.traced]
            near = [symbol for symbol in candidates if below < symbol.address < above[index]]
            if near or len(candidates) == 1:
                (near or candidates)[0].traced = True

    @staticmethod
    def next_anchors(core, unique):
        above, nearest = [0] * len(core), 1 << 64
        for index in range(len(core) - 1, -1, -1):
            above[index] = nearest
            if core[index] in unique:
                nearest = unique[core[index]].address
        return above

    def set_files(self, sources, dwarf):
        """By the lists where one file defines the name, by DWARF, and by the neighbours (a file's functions lie together)."""
        dwarf_files = collections.defaultdict(list)
        for key in dwarf:
            path, function = key.rsplit(":", 1)
            dwarf_files[function].append(path)
        candidates = []
        for symbol in self.symbols:
            possible = sources.units_defining(symbol.function)
            units = {self.unit(path) for path in possible}
            possible = possible + [path for path in dwarf_files[symbol.function] if path not in units]
            candidates.append(possible)
            if len(possible) == 1 and len(self.by_name[symbol.name]) == 1:
                symbol.file = possible[0]
        for _ in range(ASSIGNING_ROUNDS):
            for index, symbol in enumerate(self.symbols):
                if symbol.file is None:
                    is_copy = symbol.kind == "t" and sources.is_header_function(symbol.function)
                    symbol.file = self.file_from_neighbours(index, candidates[index], is_copy)
        for symbol in self.symbols:
            if sources.is_header_function(symbol.function):
                definers = sources.units_defining(symbol.function)
                symbol.is_copy = symbol.kind == "t" and symbol.file not in definers
                if symbol.file is None:
                    symbol.file = next(path for path in sources.files_of[symbol.function] if path.endswith(".h"))

    def file_from_neighbours(self, index, candidates, is_copy):
        """The candidate that most of the symbols around share; None if none does. A header's copy without one: what both sides agree on."""
        around = collections.Counter()
        sides = []
        for step in (-1, 1):
            place, found = index + step, 0
            while 0 <= place < len(self.symbols) and found < 4 and abs(place - index) < 12:
                neighbour = self.symbols[place].file
                if neighbour is not None:
                    around[self.unit(neighbour)] += 1
                    if found == 0:
                        sides.append(neighbour)
                    found += 1
                place += step
        if candidates:
            best = max(candidates, key=lambda path: (around[self.unit(path)], path))
            return best if around[self.unit(best)] else None
        return sides[0] if is_copy and len(sides) == 2 and self.unit(sides[0]) == self.unit(sides[1]) else None

    def in_unit(self, function, unit):
        """Symbols that hold code of a function of that compiled file (clones and parts included)."""
        return [symbol for symbol in self.by_function.get(function, ())
                if symbol.file is not None and self.unit(symbol.file) == unit]


def units_of_files(dwarf, sources):
    """{source file: compiled file} where they differ, told by DWARF's functions that the compiled file itself does not define."""
    votes = collections.defaultdict(collections.Counter)
    for key in dwarf:
        unit, function = key.rsplit(":", 1)
        if function not in sources.names_of.get(unit, ()):
            same_folder = [path for path in sources.units_defining(function)
                           if path.rpartition("/")[0] == unit.rpartition("/")[0]]
            if len(same_folder) == 1 and f"{same_folder[0]}:{function}" not in dwarf:
                votes[same_folder[0]][unit] += 1
    compiled = {key.rsplit(":", 1)[0] for key in dwarf}
    return {path: units.most_common(1)[0][0] for path, units in sorted(votes.items())
            if path not in compiled and max(units.values()) >= 2}
