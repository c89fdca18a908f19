# SPDX-License-Identifier: MIT
"""Scenarios of the twin programs: the time of an operation on each flavour, edo beside its peers."""

import statistics
from collections import defaultdict
from dataclasses import dataclass

from comparison.plot import speed_chart
from comparison.programs import ProgramFailed, Progress, available_cpus, json_lines
from comparison.report import NOISE, Results, table

CURRENT, ONE, TWO = "current_thread", "multi, 1 worker", "multi, 2 workers"
FLAVORS = {
    CURRENT: ["--flavor", "current_thread"],
    ONE: ["--flavor", "multi", "--workers", "1"],
    TWO: ["--flavor", "multi", "--workers", "2"],
}
ONE_THREAD = (CURRENT, ONE)
REPEATS, REPEATS_QUICK = 4, 2  # in one process; the first pays for cold caches and does not count
TIMEOUT = 60  # seconds of a process; one that takes longer has failed

# How many times faster than Tokio, with one thread and with two workers.
NEVER_SLOWER, HALF_MORE, TWICE, THREEFOLD = (1, 1), (1.5, 1.5), (2, 2), (3, 2.5)


@dataclass(frozen=True)
class Timed:
    """A scenario, and what edo wants to be there."""

    name: str
    bar: tuple = NEVER_SLOWER
    peers: tuple = ("tokio",)  # besides edo
    flavors: tuple = tuple(FLAVORS)
    share: float = 1  # of the iterations: less where an operation takes long
    pinned: bool = True  # one busy thread stays on one CPU
    also: tuple = ()  # scenarios in which the peer does the same work in another way

    def contestants(self, found, flavor):
        """Go knows no flavours: it takes part as 1 worker and as 2."""
        return ["edo", *(peer for peer in self.peers
                         if peer in found and not (peer == "go" and flavor == CURRENT))]


class Times:
    """The times of all rounds, by flavour, scenario and peer."""

    def __init__(self):
        self.rounds = defaultdict(list)
        self.failures = {}  # the first of each

    def add(self, flavor, name, peer, lines):
        self.rounds[flavor, name, peer].append(statistics.median(line["ns_per_op"] for line in lines[1:] or lines))

    def of(self, flavor, name, peer):
        return self.rounds.get((flavor, name, peer), [])

    def median(self, flavor, name, peer):
        measured = self.of(flavor, name, peer)
        return statistics.median(measured) if measured else None

    def faster(self, flavor, name, peer="tokio"):
        """How many times faster edo is, None if one of the two was not measured.

        The median of the rounds' quotients: within a round the two run one after the other, and find the machine
        equally fast, which need not be so from round to round.
        """
        mine, other = self.of(flavor, name, "edo"), self.of(flavor, name, peer)
        return statistics.median(b / a for a, b in zip(mine, other)) if mine and other else None

    def faster_than_best(self, flavor, scenario, peer="tokio"):
        """The same beside what the peer does best with as many threads, however it does the same work."""
        factors = [self.faster(flavor, scenario.name, peer)]
        mine = self.median(flavor, scenario.name, "edo")
        for each in ONE_THREAD if flavor in ONE_THREAD else (flavor,):
            for name in (scenario.name, *scenario.also):
                other = self.median(each, name, peer)
                if mine and other and (each, name) != (flavor, scenario.name):
                    factors.append(other / mine)
        return min((factor for factor in factors if factor), default=None)


def run(kind, scenarios, programs, options):
    """Runs all contestants in turns; yields (scenarios that ran, times, runs)."""
    found = programs.of(kind)
    if options.scenarios:
        scenarios = [scenario for scenario in scenarios if scenario.name in options.scenarios]
    cells = [(flavor, scenario, scenario.contestants(found, flavor))
             for flavor in FLAVORS for scenario in scenarios if flavor in scenario.flavors]
    progress = Progress(options.rounds * sum(len(contestants) for _, _, contestants in cells))
    repeats = REPEATS_QUICK if options.quick else REPEATS
    runs, times = [], Times()
    for round_number in range(options.rounds):
        for flavor, scenario, contestants in cells:
            first = round_number % len(contestants)  # takes turns, so that none always runs on a warm machine
            for peer in contestants[first:] + contestants[:first]:
                progress.step(f"{peer} {scenario.name}, {flavor}")
                if (flavor, scenario.name, peer) in times.failures:
                    continue
                iterations = max(1, int(options.iterations * scenario.share))
                try:
                    lines = json_lines([found[peer], scenario.name, *FLAVORS[flavor], "--iterations", iterations,
                                        "--repeat", repeats], cpus_for(scenario, flavor), TIMEOUT)
                except ProgramFailed as failure:
                    times.failures[flavor, scenario.name, peer] = str(failure)
                    continue
                runs += lines
                times.add(flavor, scenario.name, peer, lines)
    return scenarios, times, runs


