"""Holds the mask that `kflow learn --mask` finds in captures against what the compiler's DWARF says.

DWARF is dwarf-edges.json of a build's folder of captures (docs/BUILD_FACTS.md); without it the build's own mask is asked,
which was made of it. Compared are calls of the source that captures exercise: calls that the symbols leave open (the callee has
a symbol of its own, and is of the same compiled file, so that it can be both), in the code of one out-of-line function, that
every reading of the children of at least one call of that function makes, or that a stack passes.
"""
import collections
import pathlib
import subprocess
import tempfile

from captures_folder import CapturesFolder
from mask import outcome

SUFFIXES = (".trace", ".trace.zst", ".trace.gz", ".trace.xz")


def learn(kflow, files, build):
    """(lines of the mask: [(kind, unit, caller, callee, outer, provenance)], what kflow reports)"""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "mask"
        command = [kflow, "learn", *map(str, files), "--build", build, "--mask", str(output)]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(f"fidelity: kflow learn --mask of {build} ended with {run.returncode}: {run.stderr}")
        return [parse(line) for line in output.read_text().splitlines() if not line.startswith("#")], run.stdout


def parse(line):
    statement, provenance = line.split("\t")
    kind, edge, _, outer = statement.split(" ")
    unit, call = edge.split(":")
    caller, callee = call.split(">")
    return kind, unit, caller, callee, outer, provenance


class Dwarf:
    def __init__(self, edges):
        self.units = set()
        self.edges = collections.defaultdict(lambda: [0, 0])  # (unit, caller, callee, outer): times inlined, times called
        for key, instances in edges.items():
            unit, outer = key.rsplit(":", 1)
            self.units.add(unit)
            for instance in instances:
                for caller, callee in instance["inl"]:
                    self.edges[unit, caller, callee, outer][0] += 1
                for caller, callee, _ in instance["calls"]:
                    self.edges[unit, caller, callee, outer][1] += 1

    def says(self, unit, caller, callee, outer):
        """"inline", "call" or "either"; nothing if it has no such call there."""
        times = self.edges.get((unit, caller, callee, outer))
        return outcome(*times) if times else None


def compare(lines, dwarf):
    """(how many of which kind agree, how many lines are of files without DWARF, [(what DWARF says, line)] that differ)"""
    agree, elsewhere, differ = collections.Counter(), 0, []
    for line in lines:
        kind, unit, caller, callee, outer, _ = line
        if unit not in dwarf.units:
            elsewhere += 1
            continue
        says = dwarf.says(unit, caller, callee, outer)
        if says == kind:
            agree[kind] += 1
        else:
            differ.append((says or "no such call", line))
    return agree, elsewhere, differ


def measure(kflow, folder):
    """Prints how a build's captures and its DWARF agree. Whether 99 of 100 calls do, and nothing is unexplained."""
    files = sorted(p for p in folder.iterdir() if p.name.endswith(SUFFIXES))
    lines, report = learn(kflow, files, folder.name)
    print(f"{folder.name}: {report}", end="")
    edges = CapturesFolder(folder).dwarf_edges()
    if not edges:
        differing = report.partition("Otherwise than the build's mask says:\n")[2].splitlines()
        count = next((i for i, line in enumerate(differing) if not line.startswith("  ")), len(differing))
        return bool(lines) and count * 100 <= len(lines)
    agree, elsewhere, differ = compare(lines, Dwarf(edges))
    judged = agree.total() + len(differ)
    if not judged:
        return False
    kinds = ", ".join(f"{agree[kind]} {kind}" for kind in ("call", "inline", "either"))
    print(f"  as DWARF says: {agree.total()} of {judged} = {100 * agree.total() / judged:.2f} % ({kinds}); "
          f"{elsewhere} more are in files whose DWARF was not read")
    for says, (kind, unit, caller, callee, outer, provenance) in differ:
        print(f"    DWARF: {says}; learned: {kind} {unit}:{caller}>{callee} in {outer} ({provenance})")
    return agree.total() * 100 >= judged * 99
