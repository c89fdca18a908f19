# SPDX-License-Identifier: MIT
"""One chart of all bars: how far each is cleared, or missed."""

import re

from comparison import plot

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers(text):
    return [float(number.replace(",", "")) for number in NUMBER.findall(text)]


def clearance(measured, limit):
    """By which factor the worst figure is better than its limit; None where that has no meaning, as beside 0."""
    figures, limits = numbers(measured), numbers(limit)
    limits *= len(figures) if len(limits) == 1 else 1
    if not figures or len(figures) != len(limits) or 0 in figures + limits:
        return None
    more_is_better = "≥" in limit
    return min(figure / least if more_is_better else least / figure for figure, least in zip(figures, limits))


def chart(measured):
    """`measured` are the results of the groups by name; None if there is no bar."""
    rows = []
    for results in measured.values():
        for name, figure, limit, _ in results.bars:
            factor = clearance(str(figure), str(limit))
            if factor:
                rows.append((results.title, name.replace("`", "").split(": faster")[0], {"edo": factor}))
    return plot.speed_chart("How far edo clears its bars: 1x is just met", rows, left=500) if rows else None
