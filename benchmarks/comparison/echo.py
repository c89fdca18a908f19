# SPDX-License-Identifier: MIT
"""The echo servers under load."""

import re
import statistics
import subprocess
from collections import defaultdict
from dataclasses import dataclass

from comparison.programs import TIMEOUT, Progress, available_cpus, json_lines, pinned
from comparison.report import Results, ratio, table


@dataclass
class Scenario:
    title: str
    arguments: list
    connections: int
    peers: list
    one_cpu: bool  # the server has one, the load generator another


SCENARIOS = [
    Scenario("1 thread, 64 connections", ["--flavor", "current_thread"], 64,
             ["edo", "tokio", "asio", "raw_epoll"], one_cpu=True),
    Scenario("2 workers, 1024 connections", ["--flavor", "multi", "--workers", "2"], 1024,
             ["edo", "tokio", "asio"], one_cpu=False),
]


class Server:
    """Runs an echo server for a `with` block."""

    def __init__(self, program, arguments, cpus):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(pinned([str(program), *arguments], cpus), stdout=subprocess.PIPE, text=True)
        first_line = self.process.stdout.readline()
        match = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)", first_line.strip())
        if not match:
            self.stop()
            raise SystemExit(f"{program} did not say where it listens, but: {first_line!r}")
        self.port = match[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def measure(programs, options):
    found = programs.of("echo")
    plan = [(scenario, [peer for peer in scenario.peers if peer in found]) for scenario in SCENARIOS]
    progress = Progress(options.rounds * sum(len(peers) for _, peers in plan))
    runs, measured = [], defaultdict(list)
    for round_number in range(options.rounds):
        for scenario, peers in plan:
            first = round_number % len(peers)
            for peer in peers[first:] + peers[:first]:
                progress.step(f"{peer} echo, {scenario.title}")
                line = run_once(found[peer], found["load"], scenario, options.seconds)
                runs.append({"peer": peer, "scenario": scenario.title, **line})
                measured[scenario.title, peer].append(line)
    text = [summarise(scenario, {peer: measured[scenario.title, peer] for peer in peers}) for scenario, peers in plan]
    text.append("Messages of 64 bytes, one in flight on each connection; medians of the rounds. `load busy` near 1 "
                "means that the load generator was at its limit, not the server: then the rates and the latencies "
                "are the generator's, and only the CPU time compares the servers.")
    return Results("Echo servers", "\n\n".join(text), runs)


def cpus_for(scenario):
    """CPUs of the server and of the load. With two CPUs, a server of two workers shares one with the load."""
    cpus = available_cpus()
    if len(cpus) < 2:
        return None, None
    if scenario.one_cpu:
        return cpus[:1], cpus[-1:]
    return (None, None) if len(cpus) == 2 else (cpus[:2], cpus[2:])


def run_once(server_program, load, scenario, seconds):
    server_cpus, load_cpus = cpus_for(scenario)
    with Server(server_program, scenario.arguments, server_cpus) as server:
        command = [load, "--port", server.port, "--connections", scenario.connections, "--size", 64,
                   "--duration", seconds, "--warmup", min(1, seconds), "--server-pid", server.process.pid]
        if load_cpus:
            command += ["--cpu", ",".join(map(str, load_cpus))]
        line = json_lines(command)[-1]
        if server.process.poll() is not None:
            raise SystemExit(f"{server_program} ended with {server.process.returncode} under load")
    return line


def summarise(scenario, measured):
    names = ["server_cpu_us_per_msg", "rate", "p50_us", "p99_us", "load_busy"]
    medians = {peer: {name: statistics.median(line[name] for line in lines) for name in names}
               for peer, lines in measured.items()}
    rows = []
    for peer, values in medians.items():
        cpu = values["server_cpu_us_per_msg"]
        rows.append([peer, f"{cpu:.2f}", ratio(cpu, medians.get("raw_epoll", {}).get("server_cpu_us_per_msg")),
                     ratio(cpu, medians.get("tokio", {}).get("server_cpu_us_per_msg")), f"{values['rate']:,.0f}",
                     f"{values['p50_us']:.0f}", f"{values['p99_us']:.0f}", f"{values['load_busy']:.2f}"])
    header = ["Server", "CPU µs a message", "of raw epoll", "of Tokio", "messages a second", "p50 µs", "p99 µs",
              "load busy"]
    return f"### {scenario.title}\n\n{table(header, rows)}"
