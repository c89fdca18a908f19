# SPDX-License-Identifier: MIT
"""A chart of all peers, scenario by scenario, as SVG; one peer is the unit."""

from html import escape

COLORS = {"edo": "#2f6fb0", "edo, batches": "#79a6d2", "edo (io_uring)": "#79a6d2", "raw_epoll": "#7d8790", "raw_uring": "#4d555c",
          "raw": "#7d8790", "asio": "#b9bec5", "asio_shared": "#d5d8dc", "libuv": "#8fb58a", "go": "#6fb7c4",
          "threads": "#d9a86c", "hyper": "#d9a86c", "socat": "#d9a86c", "nginx": "#8fb58a"}
LEFT, RIGHT, WIDTH, BAR, GAP = 210, 60, 760, 11, 9


def text(x, y, content, **attributes):
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(content)}</text>'


def peer_chart(title, groups, unit="Tokio", most=2.5):
    """`groups` are (name, {peer: ratio}); a bar longer than `most` is cut, the number beside it tells."""
    scale = (WIDTH - LEFT - RIGHT) / most
    peers = [peer for peer in COLORS if any(peer in ratios for _, ratios in groups)]
    parts, top = legend(peers)
    y = top
    for name, ratios in groups:
        parts.append(text(LEFT - 8, y + BAR * len(ratios) / 2 + 4, name, text_anchor="end"))
        for peer in (peer for peer in peers if peer in ratios):
            width = min(ratios[peer], most) * scale
            parts.append(f'<rect x="{LEFT}" y="{y:.1f}" width="{width:.1f}" height="{BAR - 1}" fill="{COLORS[peer]}"/>')
            parts.append(text(LEFT + width + 4, y + BAR - 2, f"{ratios[peer]:.2f}", font_size=10))
            y += BAR
        y += GAP
    one = LEFT + scale
    parts.append(f'<line x1="{one:.1f}" y1="{top - 8}" x2="{one:.1f}" y2="{y}" stroke="#c0392b" '
                 'stroke-dasharray="4 3"/>' + text(one, top - 12, unit, text_anchor="middle", fill="#c0392b"))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 16:.0f}" '
            'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
            + text(16, 22, title, font_size=15, font_weight="bold") + "\n" + "\n".join(parts) + "\n</svg>\n")


def legend(peers):
    """The parts, and where the chart below may begin."""
    parts, x, y = [], 16, 34
    for peer in peers:
        width = 40 + 7 * len(peer)
        if x + width > WIDTH:
            x, y = 16, y + 20
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{COLORS[peer]}"/>'
                     + text(x + 17, y + 10, peer))
        x += width
    return parts, y + 48


def chart_of(title, runs, scenarios, name, unit="tokio", invert=False, label="Tokio"):
    """The chart of one field of all scenarios; None when the unit was not measured anywhere."""
    groups = []
    for scenario in scenarios:
        ratios = {peer: runs.quotient(scenario.title, name, peer, unit) for peer in runs.peers(scenario.title)
                  if peer != unit}
        ratios = {peer: 1 / value if invert else value for peer, value in ratios.items() if value}
        if ratios:
            groups.append((scenario.title, ratios))
    return peer_chart(title, groups, label) if groups else None
