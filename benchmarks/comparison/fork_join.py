# SPDX-License-Identifier: MIT
"""Trees of tasks: what a child costs, and what a second worker brings."""

from comparison import timed
from comparison.report import table
from comparison.timed import ONE, TWO, Timed

SCENARIOS = [
    Timed("fib", peers=("tokio", "go")),
    Timed("skynet", peers=("tokio", "go")),
    Timed("nqueens", peers=("tokio", "go")),
]
SCENARIO_NAMES = [scenario.name for scenario in SCENARIOS]
CHILD_NS = 35  # of a tree whose tasks do next to nothing
TREES = ("fib", "skynet")
SPEED_UP = 1.85


def measure(programs, options):
    scenarios, times, runs = timed.run("fork_join", SCENARIOS, programs, options)
    rows = timed.bars(scenarios, times) + own_bars(scenarios, times)
    results = timed.summarise("Fork and join", scenarios, times, runs, rows)
    results.text += f"\n\nAn operation is a child.\n\n### 2 workers\n\n{speed_ups(scenarios, times)}"
    return results


def speed_up(times, name, peer):
    one, two = times.median(ONE, name, peer), times.median(TWO, name, peer)
    return one / two if one and two else None


def own_bars(scenarios, times):
    rows = []
    for scenario in scenarios:
        child, gain = times.median(ONE, scenario.name, "edo"), speed_up(times, scenario.name, "edo")
        if child and scenario.name in TREES:
            rows.append((f"`{scenario.name}`: a child on 1 worker", f"{child:.0f} ns", f"≤ {CHILD_NS} ns",
                         child <= CHILD_NS))
        if gain:
            rows.append((f"`{scenario.name}`: speed of 2 workers, of 1", f"{gain:.2f}x", f"≥ {SPEED_UP}x",
                         gain >= SPEED_UP))
    return rows


def speed_ups(scenarios, times):
    peers = ["edo", "tokio", "go"]
    rows = [[f"`{scenario.name}`", *(f"{gain:.2f}x" if (gain := speed_up(times, scenario.name, peer)) else "–"
                                     for peer in peers)] for scenario in scenarios]
    return table(["Scenario", *peers], rows) + "\n\nHow many times faster 2 workers are than 1."
