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


def otherwise(report):
    """How many calls kflow itself says to be otherwise than in the build's mask."""
    lines = report.partition("Otherwise than the build's mask says:\n")[2].splitlines()
    return next((i for i, line in enumerate(lines) if not line.startswith("  ")), len(lines))


def measure(kflow, build, folders):
    """Prints how a build's captures and its DWARF agree; the share of calls that do."""
    files = sorted(p for folder in folders for p in folder.iterdir() if p.name.endswith(SUFFIXES))
    lines, report = learn(kflow, files, build)
    print(f"{build}: {report}", end="")
    edges = next((edges for edges in (CapturesFolder(folder).dwarf_edges() for folder in folders) if edges), None)
    if not edges:
        return 1 - otherwise(report) / len(lines) if lines else 0.0
    agree, elsewhere, differ = compare(lines, Dwarf(edges))
    agreeing = sum(agree.values())
    judged = agreeing + len(differ)
    share = agreeing / judged if judged else 0.0
    kinds = ", ".join(f"{agree[kind]} {kind}" for kind in ("call", "inline", "either"))
    print(f"  as DWARF says: {agreeing} of {judged} = {100 * share:.2f} % ({kinds}); {elsewhere} more are in files without DWARF")
    for says, (kind, unit, caller, callee, outer, provenance) in differ:
        print(f"    DWARF: {says}; learned: {kind} {unit}:{caller}>{callee} in {outer} ({provenance})")
    return share


def main(options, builds):
    """Status 1 if a build's share is below the bound."""
    low = False
    for build in builds:
        folders = [folder / build for folder in options.captures if (folder / build).is_dir()]
        if folders:
            low = 100 * measure(options.kflow, build, folders) < options.least_agreement or low
    return 1 if low else 0
