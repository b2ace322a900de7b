"""What is recorded: trace blocks, modes, plans."""

import collections
import pathlib
import re
import subprocess
import tempfile
import unittest

from lab_error import LabError
from recording import captures_of, plan, session_of, subject_of
from trace_setup import MODES, TraceSetup, trace_block

SCENARIO = """\
program p
    events                              # no line of the block
trace
    current_tracer function             # a comment
    options func_stack_trace
    set_ftrace_filter do_exit
    set_ftrace_filter copy_process mmput
    events sched/sched_switch signal/*
start p
    options behind the block
"""


class TraceBlock(unittest.TestCase):
    def test_lines_add_up(self):
        self.assertEqual(trace_block(SCENARIO, "s"), TraceSetup("function", ["func_stack_trace"], ["do_exit", "copy_process", "mmput"],
                                                               ["sched/sched_switch", "signal/*"]))

    def test_a_scenario_may_have_none(self):
        self.assertIsNone(trace_block("program p\n    exit 0\nstart p\n", "s"))

    def test_the_graph_is_of_the_program_and_its_children(self):
        self.assertEqual(trace_block("trace\n    current_tracer function_graph\n", "s").options, ["function-fork", "event-fork"])

    def test_what_is_wrong_is_said_with_its_line(self):
        with self.assertRaisesRegex(LabError, "s:2: 'filter' is no setting"):
            trace_block("trace\n    filter do_exit\n", "s")
        with self.assertRaisesRegex(LabError, "s:2: expected a tracer: function, function_graph, nop"):
            trace_block("trace\n    current_tracer wakeup\n", "s")


class Programs(unittest.TestCase):
    def test_captures_are_known_by_their_names(self):
        project = pathlib.Path(__file__).resolve().parent.parent.parent
        names = [path.stem for folder in ("model", "scenarios", "tests/captures") for path in (project / folder / "programs").glob("*.c")]
        self.assertEqual([name for name, count in collections.Counter(names).items() if count > 1], [])


class Plan(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "programs").mkdir()
        (self.folder / "programs/p.c").write_text("int main(void) { return 0; }\n")
        (self.folder / "p.scenario").write_text(SCENARIO)

    def subject(self):
        return subject_of(self.folder / "programs/p.c")

    def test_a_scenario_is_its_program_traced_as_its_block_says(self):
        captures = captures_of([subject_of(self.folder / "p.scenario")], None)
        self.assertEqual([capture.file for capture in captures], ["p.trace"])
        self.assertEqual(plan(captures).splitlines(), [
            "capture p.trace", "current_tracer function", "options func_stack_trace", "set_ftrace_filter do_exit copy_process mmput",
            "events sched/sched_switch signal/*", "run p"])

    def test_a_program_has_the_usual_modes(self):
        files = [capture.file for capture in captures_of([self.subject()], None)]
        self.assertEqual(files, ["p.stack.trace", "p.events.trace", "p.graph.trace"])

    def test_only_the_graph_is_of_the_starter(self):
        self.assertIn("only starter\n", plan(captures_of([self.subject()], ["graph"])))
        self.assertNotIn("only starter\n", plan(captures_of([self.subject()], ["stack", "events", "function"])))

    def test_trace_dat_is_written_by_trace_cmd(self):
        captures = captures_of([self.subject()], ["dat"])
        self.assertEqual(captures[0].file, "p.dat")
        self.assertIn("format trace.dat\n", plan(captures))

    def test_a_session_types(self):
        lines = plan(captures_of([session_of("raspbian_proc")], ["stack"])).splitlines()
        self.assertEqual([line for line in lines if line.startswith("type")],
                         ["type 1 raspbian_proc &", "type 7.5 kill -9 $!", "type 1 exit"])
        self.assertFalse(any(line.startswith("kill") for line in lines))

    def test_what_never_ends_is_killed(self):
        program = self.folder / "raspbian_proc.c"
        program.write_text("int main(void) { return 0; }\n")
        self.assertIn("kill 4\n", plan(captures_of([subject_of(program)], ["stack"])))

    def test_errors_say_what_was_expected(self):
        for wrong, said in ((lambda: subject_of("none.c"), "none.c: no such file"),
                            (lambda: subject_of(__file__), "expected PROGRAM.c or NAME.scenario"),
                            (lambda: session_of("vi"), "unknown session 'vi': expected raspbian_proc or rpi_proc_exit"),
                            (lambda: captures_of([self.subject()], ["hwlat"]), "unknown mode 'hwlat': expected stack, "),
                            (lambda: captures_of([self.subject()] * 2, ["stack"]), "p.stack.trace would be made 2 times"),
                            (lambda: captures_of([session_of("raspbian_proc")], ["dat"]), "a session has no mode dat")):
            with self.assertRaisesRegex(LabError, said):
                wrong()

    def test_every_mode_has_a_plan(self):
        for mode in MODES:
            self.assertIn(f"capture p.{'' if mode == 'dat' else mode + '.'}{'dat' if mode == 'dat' else 'trace'}\n",
                          plan(captures_of([self.subject()], [mode])))


class Recorder(unittest.TestCase):
    def test_types_what_the_plan_says(self):
        recorder = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts/lib/recorder"
        body = re.search(r"^type_lines\(\) \{.*?^\}", recorder.read_text(), re.M | re.S)[0]
        script = body + "\nsleep() { echo sleep $1; }\ntyped=('1 kill -9 $!' '10.5' '1 exit')\ntype_lines"
        typed = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
        self.assertEqual(typed.splitlines(), ["sleep 1", "kill -9 $!", "sleep 10.5", "", "sleep 1", "exit", "sleep 1"])
