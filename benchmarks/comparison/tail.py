# SPDX-License-Identifier: MIT
"""The latency of an echo beside a task that computes for long. tail.md says what is measured."""

from dataclasses import dataclass

from comparison.report import Results, table
from comparison.servers import (TWO_WORKERS, Server, cpus_for, left_out, load_line, number, paragraphs, quotient_bar,
                                run_in_turns)

CONNECTIONS, RATE = 64, 4000
BAR_MS = 5


@dataclass
class Scenario:
    title: str
    arguments: list


SCENARIOS = [
    Scenario("nothing else to do", []),
    Scenario("beside a task that computes for 100 ms at a time", ["--compute", "100"]),
]
PEERS = ["edo", "tokio", "go"]
HEADER = ["Server", "p50 ms", "p99 ms", "p99.9 ms", "longest ms", "generator late, p99 ms", "CPU µs a message",
          "answers a second", "errors"]


def measure(programs, options):
    found = programs.of("tail")
    peers = [peer for peer in PEERS if peer in found]

    def run(scenario, peer):
        server_cpus, load_cpus = cpus_for(False)
        with Server(found[peer], [*TWO_WORKERS, *scenario.arguments], server_cpus) as server:
            line = load_line([found["load"], "--port", server.port, "--connections", CONNECTIONS, "--rate", RATE,
                              "--duration", options.seconds, "--warmup", min(1, options.seconds / 2),
                              "--server-pid", server.pid], load_cpus)
            server.check()
        return line

    runs = run_in_turns("tail", [(scenario, peers, options.rounds) for scenario in SCENARIOS], run)
    text = paragraphs(*(summarise(scenario.title, runs) for scenario in SCENARIOS),
                      f"2 workers, {CONNECTIONS} connections, {RATE:,} messages a second of 64 bytes, sent when they "
                      "are due and not when the server is ready; medians of the rounds.", left_out("tail", found, runs))
    return Results("Latency beside a task that computes", text, runs.lines, None, bars(runs))


def milliseconds(value):
    return number(None if value is None else value / 1000)


def summarise(title, runs):
    rows = [[peer, *(milliseconds(runs.median(title, peer, name))
                     for name in ("p50_us", "p99_us", "p999_us", "max_us", "late_p99_us")),
             number(runs.median(title, peer, "server_cpu_us_per_msg")), number(runs.median(title, peer, "rate"), 0),
             str(runs.total(title, peer, "errors"))]
            for peer in runs.peers(title)]
    return paragraphs(f"### {title}", table(HEADER, rows))


def bars(runs):
    alone, beside = (scenario.title for scenario in SCENARIOS)
    rows = quotient_bar(f"tail, 2 workers, {RATE:,} messages a second: CPU a message, of Tokio's",
                        runs.quotient(alone, "server_cpu_us_per_msg"), "≤", 1)
    p99 = runs.median(beside, "edo", "p99_us")
    if p99 is not None:
        rows.append(("tail, 2 workers, one of them computing: p99", f"{p99 / 1000:.2f} ms", f"< {BAR_MS} ms",
                     p99 < BAR_MS * 1000))
    return rows
