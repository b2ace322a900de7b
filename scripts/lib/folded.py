"""Functions that the compiler merged with an identical one: what is left of them is a branch to it, which the Image's calls (`bl`)
do not have, and which function_graph shows as a call."""

import collections
import re

GRAPH_CAPTURES = r"(?!opt-).*\.graph"


class FoldedFunctions:
    def __init__(self, folder, table, sources, dwarf, call_sites):
        self.table = table
        self.children = {name: collections.Counter() for name in self.candidates(sources, dwarf, call_sites)}
        if self.children:
            pattern = re.compile(r"(\S+-\d+) .*?\| +(%s)\(.*\{" % "|".join(re.escape(name) for name in self.children))
            for _, lines in folder.captures(GRAPH_CAPTURES):
                self.count(lines, pattern)

    def candidates(self, sources, dwarf, call_sites):
        """Traced symbols whose source stands in a file that DWARF was read for, but that have neither an instance nor calls."""
        units = sorted({key.rsplit(":", 1)[0] for key in dwarf})
        for unit in units:
            for name in sorted(sources.names_of.get(unit, ())):
                symbols = [symbol for symbol in self.table.by_name.get(name, ()) if symbol.traced and symbol.file == unit]
                if symbols and f"{unit}:{name}" not in dwarf and not call_sites.sites.get(symbols[0].address):
                    yield name

    def count(self, lines, pattern):
        for index, line in enumerate(lines):
            found = pattern.search(line)
            if found is None:
                continue
            for later in lines[index + 1:index + 4]:
                if found.group(1) in later and "|" in later:
                    child = re.match(r" *(?:/\*.*\*/)? *([\w.]+)\(", later.rpartition("|")[2])
                    self.children[found.group(2)][child.group(1) if child else ""] += 1
                    break

    def lines(self):
        """(function, what it was merged with, how often it was seen, how often it called that)"""
        for name, children in sorted(self.children.items()):
            if children:
                child, count = max(sorted(children.items()), key=lambda item: item[1])
                if child in self.table.by_name and count * 10 >= sum(children.values()) * 8:
                    yield name, child, sum(children.values()), count