def cpus_for(scenario, flavor):
    """One busy thread stays on one CPU, away from the first, which takes most interrupts."""
    return available_cpus()[-1:] if scenario.pinned and flavor != TWO else None


def measure(kind, title, scenarios, programs, options):
    """All of it, for a group that is nothing else."""
    scenarios, times, runs = run(kind, scenarios, programs, options)
    return summarise(title, scenarios, times, runs, bars(scenarios, times))


def bars(scenarios, times):
    """A row for each scenario: edo's lead over the best that Tokio does, one thread, one worker, two."""
    rows = []
    for scenario in scenarios:
        measured, limits, met = [], [], True
        for flavor in scenario.flavors:
            factor = times.faster_than_best(flavor, scenario)
            if factor is None:
                continue
            limit = scenario.bar[flavor == TWO]
            measured.append(lead(factor))
            limits.append(f"{limit:g}x")
            met = met and factor >= limit * (1 - NOISE)
        if measured:
            limit = " · ".join(limits) if len(set(limits)) > 1 else limits[0]
            rows.append((f"`{scenario.name}`: faster than Tokio", " · ".join(measured), f"≥ {limit}", met))
    return rows + [(f"`{name}`, {flavor}: works", "no", "it must", False)
                   for flavor, name, peer in times.failures if peer == "edo"]


def summarise(title, scenarios, times, runs, bar_rows):
    """Times of each flavour as a table, how many times faster edo is as a chart."""
    peers = [peer for peer in ("edo", "tokio", "asio", "go") if any(key[2] == peer for key in times.rounds)]
    others = peers[1:]
    text, groups = [], []
    for flavor in FLAVORS:
        names = [scenario.name for scenario in scenarios if times.of(flavor, scenario.name, "edo")]
        if not names:
            continue
        rows = [[f"`{name}`", *(with_spread(times.of(flavor, name, peer)) for peer in peers),
                 *(lead(times.faster(flavor, name, peer)) for peer in others)] for name in names]
        header = ["Scenario", *(f"{peer}, ns" for peer in peers), *(f"edo : {peer}" for peer in others)]
        text.append(f"### {flavor}\n\n{table(header, rows)}")
        groups += [(flavor, name, {peer: factor for peer in others
                                   if (factor := times.faster(flavor, name, peer))}) for name in names]
    text.append("Nanoseconds of an operation: the median of the rounds, and in brackets the fastest and the slowest "
                f"one. A round is one process: the median of its repeats after the first, {REPEATS - 1} of them, or "
                f"{REPEATS_QUICK - 1} with --quick. "
                "`edo : peer` says how many times faster edo is: the median of the rounds' quotients.")
    text += [f"**Failed**: {flavor}: {failure}" for (flavor, _, _), failure in times.failures.items()]
    chart = speed_chart(f"{title}: how many times faster edo is", groups) if others else None
    return Results(title, "\n\n".join(text), runs, chart, bar_rows, headline(scenarios, times))


def headline(scenarios, times):
    """How many times faster edo is than Tokio on average, on each flavour."""
    parts = []
    for flavor in FLAVORS:
        factors = [factor for scenario in scenarios if (factor := times.faster(flavor, scenario.name))]
        if factors:
            parts.append(f"{lead(statistics.geometric_mean(factors))} with {flavor}")
    return f"{', '.join(parts)} the speed of Tokio, geometric means" if parts else ""


def lead(factor):
    if not factor:
        return "–"
    return f"{factor:.1f}x" if factor >= 0.1 else f"{factor:.1g}x"


def with_spread(measured):
    if not measured:
        return "–"
    if len(measured) == 1:
        return f"{measured[0]:,.0f}"
    return f"{statistics.median(measured):,.0f} ({min(measured):,.0f}–{max(measured):,.0f})"
