"""How like a real capture a run at full depth is: 2·LCS/(n+m) of the sequences of functions below the lifecycle's system calls, task by task;
beside it the same of two real captures of one program."""

import collections
import re
import subprocess
import sys
import tempfile
import pathlib

import learning_fidelity

RECORD = re.compile(r"^(\s*[\d.]+ \|)?\s*\d+\)\s+(?P<task>\S.*?)-(?P<pid>\d+)\s+(?P<rest>\|.*)$")
OPENS = re.compile(r"\|(?P<indent> +)(?P<name>[^\s();]+)\(\)(?P<leaf>;| \{)")
CLOSES = re.compile(r"\| +\}")

CALLS = ("clone", "clone3", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "kill", "tgkill", "tkill", "rt_sigaction",
         "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigqueueinfo", "setpgid", "setsid")
ROOTS = {f"__arm64_sys_{name}" for name in CALLS} | {"schedule_tail", "get_signal", "do_exit", "do_group_exit"}
# Scenarios whose program cannot be held against its capture.
LEFT_OUT = {
    "raspbian_proc": "a session of an interactive shell", "rpi_proc_exit": "a session of an interactive shell",
    "enomem": "no memory allocation fails on demand where it was captured", "pid_max": "a kernel before 6.14 has no pid_max of its own in a namespace",
    "exec_from_thread": "set_ftrace_pid forgets the leader's number when the leader dies, and with it the thread that takes it over",
}
ASIDE = {"do_mem_abort", "el1_interrupt", "irq_enter_rcu", "do_interrupt_handler", "irq_exit_rcu", "gic_handle_irq", "preempt_schedule_irq",
         "raw_irqentry_exit_cond_resched"}


def read_text(path):
    if path.name.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", str(path)], check=True, capture_output=True).stdout.decode(errors="replace")
    return path.read_text(errors="replace")


class Walk:
    """One task's way through its calls."""

    def __init__(self):
        self.inside = []  # of each open call: whether it is below a root, whether it is set aside
        self.roots = []   # (root, the functions called below it, itself first)

    def open(self, name, leaf):
        below, aside = self.inside[-1] if self.inside else (False, False)
        aside = aside or name in ASIDE
        if not aside:
            if not below and name in ROOTS:
                self.roots.append((name, []))
                below = True
            if below:
                self.roots[-1][1].append(name)
        if not leaf:
            self.inside.append((below, aside))

    def close(self):
        if self.inside:
            self.inside.pop()


def sequences(path, is_capture):
    """Of each task, in the order they come: what it called below the lifecycle's system calls. What a capture shows of the shell is left
    out: the task that is still it in the end, and the first other one until it executes the program."""
    walks = collections.OrderedDict()
    for line in read_text(path).splitlines():
        record = RECORD.match(line) if line[:1] != "#" else None
        if not record or int(record["pid"]) <= 1 or record["task"].strip() == "bash":
            continue
        walk = walks.setdefault(record["pid"], Walk())
        opens = OPENS.search(record["rest"])
        if opens:
            walk.open(opens["name"], opens["leaf"] == ";")
        elif CLOSES.search(record["rest"]):
            walk.close()
    all_roots = [walk.roots for walk in walks.values() if walk.roots]
    if is_capture and all_roots:
        names = [name for name, _ in all_roots[0]]
        if "__arm64_sys_execve" in names:
            all_roots[0] = all_roots[0][names.index("__arm64_sys_execve") + 1:]
    return [[name for _, below in roots for name in below] for roots in all_roots]


def longest_common(a, b):
    """Length of the longest common subsequence, a word of b a bit (Hyyrö's bit-vector algorithm)."""
    places = collections.defaultdict(int)
    for i, name in enumerate(b):
        places[name] |= 1 << i
    every = (1 << len(b)) - 1
    row = every
    for name in a:
        hit = row & places.get(name, 0)
        row = ((row + hit) | (row - hit)) & every
    return len(b) - bin(row).count("1")


def likeness(a, b):
    """Of two lists of tasks, each held against the one that it is most like; None where they have nothing to compare."""
    total = sum(map(len, a)) + sum(map(len, b))
    pairs = sorted(((-longest_common(x, y), abs(i - j), i, j) for i, x in enumerate(a) for j, y in enumerate(b) if x and y))
    common, used_a, used_b = 0, set(), set()
    for minus, _, i, j in pairs:
        if i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            common -= minus
    return 2 * common / total if total else None


class Comparison:
    def __init__(self, kflow, scenario, build, captures, seeds):
        real = [sequences(c, True) for c in captures]
        self.runs = [likeness(self.run(kflow, scenario, build, seed), r) for seed in seeds for r in real]
        self.real = [likeness(real[i], real[j]) for i in range(len(real)) for j in range(i)]

    @staticmethod
    def run(kflow, scenario, build, seed):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "run.trace"
            learning_fidelity.run_quietly([kflow, "run", scenario, "--build", build, "--depth", "full", "--option", "funcgraph-proc", "--seed", seed,
                                           "-o", out])
            return sequences(out, False)


def mean(values):
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def main(root, options, builds):
    """Status 1 if a build's mean is below its bound."""
    low = False
    for build in builds:
        rows = []
        for scenario in sorted((root / "scenarios").glob("*.scenario")):
            captures = [c for c in learning_fidelity.graph_captures(options.captures, build)
                        if learning_fidelity.program_of(c) == scenario.stem]
            if captures and scenario.stem not in LEFT_OUT and (not options.scenario or scenario.stem in options.scenario):
                compared = Comparison(options.kflow, scenario, build, captures, range(1, options.seeds + 1))
                rows.append((scenario.stem, mean(compared.runs), mean(compared.real)))
                if sys.stdout.isatty() or options.scenario:
                    print(f"  {scenario.stem} {rows[-1]}")
        if not rows:
            continue
        whole = mean([run for _, run, _ in rows])
        real = mean([real for _, _, real in rows])
        print(f"{build}: run against capture {whole:.3f} in the mean of {len(rows)} scenarios; two captures of one program "
              f"{f'{real:.3f}' if real else 'not there'}")
        for name, run, between in sorted(rows, key=lambda row: row[1]):
            print(f"  {name:<22} {run:.3f}   {f'{between:.3f}' if between else '-'}")
        low = low or (options.least_likeness is not None and whole < options.least_likeness)
    return 1 if low else 0
