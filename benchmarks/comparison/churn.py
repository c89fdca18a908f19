# SPDX-License-Identifier: MIT
"""Short connections: connect, one message there and back, close. churn.md says what is measured."""

from dataclasses import dataclass

from comparison.peer_chart import chart_of
from comparison.report import Results, ratio, table
from comparison.servers import (ONE_THREAD, TWO_WORKERS, Server, at_limit, cpus_for, left_out, load_line, number,
                                paragraphs, quotient_bar, run_in_turns)

CONNECTIONS = 100_000
QUICK_CONNECTIONS = 10_000
LIMIT = 60  # seconds of a run


@dataclass
class Scenario:
    title: str
    arguments: list
    one_cpu: bool
    peers: list


SCENARIOS = [
    Scenario("1 thread", ONE_THREAD, True, ["edo", "tokio", "asio", "go", "raw_epoll"]),
    Scenario("2 workers", TWO_WORKERS, False, ["edo", "tokio", "asio", "go"]),
]


def measure(programs, options):
    found = programs.of("churn")
    connections = QUICK_CONNECTIONS if options.quick else CONNECTIONS

    def run(scenario, peer):
        server_cpus, load_cpus = cpus_for(scenario.one_cpu)
        with Server(found[peer], scenario.arguments, server_cpus) as server:
            line = load_line([found["load"], "--port", server.port, "--connections", connections, "--limit", LIMIT,
                              "--server-pid", server.pid], load_cpus)
            server.check()
        return line

    plan = [(scenario, [peer for peer in scenario.peers if peer in found], options.rounds) for scenario in SCENARIOS]
    if not options.quick:
        run(SCENARIOS[0], "edo")  # from here on the table of resting connections is full, for all alike
    runs = run_in_turns("churn", plan, run)
    text = paragraphs(*(summarise(scenario.title, runs) for scenario in SCENARIOS),
                      f"{connections:,} connections a run, 64 at a time; medians of the rounds. `failed` is the sum of "
                      "all rounds.", left_out("churn", found, runs))
    chart = chart_of("Server CPU time of a short connection, Tokio = 1 (shorter is better)", runs, SCENARIOS,
                     "server_cpu_us_per_connection")
    return Results("Short connections", text, runs.lines, chart, bars(runs))


def failures(runs, title, peer):
    return runs.total(title, peer, "failed") + runs.total(title, peer, "unfinished")


def summarise(title, runs):
    header = ["Server", "CPU µs a connection", "of Tokio", "connections a second", "of Tokio", "p50 µs", "p99 µs",
              "load busy", "failed"]
    rows = []
    for peer in runs.peers(title):
        cpu, rate = (runs.median(title, peer, name) for name in ("server_cpu_us_per_connection", "rate"))
        rows.append([peer, number(cpu), ratio(cpu or 0, runs.median(title, "tokio", "server_cpu_us_per_connection")),
                     number(rate, 0), ratio(rate, runs.median(title, "tokio", "rate")),
                     number(runs.median(title, peer, "p50_us"), 0), number(runs.median(title, peer, "p99_us"), 0),
                     number(runs.median(title, peer, "load_busy")), str(failures(runs, title, peer))])
    return paragraphs(f"### {title}", table(header, rows), at_limit(runs, title))


def bars(runs):
    rows = []
    for scenario in SCENARIOS:
        title = scenario.title
        failed = failures(runs, title, "edo")
        rows.append((f"churn, {title}: failed connections", str(failed), "0", failed == 0))
        rows += quotient_bar(f"churn, {title}: CPU a connection, of Tokio's",
                             runs.quotient(title, "server_cpu_us_per_connection"), "<", 1)
    return rows
