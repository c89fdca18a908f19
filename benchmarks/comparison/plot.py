# SPDX-License-Identifier: MIT
"""Charts of horizontal bars as SVG, made by hand: no library is needed to draw rectangles."""

import math
from html import escape

COLORS = {"edo": "#2f6fb0", "asio": "#b9bec5"}
PEER_COLORS = {"tokio": "#2f6fb0", "asio": "#b9bec5", "go": "#6fc2b0"}
SLOWER = "#c0392b"
LEFT, RIGHT, TOP = 220, 60, 56  # margins
WIDTH = 760
BAR, GAP, HEADING = 11, 7, 30
MOST = 2.5  # longer bars are cut: the number beside them tells


def text(x, y, content, **attributes):
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(content)}</text>'


def bar_chart(title, groups):
    """`groups` are (heading, name, {peer: ratio}); a group is headed where the heading changes."""
    scale = (WIDTH - LEFT - RIGHT) / MOST
    parts, y, last = [], TOP, None
    for heading, name, ratios in groups:
        if heading != last:
            y += HEADING
            parts.append(text(LEFT, y - 10, heading, font_weight="bold"))
            last = heading
        parts.append(text(LEFT - 8, y + BAR * len(ratios) / 2 + 4, name, text_anchor="end"))
        for peer, ratio in ratios.items():
            width = min(ratio, MOST) * scale
            parts.append(f'<rect x="{LEFT}" y="{y:.1f}" width="{width:.1f}" height="{BAR - 1}" fill="{COLORS[peer]}"/>')
            parts.append(text(LEFT + width + 4, y + BAR - 2, f"{ratio:.2f}", font_size=10))
            y += BAR
        y += GAP
    one = LEFT + scale
    line = (f'<line x1="{one:.1f}" y1="{TOP}" x2="{one:.1f}" y2="{y}" stroke="#c0392b" stroke-dasharray="4 3"/>'
            + text(one, TOP - 6, "Tokio", text_anchor="middle", fill="#c0392b"))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 16:.0f}" '
            'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
            + text(LEFT, 22, title, font_size=15, font_weight="bold") + "\n" + legend(groups) + "\n"
            + "\n".join(parts) + "\n" + line + "\n</svg>\n")


def legend(groups, colors=None):
    colors = colors or COLORS
    peers = [peer for peer in colors if any(peer in ratios for _, _, ratios in groups)]
    parts = []
    for i, peer in enumerate(peers):
        x = 16 + 62 * i
        parts.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{colors[peer]}"/>' + text(x + 17, 44, peer))
    return "".join(parts)


LEAST, TICKS = 0.5, (0.5, 1, 2, 5, 10, 20, 50)


def speed_chart(title, groups):
    """How many times faster edo is than each peer, on a logarithmic scale: bars start at "equal".

    `groups` are (heading, name, {peer: factor}); a group is headed where the heading changes. A bar to the left,
    and red, is a peer that is faster.
    """
    groups = [group for group in groups if group[2]]
    most = max((factor for _, _, factors in groups for factor in factors.values()), default=2)
    ticks = [tick for tick in TICKS if tick <= max(most * 1.5, 2)]
    width = WIDTH - LEFT - RIGHT

    def place(factor):
        return LEFT + width * math.log(max(factor, LEAST) / LEAST) / math.log(ticks[-1] / LEAST)

    parts, y, last = [], TOP, None
    for heading, name, factors in groups:
        if heading != last:
            y += HEADING
            parts.append(text(LEFT, y - 10, heading, font_weight="bold"))
            last = heading
        parts.append(text(LEFT - 8, y + BAR * len(factors) / 2 + 4, name, text_anchor="end"))
        for peer, factor in factors.items():
            start, end = sorted((place(1), min(place(factor), LEFT + width)))
            color = PEER_COLORS[peer] if factor >= 1 else SLOWER
            parts.append(f'<rect x="{start:.1f}" y="{y:.1f}" width="{end - start:.1f}" height="{BAR - 1}" '
                         f'fill="{color}"/>')
            parts.append(text(max(end, place(1)) + 4, y + BAR - 2, f"{factor:.1f}x", font_size=10))
            y += BAR
        y += GAP
    grid = "".join(
        f'<line x1="{place(tick):.1f}" y1="{TOP}" x2="{place(tick):.1f}" y2="{y}" '
        f'stroke="{"#444444" if tick == 1 else "#e3e3e3"}"/>'
        + text(place(tick), TOP - 4, f"{tick:g}x", text_anchor="middle", font_size=10) for tick in ticks)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 16:.0f}" '
            'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
            + text(LEFT, 22, title, font_size=15, font_weight="bold") + "\n" + legend(groups, PEER_COLORS) + "\n"
            + grid + "\n" + "\n".join(parts) + "\n</svg>\n")
