"""Recording on this machine, or on one that ssh reaches: scripts/lib/recorder with its plan and the compiled programs in a folder."""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import tempfile

import tools
from lab_error import LabError
from recorder_words import SAID, hear
from recording import compile_programs, plan, programs_of

LIB = pathlib.Path(__file__).resolve().parent
TRACEFS = [pathlib.Path("/sys/kernel/tracing"), pathlib.Path("/sys/kernel/debug/tracing")]
PUTTING_BACK = 30  # seconds that the recorder may need to put tracefs' settings back

# What is done over there: standard input is the folder, standard output the captures. The recorder's words go to standard error.
REMOTE = """set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tar -x -C "$folder"
mkdir "$folder/out"
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo bash "$folder/recorder" "$folder/plan" "$folder/programs" "$folder/out" >&2
tar -c -C "$folder/out" .
"""


def require_tracing():
    if os.geteuid() != 0:
        raise LabError("tracing needs root: run it by sudo")
    if not any(os.access(folder / "trace", os.W_OK) for folder in TRACEFS):
        raise LabError(f"no tracefs at {TRACEFS[0]}: mount -t tracefs tracefs {TRACEFS[0]} (the kernel needs CONFIG_FTRACE)")


def require_tools(captures):
    needed = {"gcc": "gcc"}
    if any(capture.subject.typed for capture in captures):
        needed["script"] = "bsdutils"
    if any(capture.mode == "dat" for capture in captures):
        needed["trace-cmd"] = "trace-cmd"
    tools.require(needed)


@contextlib.contextmanager
def bundle(captures, compiler):
    """A folder with what the recorder needs."""
    with tempfile.TemporaryDirectory(prefix="kflow-lab-") as folder:
        folder = pathlib.Path(folder)
        shutil.copy(LIB / "recorder", folder)
        (folder / "plan").write_text(plan(captures))
        compile_programs(programs_of(captures), folder / "programs", compiler)
        yield folder


def listen(stream, progress, tell):
    """Passes on what the recorder says; returns its complaints."""
    errors = []
    for line in stream:
        if line.startswith(SAID):
            errors += hear(line[len(SAID):].strip(), progress, tell)
        else:
            progress.note(line.strip())
    return errors


def record_here(captures, output, progress):
    require_tracing()
    require_tools(captures)
    with bundle(captures, "gcc") as folder, progress.phase("recording on this machine") as tell:
        command = ["bash", str(folder / "recorder"), str(folder / "plan"), str(folder / "programs"), str(output.resolve())]
        # A group of its own, so that an interruption comes to the recorder and what it runs by us, once.
        recorder = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                    start_new_session=True)
        try:
            errors = listen(recorder.stdout, progress, tell)
            recorder.wait()
        finally:
            stop(recorder)
    if errors:
        raise LabError("\n".join(errors))


def stop(recorder):
    """Ends what still runs and waits until the recorder has put tracefs' settings back."""
    if recorder.poll() is None:
        os.killpg(recorder.pid, signal.SIGTERM)
        recorder.wait(timeout=PUTTING_BACK)


def record_by_ssh(host, captures, output, progress):
    with bundle(captures, "aarch64-linux-gnu-gcc") as folder, progress.phase(f"recording on {host}") as tell, \
            tempfile.TemporaryFile() as packed, tempfile.TemporaryFile() as results:
        subprocess.run(["tar", "-c", "-C", str(folder), "."], check=True, stdout=packed)
        packed.seek(0)
        remote = subprocess.Popen(["ssh", host, f"bash -c {shlex.quote(REMOTE)}"], stdin=packed, stdout=results, stderr=subprocess.PIPE,
                                  text=True)
        try:
            errors = listen(remote.stderr, progress, tell)
        finally:
            remote.terminate()
            status = remote.wait()
        if errors or status:
            raise LabError("\n".join(errors) or f"ssh {host}: status {status}; it must let you in without questions, and sudo too")
        results.seek(0)
        subprocess.run(["tar", "-x", "--no-overwrite-dir", "-C", str(output)], check=True, stdin=results)
