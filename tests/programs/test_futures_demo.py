# SPDX-License-Identifier: MIT
"""futures_demo: two tasks joined take as long as the longer one, not as both."""

import time
import unittest

from harness import ProgramTest

JOINED = ["Started task1", "Started task2", "Finished task2", "Finished task1"]
SEQUENTIAL = ["Started task1", "Finished task1", "Started task2", "Finished task2"]
SCALE = 0.2  # sleeps of 1 s and 0.6 s


class FuturesDemo(ProgramTest):
    def run_demo(self, *arguments, **options):
        start = time.monotonic()
        program, code = self.run_program("futures_demo", *arguments, **options)
        elapsed = time.monotonic() - start
        self.assertEqual(code, 0)
        measured = float(program.stderr.wait_for(r".*: (\d+\.\d+) s")[1])
        self.assertLessEqual(measured, elapsed + 0.01)
        return program.stdout.lines, measured

    def test_joined_tasks_take_as_long_as_the_longer_one(self):
        lines, seconds = self.run_demo("--scale", SCALE)
        self.assertEqual(lines, JOINED)
        self.assertGreaterEqual(seconds, 5 * SCALE)
        self.assertLess(seconds, 7.5 * SCALE)

    def test_one_thread_is_enough(self):
        lines, seconds = self.run_demo("--scale", SCALE, env={"EDO_WORKER_THREADS": "1"})
        self.assertEqual(lines, JOINED)
        self.assertLess(seconds, 7.5 * SCALE)

    def test_sequential_tasks_take_as_long_as_both(self):
        lines, seconds = self.run_demo("--sequential", "--scale", SCALE)
        self.assertEqual(lines, SEQUENTIAL)
        self.assertGreaterEqual(seconds, 8 * SCALE)

    def test_the_order_holds_for_short_sleeps_and_none_is_lost_without_sleep(self):
        self.assertEqual(self.run_demo("--scale", "0.05")[0], JOINED)
        lines, _ = self.run_demo("--scale=0")
        self.assertEqual(sorted(lines), sorted(JOINED))

    def test_lines_are_printed_when_they_happen(self):
        program = self.start("futures_demo", "--scale", "1")
        program.stdout.wait_for("Started task2")
        self.assertEqual(program.stdout.lines, JOINED[:2])

    def test_interrupt_ends_it(self):
        program = self.start("futures_demo")
        program.stdout.wait_for("Started task2")
        self.assert_ends_cleanly(program)
        self.assertEqual(program.stdout.lines, JOINED[:2])

    def test_options(self):
        program, code = self.run_program("futures_demo", "--help")
        self.assertEqual(code, 0)
        self.assertIn("--scale", program.stdout.text.decode())
        for arguments in (["--no-such-option"], ["--scale"], ["--scale", "-1"], ["--scale=nan"],
                          ["--scale=inf"], ["--scale="], ["--sequential=1"], ["5"]):
            program, code = self.run_program("futures_demo", *arguments)
            self.assertEqual(code, 2, arguments)
            self.assertEqual(program.stdout.text, b"")
            self.assertEqual(len(program.stderr.lines), 1)


if __name__ == "__main__":
    unittest.main()
