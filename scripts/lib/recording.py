"""What the lab records: captures, each of one program or lecture session in one mode, and the plan that scripts/lib/recorder does."""

import collections
import pathlib
import subprocess

from lab_error import LabError
from trace_setup import MODES, SCENARIO_MODE, trace_block

SCENARIOS = pathlib.Path(__file__).resolve().parent.parent.parent / "scenarios"

# The lecture's labs: what is typed, after how many seconds.
SESSIONS = {
    "raspbian_proc": [(1, "raspbian_proc &"), (7.5, "kill -9 $!"), (1, "exit")],
    "rpi_proc_exit": [(1, "rpi_proc_exit &"), (10.5, ""), (1, "exit")],
}
# Programs that run until somebody kills them, and after how many seconds that is: what their scenario's `batch` does.
KILLED_AFTER = {"raspbian_proc": 4}
DEFAULT_MODES = ["stack", "events", "graph"]

Subject = collections.namedtuple("Subject", "name source typed scenario_setup")
Capture = collections.namedtuple("Capture", "file subject mode setup")


def subject_of(argument):
    """A program's source, or a scenario: its program and what its `trace` block says."""
    path = pathlib.Path(argument)
    if not path.is_file():
        raise LabError(f"{path}: no such file")
    if path.suffix == ".c":
        return Subject(path.stem, path, [], None)
    if path.suffix == ".scenario":
        source = path.parent / "programs" / f"{path.stem}.c"
        if not source.is_file():
            raise LabError(f"{path}: there is no {source}, the program that it replays")
        return Subject(path.stem, source, [], trace_block(path.read_text(), path))
    raise LabError(f"{path}: expected PROGRAM.c or NAME.scenario")


def session_of(name):
    if name not in SESSIONS:
        raise LabError(f"unknown session '{name}': expected {' or '.join(SESSIONS)}")
    return Subject(f"session-{name}", SCENARIOS / "programs" / f"{name}.c", SESSIONS[name], None)


def captures_of(subjects, modes):
    """Every subject in every mode; without modes, as its scenario says or in the usual ones."""
    captures = [capture_of(subject, mode) for subject in subjects for mode in modes or default_modes(subject)]
    files = collections.Counter(capture.file for capture in captures)
    twice = [file for file, count in files.items() if count > 1]
    if twice:
        raise LabError(f"{twice[0]} would be made {files[twice[0]]} times: programs must differ in their names, and modes be given once")
    return captures


def default_modes(subject):
    return [SCENARIO_MODE] if subject.scenario_setup else DEFAULT_MODES


def capture_of(subject, mode):
    if mode == SCENARIO_MODE:
        setup = subject.scenario_setup or MODES["stack"]  # what a scenario without a `trace` block has
        return Capture(f"{subject.name}.trace", subject, mode, setup)
    if mode not in MODES:
        raise LabError(f"unknown mode '{mode}': expected {', '.join(MODES)} or {SCENARIO_MODE}")
    if mode == "dat" and subject.typed:
        raise LabError("a session has no mode dat: its terminal would be trace-cmd's")
    return Capture(f"{subject.name}.dat" if mode == "dat" else f"{subject.name}.{mode}.trace", subject, mode, MODES[mode])


def plan(captures):
    """The captures in the words of scripts/lib/recorder."""
    return "".join(line + "\n" for capture in captures for line in plan_lines(capture))


def plan_lines(capture):
    setup, subject = capture.setup, capture.subject
    yield f"capture {capture.file}"
    yield f"current_tracer {setup.tracer}"
    for word, values in (("options", setup.options), ("set_ftrace_filter", setup.filter), ("events", setup.events)):
        if values:
            yield f"{word} {' '.join(values)}"
    if setup.tracer == "function_graph":
        yield "only starter"
    if capture.mode == "dat":
        yield "format trace.dat"
    if subject.source.stem in KILLED_AFTER and not subject.typed:
        yield f"kill {KILLED_AFTER[subject.source.stem]}"
    for seconds, text in subject.typed:
        yield f"type {seconds} {text}"
    yield f"run {subject.source.stem}"


def programs_of(captures):
    return sorted({capture.subject.source for capture in captures})


def compile_programs(sources, target, compiler):
    target.mkdir(parents=True, exist_ok=True)
    for source in sources:
        command = [compiler, "-O1", "-pthread", "-o", str(target / source.stem), str(source)]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise LabError(f"{source} does not compile:\n{done.stderr.rstrip()}")


def require(captures, folder):
    """Every capture must be there, and hold something."""
    missing = [capture.file for capture in captures if not (folder / capture.file).is_file() or not (folder / capture.file).stat().st_size]
    if missing:
        raise LabError(f"not recorded: {', '.join(missing)}")
