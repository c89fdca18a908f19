# SPDX-License-Identifier: MIT
"""The memory of a task that sleeps."""

import statistics
from collections import defaultdict

from comparison.programs import Progress, json_lines
from comparison.report import Results, ratio, table

FLAVORS = {
    "current_thread": ["--flavor", "current_thread"],
    "multi, 2 workers": ["--flavor", "multi", "--workers", "2"],
}


def measure(programs, options):
    found = programs.of("sleepers")
    tasks = 100_000 if options.quick else 1_000_000
    progress = Progress(options.rounds * len(FLAVORS) * len(found))
    runs, measured = [], defaultdict(list)
    for _ in range(options.rounds):
        for flavor, arguments in FLAVORS.items():
            for peer, program in found.items():
                progress.step(f"{peer} sleepers, {flavor}")
                line = json_lines([program, "--tasks", tasks, *arguments])[-1]
                runs.append(line)
                measured[flavor, peer].append(line)

    rows = []
    for flavor in FLAVORS:
        medians = {(peer, name): statistics.median(line[name] for line in measured[flavor, peer])
                   for peer in found for name in ("bytes_per_task", "seconds")}
        rows.append([flavor, *(f"{medians[peer, 'bytes_per_task']:.0f}" for peer in found),
                     ratio(medians["edo", "bytes_per_task"], medians.get(("tokio", "bytes_per_task"))),
                     *(f"{medians[peer, 'seconds']:.2f}" for peer in found)])
    header = ["Flavour", *(f"{peer}, bytes a task" for peer in found), "edo/tokio", *(f"{peer}, s" for peer in found)]
    text = (f"{table(header, rows)}\n\nResident memory that {tasks:,} tasks add, each asleep for an hour, and the "
            "time to start them all; medians.")
    return Results("Sleeping tasks", text, runs)
