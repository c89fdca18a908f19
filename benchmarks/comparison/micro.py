# SPDX-License-Identifier: MIT
"""The scheduler, the timers, and what a program does most often with both."""

from comparison.timed import CURRENT, ONE, THREEFOLD, TWICE, TWO, Timed, measure as measure_timed

EVERYBODY = ("tokio", "asio", "go")
SCENARIOS = [
    Timed("spawn", THREEFOLD, EVERYBODY),
    Timed("spawn_many_local", THREEFOLD, EVERYBODY),
    Timed("spawn_remote_idle", THREEFOLD, pinned=False),
    Timed("spawn_remote_busy_yield", THREEFOLD, flavors=(ONE, TWO), share=0.002, pinned=False),
    Timed("spawn_remote_busy_spawn", peers=(), flavors=(ONE, TWO), share=0.002, pinned=False),
    Timed("spawn_join", THREEFOLD, EVERYBODY),
    Timed("spawn_many_join", THREEFOLD, ("tokio", "go")),
    Timed("yield", THREEFOLD, EVERYBODY),
    Timed("yield_many", THREEFOLD, EVERYBODY),
    Timed("ping_pong", TWICE, EVERYBODY),
    Timed("chained_spawn", THREEFOLD, EVERYBODY),
    Timed("select"),
    Timed("timer_arm_cancel", THREEFOLD, EVERYBODY, also=("timer_arm_cancel_behind",)),
    Timed("timer_arm_cancel_behind", THREEFOLD),
    Timed("timer_arm_cancel_among_million", THREEFOLD, flavors=(CURRENT, TWO)),
    Timed("timer_arm_fire", peers=("tokio", "asio")),
    Timed("spawn_blocking", share=0.05, pinned=False),
    Timed("spawn_blocking_burst", share=0.1, pinned=False),
    Timed("copy_memory", share=0.1),
    Timed("copy_pipe", share=0.1),
]
SCENARIO_NAMES = [scenario.name for scenario in SCENARIOS]


def measure(programs, options):
    return measure_timed("micro", "Micro scenarios", SCENARIOS, programs, options)
