# SPDX-License-Identifier: MIT
"""How long each group took the last time, for an estimate of the whole."""

import json

FILE = "durations.json"


def key(options, group):
    kind = "quick" if options.quick else f"{options.iterations} iterations, {options.seconds:g} s"
    return f"{group}, {kind}"


def read(options):
    try:
        return json.loads((options.output / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def load(options):
    """Seconds that each group will take, where that is known."""
    seconds = read(options)
    return {group: seconds[key(options, group)] * options.rounds
            for group in options.kinds if key(options, group) in seconds}


def total(known, groups):
    """None unless all are known."""
    return sum(known[group] for group in groups) if all(group in known for group in groups) else None


def save(options, group, seconds):
    if options.scenarios:
        return
    entries = read(options) | {key(options, group): seconds / options.rounds}
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / FILE).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
