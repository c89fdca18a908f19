# SPDX-License-Identifier: MIT
"""Channels and locks."""

from comparison.timed import HALF_MORE, THREEFOLD, TWICE, Timed, measure as measure_timed

CHANNEL = ("tokio", "asio", "go")
SCENARIOS = [
    Timed("mpsc_alone", TWICE, ("tokio", "go")),
    Timed("mpsc_1p1c", TWICE, CHANNEL),
    Timed("mpsc_8p1c", TWICE, CHANNEL),
    Timed("mpsc_8p1c_full", TWICE, CHANNEL),
    Timed("mpsc_rendezvous", THREEFOLD, CHANNEL),
    Timed("mpsc_request_reply"),
    Timed("unbounded_alone", HALF_MORE),
    Timed("unbounded_1p1c", HALF_MORE),
    Timed("unbounded_8p1c", HALF_MORE),
    Timed("oneshot_alone", HALF_MORE),
    Timed("oneshot_task", HALF_MORE),
    Timed("mutex_alone", TWICE, ("tokio", "go")),
    Timed("mutex_contended", TWICE, ("tokio", "go")),
    Timed("mutex_handed_over", TWICE, ("tokio", "go")),
    Timed("rwlock_read_alone", peers=("tokio", "go")),
    Timed("rwlock_write_alone", peers=("tokio", "go")),
    Timed("rwlock_read_shared", peers=("tokio", "go")),
    Timed("rwlock_mixed", peers=("tokio", "go")),
    Timed("semaphore_alone", TWICE),
    Timed("semaphore_shared", TWICE),
    Timed("semaphore_contended", TWICE),
    Timed("notify_alone", TWICE),
    Timed("notify_ping_pong", TWICE),
    Timed("notify_one_of_100", TWICE),
    Timed("notify_all_100", TWICE),
    Timed("watch_alone", TWICE),
    Timed("watch_to_100", TWICE),
    Timed("broadcast_alone", TWICE),
    Timed("broadcast_to_100", TWICE),
]
SCENARIO_NAMES = [scenario.name for scenario in SCENARIOS]


def measure(programs, options):
    return measure_timed("sync", "Channels and locks", SCENARIOS, programs, options)
