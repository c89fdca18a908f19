# SPDX-License-Identifier: MIT
"""What a result must name: the machine, the compilers, the versions."""

import contextlib
import os
import platform
import re
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from comparison.programs import ROOT, available_cpus


@dataclass
class Facts:
    facts: dict = field(default_factory=dict)
    warnings: list = field(default_factory=list)


def read(path):
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def first_line(*command, cwd=None):
    try:
        done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip().split("\n")[0] if done.returncode == 0 else ""


def first_match(pattern, text, otherwise="unknown"):
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else otherwise


def describe_cpu():
    info = read("/proc/cpuinfo")
    model = first_match(r"^model name\s*:\s*(.*)", info, platform.machine())
    virtual = ", virtual machine" if re.search(r"^flags.*\bhypervisor\b", info, re.MULTILINE) else ""
    return f"{model}, {len(available_cpus())} CPUs{virtual}"


def describe_system():
    name = first_match(r'^PRETTY_NAME="?([^"\n]*)', read("/etc/os-release"))
    return f"{name}, Linux {platform.release()}, {' '.join(platform.libc_ver())}"


def describe_edo():
    commit = first_line("git", "rev-parse", "--short", "HEAD", cwd=ROOT)
    changed = first_line("git", "status", "--porcelain", "--untracked-files=no", cwd=ROOT)
    return (commit or "unknown") + (", with changes" if changed else "")


def describe_compiler(cache):
    compiler = first_match(r"^CMAKE_CXX_COMPILER:\w+=(.*)", cache)
    kind = first_match(r"^CMAKE_BUILD_TYPE:\w+=(.*)", cache)
    flags = first_match(rf"^CMAKE_CXX_FLAGS_{kind.upper()}:\w+=(.*)", cache, "")
    lto = first_match(r"^CMAKE_INTERPROCEDURAL_OPTIMIZATION:\w+=(.*)", cache, "OFF")
    suffix = ", link-time optimisation" if lto.upper() in ("ON", "TRUE") else ""
    return f"{first_line(compiler, '--version')} ({kind}: {flags}{suffix})"


def describe_tokio():
    lock = read(ROOT / "benchmarks/peers/tokio/Cargo.lock")
    version = first_match(r'name = "tokio"\nversion = "(.*)"', lock)
    return f"{version}, {first_line('rustc', '--version')}"


def describe_go():
    return first_line("go", "version").removeprefix("go version ") or "none"


def cpu_times():
    """Ticks of all CPUs since boot: all, and those that the host of a virtual machine kept for others."""
    ticks = [int(number) for number in read("/proc/stat").split("\n", maxsplit=1)[0].split()[1:]]
    return sum(ticks[:8]), ticks[7] if len(ticks) > 7 else 0


@contextlib.contextmanager
def watch(facts, group):
    """Notes what the machine was like while a group ran."""
    load, (all_before, stolen_before) = os.getloadavg()[0], cpu_times()
    yield
    all_after, stolen_after = cpu_times()
    stolen = 100 * (stolen_after - stolen_before) / max(1, all_after - all_before)
    facts.facts[f"During {group}"] = (f"load average {load:.2f} before, {os.getloadavg()[0]:.2f} after; "
                                      f"{stolen:.1f} % of the CPU time taken by the host")
    if stolen > 2:
        facts.warnings.append(f"the host took {stolen:.1f} % of the CPU time while {group} ran")


def describe(programs):
    cache = read(programs.folder / "CMakeCache.txt")
    load = os.getloadavg()[0]
    governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip()
    result = Facts()
    result.facts = {
        "Date": datetime.now().strftime("%Y-%m-%d %H:%M"),
        "Machine": describe_cpu(),
        "Memory": first_match(r"^MemTotal:\s*(.*)", read("/proc/meminfo")),
        "System": describe_system(),
        "edo": describe_edo(),
        "Compiler": describe_compiler(cache),
        "Tokio": describe_tokio(),
        "Boost.Asio": f"Boost {first_match(r'^Boost_DIR:.*Boost-([0-9.]+)', cache)}",
        "Go": describe_go(),
        "Load average before": f"{load:.2f}",
    }
    if load > 0.5:
        result.warnings.append(f"the machine was busy before the first run (load average {load:.2f})")
    if governor and governor != "performance":
        result.warnings.append(f"the frequency governor is {governor}, not performance")
    if "-fsanitize" in cache or "EDO_ASSERTIONS:BOOL=ON" in cache or "CMAKE_BUILD_TYPE:STRING=Debug" in cache:
        result.warnings.append("this is not a release build")
    return result
