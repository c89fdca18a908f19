# SPDX-License-Identifier: MIT
"""HTTP servers under wrk, h2load and handshakes. http.md says what is measured."""

import shutil
from dataclasses import dataclass

from comparison import http_load
from comparison.http_servers import Certificate, Nginx, find_nginx
from comparison.peer_chart import chart_of
from comparison.report import Results, ratio, table
from comparison.servers import (LOAD_LIMIT, ONE_THREAD, TWO_WORKERS, Server, cpus_for, left_out, number, paragraphs,
                                quotient_bar, run_in_turns)

MOST_SECONDS = 3  # of a run: what rounds differ by is not in its length
IDLE, QUICK_IDLE, IDLE_TLS = 10_000, 1000, 2000  # connections
BYTES_BAR = 10_000
MOST_OTHERS = 0.15  # of a CPU, that programs which are not measured may use


@dataclass
class Scenario:
    title: str
    kind: str  # of load: plain, pipelined, json, tls, handshake, resumed, h2, idle, idle_tls
    peers: tuple
    bars: tuple = ()  # (peer, how many times its rate)
    one_cpu: bool = True
    most_rounds: int = 100

    @property
    def protocol(self):
        return {"tls": "tls", "handshake": "tls", "resumed": "tls", "idle_tls": "tls", "h2": "http2"}.get(
            self.kind, "http1")

    @property
    def is_idle(self):
        return self.kind.startswith("idle")


ALL, SECURE = ("edo", "hyper", "nginx"), ("edo", "nginx")
SCENARIOS = [
    Scenario("greeting, 1 thread", "plain", ALL, (("hyper", 1.0), ("nginx", 1.0))),
    Scenario("greeting, 1 thread, 16 in flight", "pipelined", ALL, (("hyper", 0.8),)),
    Scenario("echo of JSON, 1 thread", "json", ("edo", "hyper"), (("hyper", 1.0),)),
    Scenario("TLS, greeting, 1 thread", "tls", SECURE, (("nginx", 1.0),)),
    Scenario("TLS, new handshakes, 1 thread", "handshake", SECURE, (("nginx", 1.0),)),
    Scenario("TLS, resumed handshakes, 1 thread", "resumed", SECURE, (("nginx", 1.0),)),
    Scenario("HTTP/2, greeting, 1 thread", "h2", ALL, most_rounds=3),
    Scenario("greeting, 2 workers", "plain", ("edo", "hyper"), one_cpu=False, most_rounds=3),
    Scenario("memory of an idle connection", "idle", ALL, most_rounds=1),
    Scenario("memory of an idle connection with TLS", "idle_tls", SECURE, most_rounds=1),
]
SCENARIO_NAMES = [scenario.title for scenario in SCENARIOS]


class Measurement:
    def __init__(self, found, certificate, options):
        self.found, self.certificate, self.options = found, certificate, options

    def reason_against(self, scenario):
        """Why a scenario cannot be measured; nothing if it can be."""
        if scenario.protocol == "tls" and not self.certificate.chain:
            return "openssl, which makes the certificate, is not installed"
        tool = {"h2": "h2load", "handshake": None, "resumed": None}.get(scenario.kind, "wrk")
        if tool and not scenario.is_idle and not shutil.which(tool):
            return f"{tool} is not installed"
        if scenario.kind in ("handshake", "resumed") and "load" not in self.found:
            return "there is no edo_tls_load"
        return ""

    def start(self, scenario, peer, cpus):
        if peer == "nginx":
            return Nginx(scenario.protocol, self.certificate, cpus)
        names = []
        if scenario.protocol == "tls":
            names = [self.certificate.chain, self.certificate.key]
        elif scenario.protocol == "http2" and peer == "hyper":  # edo speaks both on one port
            names = ["http2"]
        return Server(self.found[peer], [*names, *(ONE_THREAD if scenario.one_cpu else TWO_WORKERS)], cpus)

    def run(self, scenario, peer):
        server_cpus, load_cpus = cpus_for(scenario.one_cpu)
        with self.start(scenario, peer, server_cpus) as server:
            line = {}
            if scenario.protocol != "http2":
                line = http_load.check_answer(server, scenario.kind == "json", scenario.protocol == "tls")
            line |= self.load(scenario, server, load_cpus)
            server.check()
        return line

    def load(self, scenario, server, cpus):
        seconds = max(1, min(self.options.seconds, MOST_SECONDS))
        match scenario.kind:
            case "plain":
                return http_load.wrk(server, cpus, seconds)
            case "pipelined":
                return http_load.wrk(server, cpus, seconds, http_load.PIPELINE % 16)
            case "json":
                return http_load.wrk(server, cpus, seconds, http_load.JSON % http_load.DATA.decode(),
                                     "http://127.0.0.1:{}/json")
            case "tls":
                return http_load.wrk(server, cpus, seconds, url="https://127.0.0.1:{}/")
            case "h2":
                return http_load.h2load(server, cpus, seconds)
            case "idle":
                return http_load.idle(server, QUICK_IDLE if self.options.quick else IDLE, False)
            case "idle_tls":
                return http_load.idle(server, QUICK_IDLE if self.options.quick else IDLE_TLS, True)
        return http_load.handshakes(self.found["load"], server, cpus, seconds, scenario.kind == "resumed")


