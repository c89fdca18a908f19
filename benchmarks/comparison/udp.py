# SPDX-License-Identifier: MIT
"""UDP echo servers. udp.md says what is measured."""

from dataclasses import dataclass

from comparison.peer_chart import chart_of
from comparison.report import Results, ratio, table
from comparison.servers import (ONE_THREAD, Server, at_limit, cpus_for, left_out, load_line, number, paragraphs,
                                quotient_bar, run_in_turns)

BAR, BAR_OF_BATCHES = 1, 1.5
BATCH = 64
# The same program, with calls that Tokio has no twin of; --gro needs a batch.
BATCHES, JOINED = "edo, batches", "edo, batches and GRO"
ARGUMENTS = {BATCHES: ["--batch", BATCH], JOINED: ["--batch", BATCH, "--gro", 1]}


@dataclass
class Scenario:
    title: str
    size: int
    sockets: int
    window: int
    offload: int = 0  # 1: the load sends and receives joined datagrams


SCENARIOS = [
    Scenario("64 B, 128 in flight", 64, 8, 16),
    Scenario("1,200 B, 128 in flight", 1200, 8, 16),
    Scenario("64 B, 1 in flight", 64, 1, 1),
    Scenario("1,200 B, 128 in flight, joined by the load (GSO, GRO)", 1200, 8, 16, 1),
]
WITH_BAR = SCENARIOS[:2]
HEADER = ["Server", "datagrams a CPU second", "of Tokio", "datagrams a second", "p50 µs", "p99 µs", "lost",
          "load busy", "wrong"]


def measure(programs, options):
    found = programs.of("udp")

    def peers_of(scenario):
        known = ("edo", BATCHES, JOINED, "tokio", "raw") if scenario.offload else ("edo", BATCHES, "tokio", "raw")
        return [peer for peer in known if peer in ARGUMENTS or peer in found]

    def run(scenario, peer):
        server_cpus, load_cpus = cpus_for(True)
        program, arguments = found["edo" if peer in ARGUMENTS else peer], ARGUMENTS.get(peer, [])
        with Server(program, [*ONE_THREAD, *arguments], server_cpus) as server:
            line = load_line([found["load"], "--port", server.port, "--size", scenario.size, "--sockets",
                              scenario.sockets, "--window", scenario.window, "--offload", scenario.offload,
                              "--duration", options.seconds, "--warmup", min(1, options.seconds / 2), "--server-pid",
                              server.pid], load_cpus)
            server.check()
        cpu = line["server_cpu_us_per_datagram"]
        line["datagrams_per_cpu_second"] = 1e6 / cpu if cpu else None
        return line

    runs = run_in_turns("udp", [(scenario, peers_of(scenario), options.rounds) for scenario in SCENARIOS], run)
    text = paragraphs(*(summarise(scenario.title, runs) for scenario in SCENARIOS),
                      "1 thread and 1 socket; medians of the rounds. A datagram is one that came back: the server "
                      "received it and sent it. `lost` and `wrong` are the sums of all rounds.",
                      left_out("udp", found, runs))
    chart = chart_of("Datagrams echoed in a CPU second, Tokio = 1 (longer is better)", runs, SCENARIOS,
                     "datagrams_per_cpu_second")
    return Results("UDP echo servers", text, runs.lines, chart, bars(runs))


def summarise(title, runs):
    rows = []
    for peer in runs.peers(title):
        speed = runs.median(title, peer, "datagrams_per_cpu_second")
        rows.append([peer, number(speed, 0), ratio(speed or 0, runs.median(title, "tokio", "datagrams_per_cpu_second")),
                     *(number(runs.median(title, peer, name), 0) for name in ("rate", "p50_us", "p99_us")),
                     str(runs.total(title, peer, "lost")), number(runs.median(title, peer, "load_busy")),
                     str(runs.total(title, peer, "wrong"))])
    return paragraphs(f"### {title}", table(HEADER, rows), at_limit(runs, title))


def bars(runs):
    wanted = [(scenario, peer, bar) for scenario in WITH_BAR for peer, bar in (("edo", BAR), (BATCHES, BAR_OF_BATCHES))]
    wanted += [(scenario, JOINED, BAR_OF_BATCHES) for scenario in SCENARIOS if scenario.offload]
    return [row for scenario, peer, bar in wanted for row in
            quotient_bar(f"udp, {scenario.title}: datagrams a CPU second of {peer}, of Tokio's",
                         runs.quotient(scenario.title, "datagrams_per_cpu_second", peer), "≥", bar)]
