# SPDX-License-Identifier: MIT
"""The groups of scenarios, in the order in which they run.

A group is a module with `measure(programs, options) -> Results`, and GROUP.md beside it, which says what it
measures and what would make the numbers a lie. One whose scenarios can be chosen with --scenarios lists their
names in SCENARIO_NAMES.
"""

from comparison import churn, echo, footprint, fork_join, fs, http, micro, proxy, sleepers, sync, tail, udp

KINDS = {"micro": micro, "sync": sync, "fork_join": fork_join, "fs": fs, "sleepers": sleepers, "echo": echo,
         "churn": churn, "tail": tail, "proxy": proxy, "udp": udp, "http": http,
         "footprint": footprint}
