# SPDX-License-Identifier: MIT
"""What scripts/bench and the guard make of figures. No program is measured here."""

import importlib.machinery
import io
import sys
import tempfile
import types
import unittest
from contextlib import redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

# pylint: disable=wrong-import-position
from comparison import overview, profiles, programs, report, summary, timed  # noqa: E402
from comparison.groups import KINDS  # noqa: E402
from comparison.machine import Facts  # noqa: E402
from comparison.timed import CURRENT, ONE, TWO, Timed, Times  # noqa: E402


def times_of(**medians):
    """Times with one round: name of a peer -> {(flavour, scenario): ns}."""
    times = Times()
    for peer, cells in medians.items():
        for (flavor, name), nanoseconds in cells.items():
            times.add(flavor, name, peer, [{"ns_per_op": 1e9}, {"ns_per_op": nanoseconds}])
    return times


def load_guard():
    path = str(ROOT / "benchmarks/instruction_guard")
    loader = importlib.machinery.SourceFileLoader("instruction_guard", path)
    module = types.ModuleType(loader.name)
    module.__file__ = path
    loader.exec_module(module)
    return module


class Bars(unittest.TestCase):
    def test_the_first_repeat_does_not_count(self):
        times = times_of(edo={(CURRENT, "spawn"): 10})
        self.assertEqual(times.median(CURRENT, "spawn", "edo"), 10)

    def test_a_bar_is_met_only_if_every_flavour_meets_its_limit(self):
        tokio = {(CURRENT, "spawn"): 30, (ONE, "spawn"): 30, (TWO, "spawn"): 25}
        fast = times_of(edo={(CURRENT, "spawn"): 10, (ONE, "spawn"): 10, (TWO, "spawn"): 10}, tokio=tokio)
        slow = times_of(edo={(CURRENT, "spawn"): 10, (ONE, "spawn"): 10, (TWO, "spawn"): 11}, tokio=tokio)
        scenario = [Timed("spawn", timed.THREEFOLD)]
        self.assertEqual(timed.bars(scenario, fast),
                         [("`spawn`: faster than Tokio", "3.0x · 3.0x · 2.5x", "≥ 3x · 3x · 2.5x", True)])
        self.assertFalse(timed.bars(scenario, slow)[0][3])

    def test_with_one_thread_the_faster_of_two_schedulers_counts(self):
        times = times_of(edo={(CURRENT, "yield"): 5, (ONE, "yield"): 10},
                         tokio={(CURRENT, "yield"): 20, (ONE, "yield"): 90})
        self.assertEqual(times.faster_than_best(ONE, Timed("yield")), 2)
        self.assertEqual(times.faster_than_best(CURRENT, Timed("yield")), 4)

    def test_another_way_to_do_the_same_work_counts(self):
        times = times_of(edo={(TWO, "arm"): 10}, tokio={(TWO, "arm"): 90, (TWO, "arm_behind"): 30})
        self.assertEqual(times.faster_than_best(TWO, Timed("arm", also=("arm_behind",))), 3)

    def test_what_was_measured_in_one_round_is_compared(self):
        times = Times()
        for mine, other in ((10, 30), (20, 60), (10, 60)):  # the second one was slow for both
            times.add(ONE, "spawn", "edo", [{"ns_per_op": mine}])
            times.add(ONE, "spawn", "tokio", [{"ns_per_op": other}])
        self.assertEqual(times.faster(ONE, "spawn"), 3)

    def test_equal_within_the_noise_is_not_slower(self):
        scenario = [Timed("select", flavors=(TWO,))]
        self.assertTrue(timed.bars(scenario, times_of(edo={(TWO, "select"): 102}, tokio={(TWO, "select"): 100}))[0][3])
        self.assertFalse(timed.bars(scenario, times_of(edo={(TWO, "select"): 105}, tokio={(TWO, "select"): 100}))[0][3])

    def test_a_scenario_that_fails_is_a_bar_missed(self):
        times = times_of()
        times.failures[TWO, "select", "edo"] = "it hung"
        self.assertEqual([bar[3] for bar in timed.bars([Timed("select")], times)], [False])
        self.assertIn("it hung", timed.summarise("", [Timed("select")], times, [], []).text)


