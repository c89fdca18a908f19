# SPDX-License-Identifier: MIT
"""Builds, finds and runs the programs that are compared."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Where each program is in the build directory, and which target makes it.
EDO_ECHO = ("edo/edo_echo_bench", "edo_echo_bench")
TOKIO_ECHO = ("peers/tokio/target/release/tokio_echo", "tokio_peer")
ASIO_ECHO = ("peers/asio/asio_echo", "asio_echo")
GO_ECHO = ("peers/go/go_echo", "go_peer")
RAW_EPOLL_ECHO = ("peers/raw_epoll/raw_epoll_echo", "raw_epoll_echo")
PROGRAMS = {
    "micro": {
        "edo": ("edo/edo_micro", "edo_micro"),
        "tokio": ("peers/tokio/target/release/tokio_micro", "tokio_peer"),
        "asio": ("peers/asio/asio_micro", "asio_micro"),
        "go": ("peers/go/go_micro", "go_peer"),
    },
    "sleepers": {
        "edo": ("edo/edo_sleepers", "edo_sleepers"),
        "tokio": ("peers/tokio/target/release/tokio_sleepers", "tokio_peer"),
        "go": ("peers/go/go_sleepers", "go_peer"),
    },
    "echo": {
        "edo": EDO_ECHO,
        "tokio": TOKIO_ECHO,
        "asio": ASIO_ECHO,
        "asio_shared": ("peers/asio/asio_shared_echo", "asio_shared_echo"),
        "libuv": ("peers/libuv/uv_echo", "uv_echo"),
        "go": GO_ECHO,
        "threads": ("peers/threads/threads_echo", "threads_echo"),
        "raw_epoll": RAW_EPOLL_ECHO,
        "raw_uring": ("peers/raw_uring/raw_uring_echo", "raw_uring_echo"),
        "load": ("load/edo_load", "edo_load"),
    },
    "churn": {
        "edo": EDO_ECHO,
        "tokio": TOKIO_ECHO,
        "asio": ASIO_ECHO,
        "go": GO_ECHO,
        "raw_epoll": RAW_EPOLL_ECHO,
        "load": ("load/edo_churn", "edo_churn"),
    },
    "tail": {
        "edo": EDO_ECHO,
        "tokio": TOKIO_ECHO,
        "go": GO_ECHO,
        "load": ("load/edo_load", "edo_load"),
    },
    "proxy": {
        "edo": ("edo/edo_proxy_bench", "edo_proxy_bench"),
        "tokio": ("peers/tokio/target/release/tokio_proxy", "tokio_peer"),
        "go": ("peers/go/go_proxy", "go_peer"),
        "load": ("load/edo_bulk", "edo_bulk"),
    },
    "udp": {
        "edo": ("edo/edo_udp_echo_bench", "edo_udp_echo_bench"),
        "tokio": ("peers/tokio/target/release/tokio_udp_echo", "tokio_peer"),
        "raw": ("peers/raw_epoll/raw_udp_echo", "raw_udp_echo"),
        "load": ("load/edo_udp_load", "edo_udp_load"),
    },
    "http": {
        "edo": ("edo/edo_http_bench", "edo_http_bench"),
        "hyper": ("peers/hyper/target/release/hyper_http", "hyper_peer"),
    },
    "footprint": {
        "edo": EDO_ECHO,
        "tokio": TOKIO_ECHO,
        "asio": ASIO_ECHO,
        "go": GO_ECHO,
        "edo_startup": ("edo/edo_startup", "edo_startup"),
        "tokio_startup": ("peers/tokio/target/release/tokio_startup", "tokio_peer"),
        "asio_startup": ("peers/asio/asio_startup", "asio_startup"),
    },
}
# One program has the scenarios of several groups.
for group in ("sync", "fork_join", "fs"):
    PROGRAMS[group] = PROGRAMS["micro"]
# What a target needs besides the compiler; named where it is missing.
TOOLS = {
    "tokio_peer": "cargo and librust-tokio-dev",
    "hyper_peer": "cargo, librust-hyper-dev and librust-serde-json-dev",
    "go_peer": "go",
    "asio_micro": "Boost 1.81 or later",
    "asio_echo": "Boost 1.81 or later",
    "uv_echo": "libuv1-dev",
    "raw_uring_echo": "liburing-dev",
}
TIMEOUT = 300  # seconds; nothing takes as long as that


class ProgramFailed(SystemExit):
    """A program that did not do what it should; ends this one, with a message, unless it is caught."""


class Programs:
    def __init__(self, preset):
        self.preset = preset
        self.folder = ROOT / "build" / preset
        self.failures = {}  # why a target could not be built

    def build(self, kinds):
        """Configures and builds; a peer that cannot be built is left out, and the report says so."""
        subprocess.run(["cmake", "--preset", self.preset], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
        jobs = subprocess.run([ROOT / "scripts/jobs"], check=True, capture_output=True, text=True).stdout.strip()
        targets = dict.fromkeys(entry[1] for kind in kinds for entry in PROGRAMS.get(kind, {}).values())
        for number, target in enumerate(targets, 1):
            print(f"[{number}/{len(targets)}] building {target}", flush=True)
            built = subprocess.run(["cmake", "--build", self.folder, "--parallel", jobs, "--target", target],
                                   check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if built.returncode != 0:
                self.note_failure(target, built.stdout)

    def note_failure(self, target, output):
        if "unknown target" in output:
            self.failures[target] = f"there is no {TOOLS.get(target, 'tool to build it with')}"
        else:
            self.failures[target] = f"the target {target} could not be built"
            print(output[-2000:], file=sys.stderr)
        if target.startswith("edo"):
            sys.exit(f"{target} could not be built")
        print(f"{target} is left out: {self.failures[target]}", file=sys.stderr)

    def of(self, kind):
        """The programs of a kind that exist, by peer."""
        paths = {peer: self.folder / "benchmarks" / entry[0] for peer, entry in PROGRAMS[kind].items()}
        found = {peer: path for peer, path in paths.items() if path.exists()
                 and PROGRAMS[kind][peer][1] not in self.failures}
        if "edo" in paths and "edo" not in found:
            sys.exit(f"{paths['edo']} is missing: build it, or leave out --no-build")
        return found

    def skipped(self, kinds):
        """The programs that are not there, each with the groups that miss it and the reason."""
        missing = {}
        for kind in kinds:
            found = self.of(kind) if kind in PROGRAMS else {}
            for peer, (_, target) in PROGRAMS.get(kind, {}).items():
                if peer not in found:
                    missing.setdefault((peer, target), []).append(kind)
        return {f"{peer} ({target})": f"{', '.join(groups)}: {self.failures.get(target, 'it has not been built')}"
                for (peer, target), groups in missing.items()}


def pinned(command, cpus):
    """The command, bound to these CPUs; None means that it may use all."""
    return command if cpus is None else ["taskset", "-c", ",".join(map(str, cpus)), *command]


def available_cpus():
    return sorted(os.sched_getaffinity(0))


def json_lines(command, cpus=None, timeout=TIMEOUT):
    """Runs a program that prints lines of JSON."""
    text = " ".join(map(str, command))
    try:
        done = subprocess.run(pinned([str(part) for part in command], cpus), check=False, capture_output=True,
                              text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise ProgramFailed(f"{text} has not ended after {timeout} s") from None
    if done.returncode != 0:
        raise ProgramFailed(f"{text} failed ({done.returncode}):\n{done.stderr}{done.stdout}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Progress:
    """Says what is being measured and when it will be over, on one line if there is a terminal."""

    heading = ""  # which group it is
    later = None  # seconds that the groups behind it will take, if that is known

    def __init__(self, steps):
        self.steps, self.done, self.start = steps, 0, time.monotonic()

    def step(self, text):
        left = ""
        if self.done:
            seconds = (time.monotonic() - self.start) / self.done * (self.steps - self.done)
            left = f", about {duration(seconds)} left"
            if self.later:
                left += f", {duration(seconds + self.later)} for all"
        self.done += 1
        line = f"{self.heading}[{self.done}/{self.steps}] {text}{left}"
        if sys.stdout.isatty():
            print(f"\r\033[K{line}", end="\n" if self.done == self.steps else "", flush=True)
        else:
            print(line, flush=True)


def duration(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
