"""How well what was learned from some programs tells of others: one program in five is left out of learning, at random, and its captures
are checked; then wrong captures are made of them, and those that are reported are counted."""

import json
import pathlib
import random
import subprocess
import sys
import tempfile


class Split:
    """A build's graph captures, by program; those of one program are on the same side. The same seed gives the same split."""

    def __init__(self, captures, seed):
        programs = sorted({program_of(c) for c in captures})
        self.left_out = set(random.Random(seed).sample(programs, max(1, len(programs) // 5)))
        self.programs = len(programs)
        self.learned_from = [c for c in captures if program_of(c) not in self.left_out]
        self.held_out = [c for c in captures if program_of(c) in self.left_out]


def program_of(capture):
    return capture.name.split(".")[0]


def graph_captures(folders, build):
    """Of a build, in these folders (the build's folder itself, or one that has it), programs in the same order."""
    found = []
    for folder in folders:
        place = folder / build if (folder / build).is_dir() else folder
        found += [p for p in place.iterdir() if ".graph.trace" in p.name]
    return sorted(found, key=lambda p: (p.name, str(p)))


def run(command):
    out = run_quietly(command)
    if not out:
        sys.exit(f"fidelity: {' '.join(str(w) for w in command[:4])} … printed nothing")
    return out


def run_quietly(command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode > 2 or "error:" in result.stderr:
        sys.exit(f"fidelity: {' '.join(str(w) for w in command[:4])} … ended with {result.returncode}: {result.stderr}")
    return result.stdout


def learn(kflow, captures, build, folder):
    """The file that was learned. Captures of two recordings have the same name: the second is learned from under another, of the same
    program."""
    named, taken = [], set()
    for capture in captures:
        link = folder / capture.name
        while link.name in taken:
            program = program_of(link)
            link = folder / (program + ".again" + link.name[len(program):])
        taken.add(link.name)
        link.symlink_to(capture.resolve())
        named.append(link)
    learned = folder / "learned"
    run([kflow, "learn", *named, "--build", build, "-o", learned, "--anew"])
    return learned


class Accepted:
    """Calls of captures that were not learned from."""

    def __init__(self, reports):
        self.reports = [r for r in reports if r["verdict"] != "unreadable"]
        self.calls = sum(r["total"]["calls"] for r in self.reports)
        self.accepted = sum(r["total"]["accepted"] for r in self.reports)

    def fitness(self):
        return self.accepted / self.calls if self.calls else 0.0

    def misses(self):
        """(how many, capture, function), most first"""
        count = {}
        for report in self.reports:
            for d in report["divergences"]:
                key = (pathlib.Path(report["capture"]).name, d["parent"])
                count[key] = count.get(key, 0) + 1
        return sorted(((n, *key) for key, n in count.items()), reverse=True)


def reported(kflow, held_out, real, build, learned, evenly, mutants, seed):
    """(reported, made, the sentences about those that were not) of wrong captures in the lifecycle's subtrees."""
    each = max(1, -(-mutants // len(held_out)))
    text = run([kflow, "check", *held_out, "--build", build, "--learned", learned, "--mutants", each, "--seed", seed,
                "--mutate", "lifecycle", "--evenly", evenly, "--real", *real])
    lines = text.strip().splitlines()
    words = lines[-1].split()
    return int(words[1]), int(words[3]), [line for line in lines if line.startswith("missed: ")]


class Measured:
    def __init__(self, kflow, build, folders, seed, mutants):
        self.split = Split(graph_captures(folders, build), seed)
        with tempfile.TemporaryDirectory() as name:
            learned = learn(kflow, self.split.learned_from, build, pathlib.Path(name))
            held_out = self.split.held_out
            self.held = Accepted(json.loads(run([kflow, "check", *held_out, "--build", build, "--learned", learned, "--format", "json"])))
            self.mutants = {evenly: reported(kflow, held_out, self.split.learned_from, build, learned, evenly, mutants, seed)
                            for evenly in ("functions", "calls")} if mutants else {}

    def share(self, evenly):
        found, made, _ = self.mutants[evenly]
        return found / made if made else 0.0

    def show(self, build):
        split = self.split
        print(f"{build}: {split.programs} programs, {len(split.left_out)} of them left out of learning: {' '.join(sorted(split.left_out))}")
        print(f"  calls of those that are accepted     {self.held.accepted} of {self.held.calls} = {100 * self.held.fitness():.3f} %")
        for n, capture, function in self.held.misses():
            print(f"    {n:>6}  {function} in {capture}")
        for evenly, (found, made, missed) in self.mutants.items():
            print(f"  mutants reported, {evenly + ' drawn evenly':<22} {found} of {made} = {100 * self.share(evenly):.1f} %")
            for sentence in missed:
                print(f"    {sentence}")


def show_all(build, fitness):
    """Of several draws."""
    print(f"{build}: calls accepted in {len(fitness)} draws: {100 * min(fitness):.3f} to {100 * max(fitness):.3f} %, "
          f"mean {100 * sum(fitness) / len(fitness):.3f} %")


def main(options, builds):
    """Status 1 if a figure is below its bound."""
    low = False
    print(f"split and mutants drawn with --seed {options.seed}")
    for build in builds:
        if not graph_captures(options.captures, build):
            continue
        fitness = []
        for draw in range(options.splits):
            measured = Measured(options.kflow, build, options.captures, options.seed + draw, options.mutants)
            measured.show(build)
            fitness.append(measured.held.fitness())
            figures = [(fitness[-1], options.least_fitness)]
            figures += [(measured.share(evenly), least) for evenly, least in
                        (("functions", options.least_functions), ("calls", options.least_calls)) if evenly in measured.mutants]
            low = low or any(100 * figure < least for figure, least in figures if least is not None)
        if options.splits > 1:
            show_all(build, fitness)
    return 1 if low else 0
