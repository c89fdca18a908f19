# SPDX-License-Identifier: MIT
"""The TCP echo servers under load. echo.md says what is measured."""

from dataclasses import dataclass
from pathlib import Path

from comparison.peer_chart import chart_of
from comparison.report import Results, ratio, table
from comparison.servers import (LOAD_LIMIT, ONE_THREAD, TWO_WORKERS, Server, ServerFailed, at_limit, cpus_for, left_out,
                                load_line, number, paragraphs, quotient_bar, run_in_turns)

URING = "edo (io_uring)"  # the same program, with the other reactor
ONE = ["edo", URING, "tokio", "asio", "libuv", "go", "threads", "raw_epoll", "raw_uring"]
TWO = ["edo", "tokio", "asio", "asio_shared", "go", "threads"]
SIZES = {64: "64 B", 1024: "1 KB", 16 * 1024: "16 KB", 1024 * 1024: "1 MB"}


@dataclass
class Scenario:
    threads: int
    connections: int
    size: int = 64
    pipeline: int = 1
    has_bar: bool = False
    quick: bool = False

    @property
    def title(self):
        text = "1 thread" if self.threads == 1 else f"{self.threads} workers"
        text += f", {self.connections:,} connection{'s' if self.connections > 1 else ''}"
        text += f", {SIZES[self.size]}" if self.size != 64 else ""
        return text + (f", {self.pipeline} in flight" if self.pipeline > 1 else "")

    @property
    def buffer(self):
        return max(4096, min(self.size, 64 * 1024))

    def peers(self, found):
        # Ten thousand threads say more about the memory of the machine than about anything else.
        return [peer for peer in (ONE if self.threads == 1 else TWO)
                if peer in found and not (peer == "threads" and self.connections > 2000)]


COMPARED = ("edo", URING, "tokio", "raw_epoll")  # what the bars are about
SCENARIOS = [
    Scenario(1, 1),
    Scenario(1, 64, has_bar=True, quick=True),
    Scenario(1, 512, has_bar=True),
    Scenario(1, 1024, has_bar=True),
    Scenario(1, 10_000),
    Scenario(1, 64, size=1024),
    Scenario(1, 64, size=16 * 1024),
    Scenario(1, 64, size=1024 * 1024, quick=True),
    Scenario(1, 64, pipeline=16),
    Scenario(2, 128, has_bar=True, quick=True),
    Scenario(2, 1024, has_bar=True),
    Scenario(2, 10_000),
    Scenario(2, 64, size=16 * 1024),
    Scenario(2, 64, pipeline=16),
]
SCENARIO_NAMES = [scenario.title for scenario in SCENARIOS]


def measure(programs, options):
    found = programs.of("echo")
    found[URING] = found["edo"]
    chosen = set(options.scenarios) & set(SCENARIO_NAMES)
    scenarios = [scenario for scenario in SCENARIOS
                 if scenario.title in chosen or (not chosen and (scenario.quick or not options.quick))]
    plan = [part for scenario in scenarios for part in parts(scenario, scenario.peers(found), options.rounds)]
    runs = run_in_turns("echo", plan, lambda scenario, peer: run_once(found, scenario, peer, options.seconds))
    text = paragraphs(*(summarise(scenario, runs) for scenario in scenarios), NOTE, left_out("echo", found, runs))
    chart = chart_of("Server CPU time of a message, Tokio = 1 (shorter is better)", runs, scenarios,
                     "server_cpu_us_per_msg")
    return Results("Echo servers", text, runs.lines, chart, bars(scenarios, runs))


def parts(scenario, peers, rounds):
    """Scenarios without a bar, and peers that no bar compares with, are there for the picture: fewer rounds."""
    compared = [peer for peer in peers if peer in COMPARED]
    others = [peer for peer in peers if peer not in COMPARED]
    yield scenario, compared, rounds if scenario.has_bar else min(rounds, 2)
    if others:
        yield scenario, others, min(rounds, 2 if scenario.has_bar else 1)


def run_once(found, scenario, peer, seconds):
    if not scenario.has_bar:
        seconds = min(seconds, 2)
    server_cpus, load_cpus = cpus_for(scenario.threads == 1)
    arguments = [*(ONE_THREAD if scenario.threads == 1 else TWO_WORKERS), "--buffer", scenario.buffer]
    if peer == URING:
        arguments += ["--io", "io_uring"]
    with Server(found[peer], arguments, server_cpus) as server:
        if peer == URING and not has_ring(server.pid):
            raise ServerFailed("there is no io_uring, and epoll takes its place")
        line = load_line([found["load"], "--port", server.port, "--connections", scenario.connections,
                          "--size", scenario.size, "--pipeline", scenario.pipeline, "--duration", seconds,
                          "--warmup", min(1, seconds / 2), "--server-pid", server.pid], load_cpus)
        server.check()
    return line


def has_ring(pid):
    return any("[io_uring]" in str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir())


HEADER = ["Server", "CPU µs a message", "of raw epoll", "of Tokio", "messages a second", "p50 µs", "p99 µs",
          "p99.9 µs", "load busy", "errors"]
NOTE = ("Medians of the rounds, and in brackets the smallest and the largest one. Where a message is longer than 4 KB, "
        "the servers' buffers are as long, up to 64 KB.")


def summarise(scenario, runs):
    title, rows = scenario.title, []
    for peer in runs.peers(title):
        cpu = runs.median(title, peer, "server_cpu_us_per_msg")
        times = [line["server_cpu_us_per_msg"] for line in runs.of(title, peer) if line["server_cpu_us_per_msg"]]
        spread = f" ({min(times):.2f}–{max(times):.2f})" if len(times) > 1 else ""
        rows.append([peer, number(cpu) + spread,
                     ratio(cpu or 0, runs.median(title, "raw_epoll", "server_cpu_us_per_msg")),
                     ratio(cpu or 0, runs.median(title, "tokio", "server_cpu_us_per_msg")),
                     number(runs.median(title, peer, "rate"), 0),
                     *(number(runs.median(title, peer, name), 0) for name in ("p50_us", "p99_us", "p999_us")),
                     number(runs.median(title, peer, "load_busy")), str(runs.total(title, peer, "errors"))])
    return paragraphs(f"### {title}", table(HEADER, rows), at_limit(runs, title))


def bars(scenarios, runs):
    rows = []
    for scenario in (scenario for scenario in scenarios if scenario.has_bar):
        title = scenario.title
        if scenario.threads == 1:
            for peer, other, name, sign in (("edo", "raw_epoll", "raw epoll", "≤"), ("edo", "tokio", "Tokio", "<"),
                                            (URING, "raw_epoll", "raw epoll", "≤")):
                io = ", io_uring" if peer == URING else ""
                rows += quotient_bar(f"echo, {title}{io}: CPU a message, of {name}'s",
                                     runs.quotient(title, "server_cpu_us_per_msg", peer, other), sign, 1)
            continue
        busy = runs.median(title, "edo", "load_busy") or 0
        note = " (the load is the limit)" if busy >= LOAD_LIMIT else ""
        rows += quotient_bar(f"echo, {title}: messages a second, of Tokio's", runs.quotient(title, "rate"), "≥", 1.05,
                             note)
        p50, p99 = (runs.median(title, "edo", name) for name in ("p50_us", "p99_us"))
        rows += quotient_bar(f"echo, {title}: p99 by p50", p99 / p50 if p50 else None, "≤", 2)
    return rows
