# SPDX-License-Identifier: MIT
"""What a runtime costs beside the work: to start, to be idle, in memory, on the disk. footprint.md says more."""

import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from comparison.programs import ROOT, Progress, available_cpus, json_lines
from comparison.report import Results, ratio, table
from comparison.servers import ONE_THREAD, TWO_WORKERS, Server, left_out, number, paragraphs

SERVERS = ["edo", "tokio", "asio", "go"]
FLAVORS = {
    "1 thread": ONE_THREAD,
    "1 worker": ["--flavor", "multi", "--workers", "1"],
    "2 workers": TWO_WORKERS,
}
FIRST = 100  # connections before the memory is read for the first time
PAGE = os.sysconf("SC_PAGE_SIZE")
MEASURE_COMPILE = ROOT / "benchmarks/compile_time/measure"


class Usage:
    """What a process has used so far."""

    def __init__(self, pid):
        self.seconds, self.switches = 0, 0
        for thread in Path(f"/proc/{pid}/task").iterdir():
            self.seconds += int((thread / "schedstat").read_text().split()[0]) / 1e9
            status = (thread / "status").read_text()
            self.switches += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])
        self.resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def measure(programs, options):
    found = programs.of("footprint")
    servers = [peer for peer in SERVERS if peer in found]
    starters = [peer for peer in SERVERS if f"{peer}_startup" in found]
    progress = Progress(options.rounds * len(starters) * len(FLAVORS) + 2 * len(servers) + 1)
    runs = []
    texts = [startup(found, starters, options, progress, runs)]
    idle_text, rows = idle(found, servers, options, progress, runs)
    compile_text, compile_rows = compile_time(options, progress, runs)
    texts += [idle_text, memory(found, servers, options, progress, runs), sizes(found, servers, runs), compile_text,
              left_out("footprint", found)]
    return Results("Footprint", paragraphs(*texts), runs, None, rows + compile_rows)


def startup(found, peers, options, progress, runs):
    iterations = 50 if options.quick else 500
    times = defaultdict(list)
    for round_number in range(options.rounds):
        for flavor, arguments in FLAVORS.items():
            first = round_number % len(peers)
            for peer in peers[first:] + peers[:first]:
                progress.step(f"{peer} start-up, {flavor}")
                cpus = None if flavor == "2 workers" else available_cpus()[-1:]
                lines = json_lines([found[f"{peer}_startup"], *arguments, "--iterations", iterations, "--repeat", 3],
                                   cpus)
                runs += lines
                times[flavor, peer].append(statistics.median(line["us_per_runtime"] for line in lines[1:]))
    rows = []
    for flavor in FLAVORS:
        medians = {peer: statistics.median(times[flavor, peer]) for peer in peers}
        rows.append([flavor, *(number(medians[peer], 1) for peer in peers),
                     ratio(medians["edo"], medians.get("tokio"))])
    return paragraphs("### Start and end of a runtime", table(["Flavour", *(f"{peer}, µs" for peer in peers),
                                                                 "edo/tokio"], rows),
                      "Create a runtime, run an empty task in it, destroy it.")


class Clients:
    """Connections that have had one answer and then say nothing, for a `with` block."""

    def __init__(self, port):
        self.port, self.sockets = int(port), []
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.sockets:
            client.close()

    def connect(self, count):
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", self.port), timeout=10)
            self.sockets.append(client)
            client.sendall(b"hello")
            if client.recv(5) != b"hello":
                sys.exit("an echo server did not answer")


def idle(found, servers, options, progress, runs):
    connections, seconds = 1000, 1 if options.quick else 10
    rows, bars = [], []
    for peer in servers:
        progress.step(f"{peer}, idle")
        with Server(found[peer], TWO_WORKERS, None) as server, Clients(server.port) as clients:
            clients.connect(connections)
            time.sleep(1)
            before = Usage(server.pid)
            time.sleep(seconds)
            after = Usage(server.pid)
        cpu, wakes = (after.seconds - before.seconds) / seconds, (after.switches - before.switches) / seconds
        runs.append({"peer": peer, "scenario": "idle", "connections": connections, "cpu": cpu,
                     "wakes_per_second": wakes})
        rows.append([peer, f"{100 * cpu:.4f}", f"{wakes:.1f}"])
        if peer == "edo":
            bars.append(("footprint: wake-ups a second of an idle server", f"{wakes:.1f}", "0", wakes == 0))
    header = ["Server", "% of a CPU", "wake-ups a second"]
    return paragraphs("### Idle", table(header, rows), f"An echo server of 2 workers with {connections:,} connections "
                      f"that say nothing, for {seconds} s."), bars


def memory(found, servers, options, progress, runs):
    connections = 2000 if options.quick else 8000
    rows = []
    for peer in servers:
        progress.step(f"{peer}, memory of a connection")
        with Server(found[peer], [*TWO_WORKERS, "--buffer", 64], None) as server, Clients(server.port) as clients:
            clients.connect(FIRST)
            before = Usage(server.pid)
            clients.connect(connections)
            after = Usage(server.pid)
        bytes_each = (after.resident - before.resident) / connections
        runs.append({"peer": peer, "scenario": "memory", "connections": connections, "bytes_per_connection": bytes_each,
                     "resident_at_first": before.resident})
        rows.append([peer, f"{bytes_each:,.0f}", f"{before.resident / 1024:,.0f}"])
    header = ["Server", "bytes a connection", f"resident KB with {FIRST}"]
    return paragraphs("### Memory of a connection", table(header, rows), f"What {connections:,} more connections add "
                      "to the resident memory of an echo server of 2 workers; each has had one answer, and waits to "
                      "read into a buffer of 64 bytes. The kernel's own memory is not counted.")


def sizes(found, servers, runs):
    rows = []
    for peer in servers:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "stripped"
            subprocess.run(["strip", "-o", copy, found[peer]], check=True)
            size = copy.stat().st_size
        linked = subprocess.run(["ldd", found[peer]], check=False, capture_output=True, text=True).stdout
        libraries = sorted(name.split(".so")[0] for name in re.findall(r"^\s*(lib\S+)", linked, re.M))
        runs.append({"peer": peer, "scenario": "size", "bytes": size, "shared_libraries": libraries})
        rows.append([peer, number(size / 1024, 0), ", ".join(libraries) or "none"])
    return paragraphs("### Size of the echo server", table(["Server", "KB, stripped", "shared libraries"], rows))


def compile_time(options, progress, runs):
    progress.step("time to compile")
    command = [sys.executable, MEASURE_COMPILE, "--json", "--runs", "1" if options.quick else "5"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        return f"### Time to compile\n\nNot measured: {done.stderr.strip().splitlines()[-1]}", []
    line = json.loads(done.stdout)
    runs.append({"scenario": "compile", **line})
    part = line["edo"] / line["asio"]
    text = paragraphs("### Time to compile", table(["Library", "seconds"], [[name, number(line[name])]
                                                                              for name in ("edo", "asio")]),
                      "A program of 20 lines, clang 19 with -O0, without ccache; medians.")
    return text, [("footprint: time to compile, of Asio's", f"{part:.2f}x", "≤ 0.50x", part <= 0.5)]
