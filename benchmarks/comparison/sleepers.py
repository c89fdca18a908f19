# SPDX-License-Identifier: MIT
"""The memory of a task that waits: for a time, and for a socket."""

import resource
import statistics
from collections import defaultdict

from comparison.plot import speed_chart
from comparison.programs import Progress, json_lines
from comparison.report import Results, ratio, table

FLAVORS = {
    "current_thread": ["--flavor", "current_thread"],
    "multi, 2 workers": ["--flavor", "multi", "--workers", "2"],
}
SLEEPER_BYTES = 230
SCENARIO_NAMES = ["sleepers", "sockets"]
NOT_IN = {"sockets": ("go",)}
SPARE_DESCRIPTORS = 200


def measure(programs, options):
    found = programs.of("sleepers")
    scenarios = [name for name in SCENARIO_NAMES if not options.scenarios or name in options.scenarios]
    tasks = {"sleepers": 100_000 if options.quick else 1_000_000, "sockets": min(10_000, descriptors())}
    plan = [(scenario, flavor, peer) for scenario in scenarios for flavor in FLAVORS for peer in found
            if peer not in NOT_IN.get(scenario, ()) and not (peer == "go" and flavor == "current_thread")]
    progress = Progress(options.rounds * len(plan))
    runs, measured = [], defaultdict(list)
    for _ in range(options.rounds):
        for scenario, flavor, peer in plan:
            progress.step(f"{peer} {scenario}, {flavor}")
            line = json_lines([found[peer], scenario, "--tasks", tasks[scenario], *FLAVORS[flavor]])[-1]
            runs.append(line)
            measured[scenario, flavor, peer].append(line)
    text = "\n\n".join(summarise(scenario, list(found), measured, tasks[scenario]) for scenario in scenarios)
    return Results("Memory of waiting tasks", text, runs, chart(scenarios, list(found), measured), bars(measured))


def chart(scenarios, peers, measured):
    """How many times less memory edo takes than each peer."""
    groups = []
    for scenario in scenarios:
        for flavor in FLAVORS:
            sizes = {peer: median(measured, (scenario, flavor, peer), "bytes_per_task") for peer in peers}
            groups.append((scenario, flavor, {peer: size / sizes["edo"] for peer, size in sizes.items()
                                              if peer != "edo" and size and sizes.get("edo")}))
    return speed_chart("Memory of a waiting task: how many times less edo takes", groups)


def descriptors():
    """Raises the limit of open descriptors as far as it goes, for the programs that are run from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - SPARE_DESCRIPTORS


def median(measured, key, name):
    lines = measured.get(key)
    return statistics.median(line[name] for line in lines) if lines else None


def summarise(scenario, peers, measured, tasks):
    peers = [peer for peer in peers if any(key[0] == scenario and key[2] == peer for key in measured)]
    rows = []
    for flavor in FLAVORS:
        sizes = {peer: median(measured, (scenario, flavor, peer), "bytes_per_task") for peer in peers}
        times = {peer: median(measured, (scenario, flavor, peer), "seconds") for peer in peers}
        rows.append([flavor, *(f"{sizes[peer]:.0f}" if sizes[peer] else "–" for peer in peers),
                     ratio(sizes["edo"], sizes.get("tokio")),
                     *(f"{times[peer]:.2f}" if times[peer] else "–" for peer in peers)])
    header = ["Flavour", *(f"{peer}, bytes a task" for peer in peers), "edo/tokio", *(f"{peer}, s" for peer in peers)]
    what = ("each asleep for an hour" if scenario == "sleepers"
            else "each waiting for a datagram in a Unix socket of its own")
    return (f"### {scenario}\n\n{table(header, rows)}\n\nResident memory that {tasks:,} tasks add, {what}, and the "
            "time to start them all; medians. What the kernel keeps for a socket is not in it.")


def bars(measured):
    rows = []
    for flavor in FLAVORS:
        size = median(measured, ("sleepers", flavor, "edo"), "bytes_per_task")
        if size:
            rows.append((f"a sleeping task, {flavor}", f"{size:.0f} bytes", f"≤ {SLEEPER_BYTES} bytes",
                         size <= SLEEPER_BYTES))
        mine, other = (median(measured, ("sockets", flavor, peer), "bytes_per_task") for peer in ("edo", "tokio"))
        if mine and other:
            rows.append((f"a task that waits for a socket, {flavor}: smaller than Tokio's", f"{other / mine:.1f}x",
                         "≥ 1x", other >= mine))
    return rows
