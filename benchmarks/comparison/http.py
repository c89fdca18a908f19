# SPDX-License-Identifier: MIT
"""HTTP servers under wrk. http.md says what is measured."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from comparison.peer_chart import chart_of
from comparison.programs import TIMEOUT, pinned
from comparison.report import Results, ratio, table
from comparison.servers import (ONE_THREAD, TWO_WORKERS, Server, ServerFailed, cpus_for, free_port, left_out, number,
                                paragraphs, quotient_bar, run_in_turns)

CONNECTIONS = 64
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 1000000000; tcp_nodelay on; default_type "text/plain; charset=utf-8";
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "Hello, World!"; }} }}
}}
"""
PIPELINE = """
init = function(args)
    local requests = {}
    for i = 1, %d do requests[i] = wrk.format("GET", "/") end
    batch = table.concat(requests)
end
request = function() return batch end
"""


@dataclass
class Scenario:
    title: str
    arguments: list
    one_cpu: bool
    pipeline: int = 1
    bar: float = None  # of hyper's requests a second
    peers: tuple = ("edo", "hyper", "nginx")


SCENARIOS = [
    Scenario("greeting, 1 thread", ONE_THREAD, True, bar=1.0),
    Scenario("greeting, 1 thread, 16 in flight", ONE_THREAD, True, pipeline=16, bar=0.8),
    Scenario("greeting, 2 workers", TWO_WORKERS, False, peers=("edo", "hyper")),
]
SCENARIO_NAMES = [scenario.title for scenario in SCENARIOS]


class Nginx:
    """nginx with one process, for a `with` block."""

    def __init__(self, cpus):
        # pylint: disable=consider-using-with
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        config = Path(self.folder.name) / "nginx.conf"
        config.write_text(NGINX.format(folder=self.folder.name, port=self.port), encoding="utf-8")
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.folder.name, "-c", str(config)]
        self.process = subprocess.Popen(pinned(command, cpus), stderr=subprocess.DEVNULL)
        self.pid = self.process.pid

    def __enter__(self):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        raise ServerFailed("nginx did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def check(self):
        if self.process.poll() is not None:
            raise ServerFailed("nginx ended under load")


def has_nginx():
    return bool(shutil.which("nginx") or Path("/usr/sbin/nginx").exists())


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port, pid, cpus, seconds, pipeline):
    """Runs wrk; a line with what it has seen, and what the server's CPU time was."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        command = ["wrk", "--latency", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds:.0f}s"]
        if pipeline > 1:
            script.write(PIPELINE % pipeline)
            script.flush()
            command += ["-s", script.name]
        before = cpu_seconds(pid)
        done = subprocess.run(pinned([*command, f"http://127.0.0.1:{port}/"], cpus), check=True, capture_output=True,
                              text=True, timeout=TIMEOUT)
        used = cpu_seconds(pid) - before
    text = done.stdout
    requests = int(re.search(r"(\d+) requests in", text)[1])
    failed = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text)))
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
            "server_cpu_us_per_request": used / requests * 1e6 if requests else None,
            "p50_us": latency(text, "50%"), "p99_us": latency(text, "99%"),
            "errors": failed + (int(wrong[1]) if wrong else 0)}


def latency(text, percentile):
    value, unit = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def measure(programs, options):
    found = dict(programs.of("http"))
    if has_nginx():
        found["nginx"] = "nginx"
    if not shutil.which("wrk"):
        return Results("HTTP servers", "wrk is not installed: nothing was measured.", [])

    def run(scenario, peer):
        server_cpus, load_cpus = cpus_for(scenario.one_cpu)
        if peer == "nginx":
            server = Nginx(server_cpus)
        else:
            server = Server(found[peer], scenario.arguments, server_cpus)
        with server:
            line = load(server.port, server.pid, load_cpus, max(1, options.seconds), scenario.pipeline)
            server.check()
        return line

    chosen = set(options.scenarios) & set(SCENARIO_NAMES)
    scenarios = [scenario for scenario in SCENARIOS if not chosen or scenario.title in chosen]
    plan = [(scenario, [peer for peer in scenario.peers if peer in found], options.rounds) for scenario in scenarios]
    runs = run_in_turns("http", plan, run)
    missing = [] if has_nginx() else ["nginx"]
    text = paragraphs(*(summarise(scenario.title, runs) for scenario in scenarios),
                      f"{CONNECTIONS} connections; medians of the rounds. `errors` is the sum of all rounds.",
                      left_out("http", found, runs, missing))
    chart = chart_of("Server CPU time of a request, hyper = 1 (shorter is better)", runs, scenarios,
                     "server_cpu_us_per_request", unit="hyper", label="hyper")
    return Results("HTTP servers", text, runs.lines, chart, bars(scenarios, runs))


def summarise(title, runs):
    header = ["Server", "requests a second", "of hyper", "CPU µs a request", "of hyper", "p50 µs", "p99 µs", "errors"]
    rows = []
    for peer in runs.peers(title):
        rate, cpu = (runs.median(title, peer, name) for name in ("rate", "server_cpu_us_per_request"))
        rows.append([peer, number(rate, 0), ratio(rate, runs.median(title, "hyper", "rate")), number(cpu),
                     ratio(cpu or 0, runs.median(title, "hyper", "server_cpu_us_per_request")),
                     *(number(runs.median(title, peer, name), 0) for name in ("p50_us", "p99_us")),
                     str(runs.total(title, peer, "errors"))])
    return paragraphs(f"### {title}", table(header, rows))


def bars(scenarios, runs):
    rows = []
    for scenario in (scenario for scenario in scenarios if scenario.bar):
        title = scenario.title
        rows += quotient_bar(f"http, {title}: requests a second, of hyper's",
                             runs.quotient(title, "rate", "edo", "hyper"), "≥", scenario.bar)
        if scenario.pipeline == 1:
            rows += quotient_bar(f"http, {title}: requests a second, of nginx's",
                                 runs.quotient(title, "rate", "edo", "nginx"), "≥", 1.0)
    return rows
