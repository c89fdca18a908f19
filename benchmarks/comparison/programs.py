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
    },
    "sleepers": {
        "edo": ("edo/edo_sleepers", "edo_sleepers"),
        "tokio": ("peers/tokio/target/release/tokio_sleepers", "tokio_peer"),
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
TIMEOUT = 300  # seconds; nothing takes as long as that


class Programs:
    def __init__(self, preset):
        self.preset = preset
        self.folder = ROOT / "build" / preset

    def build(self, kinds):
        """Configures and builds; a peer that cannot be built is left out."""
        subprocess.run(["cmake", "--preset", self.preset], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
        for target in dict.fromkeys(target for kind in kinds for _, target in PROGRAMS[kind].values()):
            print(f"building {target}", flush=True)
            built = subprocess.run(["cmake", "--build", self.folder, "--target", target], check=False,
                                   capture_output=True, text=True)
            if built.returncode != 0:
                print(built.stdout[-2000:], file=sys.stderr)
                if target.startswith("edo"):
                    sys.exit(f"{target} could not be built")
                print(f"{target} could not be built and is left out", file=sys.stderr)

    def of(self, kind):
        """The programs of a kind that exist, by peer."""
        paths = {peer: self.folder / "benchmarks" / path for peer, (path, _) in PROGRAMS[kind].items()}
        found = {peer: path for peer, path in paths.items() if path.exists()}
        if "edo" not in found:
            sys.exit(f"{paths['edo']} is missing: build it, or leave out --no-build")
        return found


def pinned(command, cpus):
    """The command, bound to these CPUs; None means that it may use all."""
    return command if cpus is None else ["taskset", "-c", ",".join(map(str, cpus)), *command]


def available_cpus():
    return sorted(os.sched_getaffinity(0))


def json_lines(command, cpus=None):
    """Runs a program that prints lines of JSON."""
    done = subprocess.run(pinned([str(part) for part in command], cpus), check=False, capture_output=True,
                          text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed ({done.returncode}):\n{done.stderr}{done.stdout}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Progress:
    """Says what is being measured and when it will be over, on one line if there is a terminal."""

    def __init__(self, steps):
        self.steps, self.done, self.start = steps, 0, time.monotonic()

    def step(self, text):
        left = ""
        if self.done:
            seconds = (time.monotonic() - self.start) / self.done * (self.steps - self.done)
            left = f", about {seconds:.0f} s left" if seconds < 90 else f", about {seconds / 60:.0f} min left"
        self.done += 1
        line = f"[{self.done}/{self.steps}] {text}{left}"
        if sys.stdout.isatty():
            print(f"\r\033[K{line}", end="\n" if self.done == self.steps else "", flush=True)
        else:
            print(line, flush=True)
