# SPDX-License-Identifier: MIT
"""Where docs/performance.md says why a bar is missed, and what the limit is."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/performance.md"

# The first pattern that the name of a bar begins with; the title of a section.
SECTIONS = {
    r"`spawn_remote": "Spawning from other threads",
    r"`spawn_blocking": "Spawning from other threads",
    r"`(spawn|yield|chained)": "Spawning",
    r"`timer": "Timers",
    r"`(fib|skynet|nqueens)": "Forks",
    r"`(notify|ping_pong)": "Notifications",
    r"`(mpsc|broadcast|watch|mutex|semaphore)": "Channels",
    r"echo": "Echo",
    r"churn": "Short connections",
    r"tail": "Few messages",
    r"udp": "Datagrams",
    r"http, .*handshake": "TLS handshakes",
    r"http, (greeting|echo of JSON|TLS, greeting)": "HTTP requests",
    r"http, idle": "Memory of a connection",
    r"sleepers": "Memory of a connection",
    r"footprint: time to compile": "Time to compile",
}


def section_of(bar):
    """The title of the section, None if nothing is known about this bar."""
    return next((title for pattern, title in SECTIONS.items() if re.match(pattern, bar)), None)


def link(bar, prefix=""):
    """A Markdown link to the section; `prefix` leads to the page's folder, and ends with a slash."""
    title = section_of(bar)
    if title is None:
        return "none yet"
    return f"[{title}]({prefix}{PAGE.name}#{title.lower().replace(' ', '-')})"
