# SPDX-License-Identifier: MIT
"""The micro scenarios: time of an operation, edo beside Tokio and Asio."""

import statistics
from collections import defaultdict

from comparison.plot import bar_chart
from comparison.programs import Progress, available_cpus, json_lines
from comparison.report import Results, ratio, table

SCENARIOS = ["spawn", "spawn_join", "spawn_many_join", "yield", "yield_many", "ping_pong", "chained_spawn",
             "select", "timer_arm_cancel", "timer_arm_cancel_behind"]
NOT_IN_ASIO = {"spawn_many_join", "select", "timer_arm_cancel", "timer_arm_cancel_behind"}
FLAVORS = {
    "current_thread": ["--flavor", "current_thread"],
    "multi, 1 worker": ["--flavor", "multi", "--workers", "1"],
    "multi, 2 workers": ["--flavor", "multi", "--workers", "2"],
}
REPEATS = 4  # in one process; the first pays for cold caches and does not count


def measure(programs, options):
    found = programs.of("micro")
    scenarios = options.scenarios or SCENARIOS
    cells = [(flavor, scenario) for flavor in FLAVORS for scenario in scenarios]
    peers = {cell: [peer for peer in found if peer != "asio" or cell[1] not in NOT_IN_ASIO] for cell in cells}
    progress = Progress(options.rounds * sum(map(len, peers.values())))
    runs, times = [], defaultdict(list)
    for round_number in range(options.rounds):
        for flavor, scenario in cells:
            contestants = peers[flavor, scenario]
            first = round_number % len(contestants)  # takes turns, so that none always runs on a warm machine
            for peer in contestants[first:] + contestants[:first]:
                progress.step(f"{peer} {scenario}, {flavor}")
                lines = json_lines([found[peer], scenario, *FLAVORS[flavor], "--iterations", options.iterations,
                                    "--repeat", REPEATS], cpus_for(flavor))
                runs += lines
                times[flavor, scenario, peer].append(statistics.median(line["ns_per_op"] for line in lines[1:]))
    return summarise(scenarios, list(found), times, runs)


def cpus_for(flavor):
    """One busy thread stays on one CPU, away from the first, which takes most interrupts."""
    return None if "2 workers" in flavor else available_cpus()[-1:]


def summarise(scenarios, peers, times, runs):
    """Times of each flavour as a table, ratios of all as a chart."""
    others = [peer for peer in peers if peer != "edo"]
    text, bars = [], []
    for flavor in FLAVORS:
        rows = []
        for scenario in scenarios:
            medians = {peer: statistics.median(measured) for peer in peers
                       if (measured := times.get((flavor, scenario, peer)))}
            rows.append([f"`{scenario}`", *(with_spread(times.get((flavor, scenario, peer))) for peer in peers),
                         *(ratio(medians["edo"], medians.get(peer)) for peer in others)])
            if "tokio" in medians:
                bars.append((flavor, scenario, {peer: medians[peer] / medians["tokio"]
                                                for peer in ("edo", "asio") if peer in medians}))
        header = ["Scenario", *(f"{peer}, ns" for peer in peers), *(f"edo/{peer}" for peer in others)]
        text.append(f"### {flavor}\n\n{table(header, rows)}")
    text.append("Median of the rounds, and in brackets the fastest and the slowest one. A round is one process: "
                f"the median of {REPEATS - 1} repeats after the first. A ratio below 1 means that edo is faster.")
    return Results("Micro scenarios", "\n\n".join(text), runs,
                   bar_chart("Time of an operation, Tokio = 1 (shorter is better)", bars) if bars else None)


def with_spread(measured):
    if not measured:
        return "–"
    if len(measured) == 1:
        return f"{measured[0]:.0f}"
    return f"{statistics.median(measured):.0f} ({min(measured):.0f}–{max(measured):.0f})"