class Overview(unittest.TestCase):
    def test_tells_how_far_a_bar_is_cleared(self):
        self.assertEqual(overview.clearance("4.0x · 3.0x · 5.0x", "≥ 2x · 2x · 2.5x"), 1.5)
        self.assertEqual(overview.clearance("70 ns", "≤ 35 ns"), 0.5)
        self.assertIsNone(overview.clearance("0", "0"))


class Summary(unittest.TestCase):
    def test_names_what_was_missed_met_and_skipped(self):
        options = types.SimpleNamespace(rounds=1, quick=False, iterations=1, seconds=1)
        results = report.Results("Micro", "", [], "<svg/>", [("a", "3x", "≥ 2x", True), ("b", "1x", "≥ 2x", False)])
        with tempfile.TemporaryDirectory() as folder:
            shown = summary.write(Path(folder), Facts({"Machine": "m"}), options, {"micro": results},
                                  {"go": "micro: there is no go"})
            text = (Path(folder) / "summary.md").read_text(encoding="utf-8")
        self.assertIn("1 of 2 bars met", text)
        self.assertLess(text.index("| b "), text.index("| a "))
        for part in ("- Machine: m", "**Skipped**: go, in micro: there is no go", "](micro.svg)"):
            self.assertIn(part, text)
        self.assertIn("skipped: go", shown)


class Profiles(unittest.TestCase):
    def test_each_section_is_in_the_page(self):
        lines = profiles.PAGE.read_text(encoding="utf-8").splitlines()
        titles = {line.removeprefix("### ") for line in lines if line.startswith("### ")}
        self.assertEqual(set(profiles.SECTIONS.values()) - titles, set())

    def test_each_scenario_with_a_high_bar_has_one(self):
        wanted = [scenario.name for name in ("micro", "sync", "fork_join") for scenario in KINDS[name].SCENARIOS
                  if scenario.bar in (timed.TWICE, timed.THREEFOLD)]
        self.assertIn("spawn_remote_idle", wanted)
        for name in wanted:
            self.assertIsNotNone(profiles.section_of(f"`{name}`: faster than Tokio"), name)

    def test_the_link_leads_to_the_page_from_a_run_and_from_the_published_one(self):
        missed = summary.missed_table([("udp, 64 B", "1x", "≥ 2x", False)])
        self.assertIn("[Datagrams](../../../docs/performance.md#datagrams)", missed)
        with tempfile.TemporaryDirectory() as folder:
            run, target = Path(folder) / "run", Path(folder) / "docs"
            run.mkdir()
            (run / "summary.md").write_text(missed, encoding="utf-8")
            report.publish(run, target)
            self.assertIn("](../performance.md#datagrams)", (target / "summary.md").read_text(encoding="utf-8"))

    def test_a_bar_that_nothing_is_known_about_says_so(self):
        self.assertEqual(profiles.link("something new"), "none yet")


class Groups(unittest.TestCase):
    def test_each_group_can_measure_and_has_programs(self):
        for name, group in KINDS.items():
            with self.subTest(name):
                self.assertTrue(callable(group.measure))
                self.assertIn(name, programs.PROGRAMS)

    def test_no_scenario_is_in_two_groups(self):
        names = [name for group in KINDS.values() for name in getattr(group, "SCENARIO_NAMES", ())]
        self.assertEqual(len(names), len(set(names)))


class Guard(unittest.TestCase):
    def test_tells_growth_from_noise_and_from_gain(self):
        guard = load_guard()
        names = list(guard.SCENARIOS)[:4]
        expected = dict.fromkeys(names, 100.0)
        counted = dict(zip(names, (105.1, 104.9, 94.9, 95.1)))
        with redirect_stdout(io.StringIO()):
            worse, better = guard.compare(counted, expected)
        self.assertEqual((worse, better), (names[:1], names[2:3]))

    def test_the_baseline_has_all_scenarios(self):
        guard = load_guard()
        baseline = guard.json.loads(guard.BASELINE.read_text(encoding="utf-8"))
        self.assertEqual(set(baseline["instructions"]), set(guard.SCENARIOS))


if __name__ == "__main__":
    unittest.main()
