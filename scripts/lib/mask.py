"""A build's mask: which calls of the source are inlined, from DWARF, as exceptions to a few default rules.

The rules (sim/build/edges.cpp applies the same ones):
  1. a callee without a symbol is inlined;
  2. a header's function is inlined, unless a symbol of that name is more than a .c file's own copy of it;
  3. a callee of another compiled file is called;
  4. a callee of the same compiled file is called, unless it is home-inlined.
Lines: `home-inlined UNIT:CALLEE`, `inline|call|either UNIT:CALLER>CALLEE [in OUTER]`. The most specific line wins.
"""

import collections

from symbol_table import function_of

INLINED, CALLED, EITHER = "inline", "call", "either"


def outcome(inlined, called):
    return EITHER if inlined and called else INLINED if inlined else CALLED


class Mask:
    def __init__(self, table, sources, dwarf):
        self.table, self.sources = table, sources
        self.home_inlined = {}  # (unit, callee): (inlined, called) pairs
        self.lines = []
        self.statistics = collections.OrderedDict()
        edges = self.observed(dwarf)
        self.choose_home_inlined(edges)
        self.choose_exceptions(edges)

    def observed(self, dwarf):
        """{(unit, caller, callee): {outer: [times inlined, times called]}}; what a function's own .part makes of it apart."""
        edges = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
        for key in sorted(dwarf):
            unit, outer = key.rsplit(":", 1)
            for instance in dwarf[key]:
                for caller, callee in instance["inl"]:
                    if caller != callee:
                        edges[unit, caller, callee][outer][0] += 1
                for caller, callee, _ in instance["calls"]:
                    if caller != callee and callee != "*" and not callee.startswith("__builtin_"):
                        edges[unit, caller, callee][outer][1] += 1
        return edges

    def is_home(self, unit, callee):
        """Whether the compiled file itself defines the callee."""
        if any(self.table.unit(path) == unit for path in self.sources.units_defining(callee)):
            return True
        return bool(not self.sources.is_header_function(callee) and self.table.in_unit(callee, unit))

    def has_home_symbol(self, unit, callee):
        return any(".part." not in symbol.name for symbol in self.table.in_unit(callee, unit))

    def has_foreign_symbol(self, callee):
        return any(not symbol.is_copy for symbol in self.table.by_function.get(callee, ()) if ".part." not in symbol.name)

    def default(self, unit, callee):
        if self.is_home(unit, callee):
            if not self.has_home_symbol(unit, callee) or (unit, callee) in self.home_inlined:
                return INLINED
            return CALLED
        return CALLED if self.has_foreign_symbol(callee) else INLINED

    def choose_home_inlined(self, edges):
        votes = collections.defaultdict(lambda: [0, 0])
        pairs = callees = 0
        for (unit, _, callee), outers in edges.items():
            if self.is_home(unit, callee) and self.has_home_symbol(unit, callee):
                pairs += 1
                for inlined, called in outers.values():
                    votes[unit, callee][0] += bool(inlined and not called)
                    votes[unit, callee][1] += bool(called)
        for home, (inlined, called) in votes.items():
            if inlined > called:
                self.home_inlined[home] = (inlined, called)
        callees = len(votes)
        self.statistics["same-file edges"] = pairs
        self.statistics["their callees"] = callees
        self.statistics["of them home-inlined"] = len(self.home_inlined)

    def choose_exceptions(self, edges):
        counts = collections.Counter()
        for unit, caller, callee in sorted(edges):
            outers = edges[unit, caller, callee]
            expected = self.default(unit, callee)
            found = {outer: outcome(*times) for outer, times in outers.items()}
            usual = collections.Counter(found.values())
            base = expected if usual[expected] * 2 >= len(found) else max(sorted(usual), key=lambda kind: usual[kind])
            same_file = self.is_home(unit, callee) and self.has_home_symbol(unit, callee)
            if base != expected:
                agreeing = sum(1 for kind in found.values() if kind == base)
                self.lines.append(f"{base} {unit}:{caller}>{callee}\tDWARF {agreeing}/{len(found)}")
                counts["same-file exceptions" if same_file else "other exceptions"] += 1
            for outer in sorted(found):
                if found[outer] != base:
                    inlined, called = outers[outer]
                    self.lines.append(f"{found[outer]} {unit}:{caller}>{callee} in {outer}\tDWARF {inlined} inlined {called} called")
                    counts["same-file exceptions, in one outer" if same_file else "other exceptions, in one outer"] += 1
        self.statistics["all edges"] = len(edges)
        for kind in ("same-file exceptions", "same-file exceptions, in one outer", "other exceptions",
                     "other exceptions, in one outer"):
            self.statistics[kind] = counts[kind]

    def renamed(self, dwarf):
        """(name, symbol) of the fortified string functions' originals: an asm label of include/linux/fortify-string.h renames them."""
        names = {callee for instances in dwarf.values() for instance in instances for _, callee, _ in instance["calls"]
                 if callee.startswith("__real_")}
        for name in sorted(names):
            plain = name[len("__real_"):]
            for symbol in (plain, f"sized_{plain}", f"{plain}_noprof"):
                if self.has_foreign_symbol(symbol):
                    yield name, symbol
                    break

    def parts(self):
        """(symbol, function) of the split-off parts that are in a known file."""
        return sorted((symbol.name, f"{self.table.unit(symbol.file)}:{function_of(symbol.name)}")
                      for symbol in self.table.symbols if ".part." in symbol.name and symbol.file)
