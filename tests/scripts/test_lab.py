"""The command line of scripts/lab: bad arguments end with a message and a status."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

LAB = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts/lab"


def lab(*words):
    done = subprocess.run([sys.executable, str(LAB), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stdout, done.stderr


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.output = folder.name

    def test_each_command_has_examples(self):
        for command in ("kernels", "record", "facts", "build"):
            status, text, _ = lab(command, "--help")
            self.assertEqual(status, 0)
            self.assertIn(f"examples:\n  scripts/lab {command}", text)

    def test_wrong_arguments(self):
        status, _, said = lab("boot")
        self.assertEqual(status, 2)
        self.assertIn("invalid choice: 'boot'", said)

    def test_nothing_to_record(self):
        status, _, said = lab("record", "-o", self.output)
        self.assertEqual((status, said), (1, "lab: nothing to record: expected PROGRAM.c, NAME.scenario or --session NAME\n"))

    def test_a_file_that_is_not_there(self):
        status, _, said = lab("record", "-o", self.output, "none.c")
        self.assertEqual((status, said), (1, "lab: none.c: no such file\n"))

    def test_a_mode_that_is_none(self):
        status, _, said = lab("record", "-o", self.output, "--session", "raspbian_proc", "--modes", "stack,strace")
        self.assertEqual(status, 1)
        self.assertIn("unknown mode 'strace': expected stack, function, events, graph, dat or trace", said)

    def test_a_build_that_is_there_is_not_overwritten(self):
        status, _, said = lab("build", "debian-6.12-arm64", "-o", self.output)
        self.assertEqual(status, 1)
        self.assertIn("is there already", said)
