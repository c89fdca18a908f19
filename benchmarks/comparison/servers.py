# SPDX-License-Identifier: MIT
"""What the groups under load share: servers, load generators, turns, medians."""

import json
import re
import socket
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path

from comparison.programs import PROGRAMS, TIMEOUT, Progress, available_cpus, pinned
from comparison.report import NOISE

ONE_THREAD = ["--flavor", "current_thread"]
TWO_WORKERS = ["--flavor", "multi", "--workers", "2"]
LISTENING = r"listening on 127\.0\.0\.1:(\d+)"
LOAD_LIMIT = 0.95  # of a CPU: a load generator above it is what limits the rate


class ServerFailed(SystemExit):
    """A server did not start, or ended under load."""


class Server:
    """Runs a server for a `with` block."""

    def __init__(self, program, arguments, cpus, announces=LISTENING, on_stderr=False):
        # pylint: disable=consider-using-with
        pipes = {"stderr" if on_stderr else "stdout": subprocess.PIPE}
        command = pinned([str(part) for part in (program, *arguments)], cpus)
        self.process = subprocess.Popen(command, text=True, **pipes)
        self.pipe = self.process.stderr if on_stderr else self.process.stdout
        first_line = self.pipe.readline()
        match = re.search(announces, first_line)
        if not match:
            self.stop()
            raise ServerFailed(f"{Path(program).name} did not say where it listens, but {first_line!r}")
        self.port, self.pid = match[1], self.process.pid

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
        self.pipe.close()

    def check(self):
        """A server that has ended under load has served nobody."""
        if self.process.poll() is not None:
            raise ServerFailed(f"{' '.join(self.process.args)} ended with {self.process.returncode} under load")


def cpus_for(one_cpu):
    """CPUs of the server and of the load. With two CPUs, a server of two workers shares them with the load."""
    cpus = available_cpus()
    if len(cpus) < 2:
        return None, None
    if one_cpu:
        return cpus[:1], cpus[-1:]
    return (None, None) if len(cpus) == 2 else (cpus[:2], cpus[2:])


def load_line(command, cpus):
    """Runs a load generator. Status 1 means that something failed: the line says what, and is a result."""
    command = [str(part) for part in command]
    if cpus:
        command += ["--cpu", ",".join(map(str, cpus))]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode not in (0, 1) or not done.stdout:
        raise SystemExit(f"{' '.join(command)} failed ({done.returncode}):\n{done.stderr}{done.stdout}")
    return json.loads(done.stdout.splitlines()[-1])


def free_port():
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Runs:
    """Every line of the load generator, by scenario and peer."""

    def __init__(self):
        self.lines = []
        self.measured = defaultdict(list)
        self.failed = {}  # reason, by scenario and peer

    def add(self, scenario, peer, line):
        self.lines.append({"peer": peer, "scenario": scenario, **line})
        self.measured[scenario, peer].append(line)

    def of(self, scenario, peer):
        return self.measured.get((scenario, peer), [])

    def median(self, scenario, peer, name):
        """The median of a field; None when it was not measured."""
        values = [line[name] for line in self.of(scenario, peer) if line.get(name) is not None]
        return statistics.median(values) if values else None

    def quotient(self, scenario, name, peer="edo", other="tokio"):
        """The median of one peer by that of another; None when one of them is missing."""
        mine, theirs = self.median(scenario, peer, name), self.median(scenario, other, name)
        return mine / theirs if mine is not None and theirs else None

    def total(self, scenario, peer, name):
        return sum(line[name] for line in self.of(scenario, peer))

    def peers(self, scenario):
        return [peer for name, peer in self.measured if name == scenario]


def run_in_turns(label, plan, run):
    """Runs each (scenario, peers, rounds) of the plan; the peers take turns within a round. A peer that fails, for
    example because the kernel has no io_uring, is left out; edo may not fail.

    `run(scenario, peer)` yields a line. A scenario has a `title`.
    """
    runs = Runs()
    progress = Progress(sum(len(peers) * rounds for _, peers, rounds in plan))
    for round_number in range(max(rounds for _, _, rounds in plan)):
        for scenario, peers, rounds in plan:
            if round_number >= rounds:
                continue
            first = round_number % len(peers)
            for peer in peers[first:] + peers[:first]:
                progress.step(f"{peer} {label}, {scenario.title}")
                if (scenario.title, peer) in runs.failed:
                    continue
                try:
                    runs.add(scenario.title, peer, run(scenario, peer))
                except ServerFailed as error:
                    if peer == "edo":
                        raise
                    runs.failed[scenario.title, peer] = str(error)
    return runs


def left_out(kind, found, runs=None, known=()):
    """Sentences about the peers that could not be built, are not installed, or failed."""
    missing = [*(peer for peer in PROGRAMS[kind] if peer not in found), *known]
    sentences = [f"Left out, since they are not there: {', '.join(missing)}."] if missing else []
    for (scenario, peer), reason in (runs.failed if runs else {}).items():
        sentences.append(f"{peer} failed in \"{scenario}\": {reason}.")
    return " ".join(sentences)


def at_limit(runs, scenario):
    """A sentence about the peers beside which the load generator was the limit."""
    busy = [peer for peer in runs.peers(scenario) if (runs.median(scenario, peer, "load_busy") or 0) >= LOAD_LIMIT]
    if not busy:
        return ""
    return (f"**The load generator was at its limit** beside {', '.join(busy)}: the rates and latencies there are its "
            "own, and only the CPU time compares the servers.")


def paragraphs(*texts):
    return "\n\n".join(text for text in texts if text)


def number(value, digits=2):
    return "–" if value is None else f"{value:,.{digits}f}"


def quotient_bar(text, quotient, sign, limit, note=""):
    """A row of a bar about a quotient; nothing when it was not measured. `sign` is one of ≤ < ≥: within the noise
    figures count as equal, which is enough for two of them."""
    if quotient is None:
        return []
    met = {"≤": quotient <= limit * (1 + NOISE), "<": quotient < limit, "≥": quotient >= limit * (1 - NOISE)}[sign]
    return [(text, f"{quotient:.2f}x{note}", f"{sign} {limit:.2f}x", met)]