def measure(programs, options):
    found = dict(programs.of("http"))
    if find_nginx():
        found["nginx"] = "nginx"
    chosen = set(options.scenarios) & set(SCENARIO_NAMES)
    with Certificate() as certificate:
        measurement = Measurement(found, certificate, options)
        reasons = {scenario.title: measurement.reason_against(scenario) for scenario in SCENARIOS
                   if not chosen or scenario.title in chosen}
        scenarios = [scenario for scenario in SCENARIOS if reasons.get(scenario.title) == ""]
        plan = [(scenario, [peer for peer in scenario.peers if peer in found],
                 min(options.rounds, scenario.most_rounds)) for scenario in scenarios]
        if not plan:
            return Results("HTTP servers", "\n".join(reasons.values()), [])
        runs = run_in_turns("http", plan, measurement.run)
    skipped = [f"Not measured: {title}, since {reason}." for title, reason in reasons.items() if reason]
    loaded = [scenario for scenario in scenarios if not scenario.is_idle]
    idle = [scenario for scenario in scenarios if scenario.is_idle]
    text = paragraphs(*(summarise(scenario.title, runs) for scenario in loaded), summarise_idle(idle, runs),
                      "Medians of the rounds, and in brackets the smallest and the largest one. `errors` is the sum of "
                      "all rounds. A server or load that is busy for less than 0.95 of its CPU was not the limit. "
                      "hyper has no TLS here.",
                      left_out("http", found, runs, [] if find_nginx() else ["nginx"]), "\n".join(skipped))
    chart = chart_of("Server CPU time of a request, nginx = 1 (shorter is better)", runs, loaded,
                     "server_cpu_us_per_request", unit="nginx", label="nginx")
    return Results("HTTP servers", text, runs.lines, chart, bars(scenarios, runs))


def spread(runs, title, peer, name):
    values = [line[name] for line in runs.of(title, peer)]
    text = number(runs.median(title, peer, name), 0)
    return text if len(values) < 2 else f"{text} ({min(values):,.0f}–{max(values):,.0f})"


def summarise(title, runs):
    header = ["Server", "requests a second", "of hyper", "of nginx", "CPU µs a request", "of these user", "of hyper",
              "of nginx", "p50 µs", "p99 µs", "server busy", "load busy", "errors"]
    rows = []
    for peer in runs.peers(title):
        def compared(name, other, peer=peer):
            return ratio(runs.median(title, peer, name) or 0, runs.median(title, other, name))
        rows.append([peer, spread(runs, title, peer, "rate"), compared("rate", "hyper"), compared("rate", "nginx"),
                     *(number(runs.median(title, peer, name)) for name in ("server_cpu_us_per_request",
                                                                            "server_user_us_per_request")),
                     compared("server_cpu_us_per_request", "hyper"), compared("server_cpu_us_per_request", "nginx"),
                     *(number(runs.median(title, peer, name), 0) for name in ("p50_us", "p99_us")),
                     *(number(runs.median(title, peer, name)) for name in ("server_busy", "load_busy")),
                     str(runs.total(title, peer, "errors"))])
    tls = {line["tls"] for peer in runs.peers(title) for line in runs.of(title, peer) if "tls" in line}
    note = f"TLS: {', '.join(sorted(tls))}." if tls else ""
    if len(tls) > 1:
        note += " **They do not use the same cipher: nothing here compares.**"
    others = [line["others_busy"] for peer in runs.peers(title) for line in runs.of(title, peer)
              if "others_busy" in line]
    if others and max(others) > MOST_OTHERS:
        note += (f" **Other programs used up to {max(others):.1f} CPUs in a round**: the rates say little, the CPU "
                 "time of a request does.")
    return paragraphs(f"### {title}", table(header, rows), note.strip())


def summarise_idle(scenarios, runs):
    rows = [[f"{scenario.title}, {peer}", number(runs.median(scenario.title, peer, "connections"), 0),
             number(runs.median(scenario.title, peer, "bytes_per_connection"), 0),
             number(runs.median(scenario.title, peer, "resident_at_first") / 1024, 0),
             str(runs.total(scenario.title, peer, "errors"))]
            for scenario in scenarios for peer in runs.peers(scenario.title)]
    if not rows:
        return ""
    header = ["Server", "connections", "bytes a connection", f"resident KB with {http_load.FIRST}", "errors"]
    return paragraphs("### Idle connections", table(header, rows))


def bars(scenarios, runs):
    rows = []
    for scenario in scenarios:
        title, errors = scenario.title, runs.total(scenario.title, "edo", "errors")
        busy = runs.median(title, "edo", "load_busy") or 0
        note = " (the load is the limit)" if busy >= LOAD_LIMIT else ""
        for peer, limit in scenario.bars:
            rows += quotient_bar(f"http, {title}: requests a second, of {peer}'s",
                                 runs.quotient(title, "rate", "edo", peer), "≥", limit, note)
        if scenario.kind == "idle":
            each = runs.median(title, "edo", "bytes_per_connection")
            rows.append((f"http, {title}", f"{each:,.0f} bytes", f"< {BYTES_BAR:,} bytes", each < BYTES_BAR))
        if errors:
            rows.append((f"http, {title}: errors", str(errors), "0", False))
    return rows
