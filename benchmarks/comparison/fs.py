# SPDX-License-Identifier: MIT
"""Reading files that the page cache holds."""

from comparison.timed import Timed, measure as measure_timed

SCENARIOS = [
    Timed("fs_whole_4k", peers=("tokio", "go"), share=0.1, pinned=False),
    Timed("fs_whole_1m", peers=("tokio", "go"), share=0.005, pinned=False),
    Timed("fs_open_read_close", peers=("tokio", "go"), share=0.1, pinned=False),
    Timed("fs_read", peers=("tokio", "go"), share=0.1, pinned=False),
]
SCENARIO_NAMES = [scenario.name for scenario in SCENARIOS]


def measure(programs, options):
    return measure_timed("fs", "Files", SCENARIOS, programs, options)
