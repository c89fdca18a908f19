# SPDX-License-Identifier: MIT
"""A TCP proxy under large transfers. proxy.md says what is measured."""

import shutil
from dataclasses import dataclass

from comparison.peer_chart import chart_of
from comparison.report import Results, ratio, table
from comparison.servers import (ONE_THREAD, Server, at_limit, cpus_for, free_port, left_out, load_line, number,
                                paragraphs, quotient_bar, run_in_turns)

BAR = 1.5


@dataclass
class Scenario:
    title: str
    connections: int
    direction: str


SCENARIOS = [
    Scenario("1 connection, one way", 1, "up"),
    Scenario("16 connections, one way", 16, "up"),
    Scenario("4 connections, both ways", 4, "both"),
]
HEADER = ["Proxy", "MB a CPU second", "of Tokio", "MB a second", "load busy", "lost or wrong"]


def measure(programs, options):
    found = programs.of("proxy")
    socat = shutil.which("socat")
    plan = []
    for scenario in SCENARIOS:
        peers = [peer for peer in ("edo", "tokio", "go") if peer in found]
        # socat serves more than one connection with a process each, whose CPU time nobody would count.
        plan.append((scenario, peers + ["socat"] if socat and scenario.connections == 1 else peers, options.rounds))

    def run(scenario, peer):
        server_cpus, load_cpus = cpus_for(True)
        upstream = free_port()
        with start(found, socat, peer, upstream, server_cpus) as server:
            line = load_line([found["load"], "--port", server.port, "--upstream", upstream, "--connections",
                              scenario.connections, "--direction", scenario.direction, "--duration", options.seconds,
                              "--warmup", min(1, options.seconds / 2), "--server-pid", server.pid], load_cpus)
            if peer != "socat":  # which ends with its connection
                server.check()
        return line

    runs = run_in_turns("proxy", plan, run)
    text = paragraphs(*(summarise(scenario.title, runs) for scenario in SCENARIOS),
                      "1 thread; medians of the rounds. Each proxy copies as its library does by default.",
                      left_out("proxy", found, runs, () if socat else ["socat"]))
    chart = chart_of("Bytes that a proxy moves in a CPU second, Tokio = 1 (longer is better)", runs, SCENARIOS,
                     "bytes_per_server_cpu_second")
    return Results("TCP proxy", text, runs.lines, chart, bars(runs))


def start(found, socat, peer, upstream, cpus):
    if peer == "socat":
        return Server(socat, ["-d", "-d", "-b", "65536", "TCP4-LISTEN:0,bind=127.0.0.1,reuseaddr,nodelay",
                              f"TCP4:127.0.0.1:{upstream},nodelay"], cpus, r"listening on .*127\.0\.0\.1:(\d+)", True)
    return Server(found[peer], [*ONE_THREAD, "--to", upstream], cpus)


def summarise(title, runs):
    rows = []
    for peer in runs.peers(title):
        bytes_a_second = runs.median(title, peer, "bytes_per_server_cpu_second")
        wrong = sum(line["lost_bytes"] > 0 or line["mismatches"] > 0 or not line["all_ended"]
                    for line in runs.of(title, peer))
        rows.append([peer, number(bytes_a_second / 1e6 if bytes_a_second else None, 0),
                     ratio(bytes_a_second or 0, runs.median(title, "tokio", "bytes_per_server_cpu_second")),
                     number(runs.median(title, peer, "bytes_per_second") / 1e6, 0),
                     number(runs.median(title, peer, "load_busy")), f"{wrong} runs" if wrong else "0"])
    return paragraphs(f"### {title}", table(HEADER, rows), at_limit(runs, title))


def bars(runs):
    return [row for scenario in SCENARIOS for row in
            quotient_bar(f"proxy, {scenario.title}: bytes a CPU second, of Tokio's",
                         runs.quotient(scenario.title, "bytes_per_server_cpu_second"), "≥", BAR)]
