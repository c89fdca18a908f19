# SPDX-License-Identifier: MIT
"""Writes results down."""

import json
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Results:
    title: str
    text: str  # Markdown
    runs: list  # every line of JSON that a program printed
    chart: str | None = None  # SVG
    bars: list = field(default_factory=list)  # (bar, measured, limit, met), for the summary


def ratio(mine, other):
    return f"{mine / other:.2f}" if other else "–"


def table(header, rows):
    """A Markdown table whose first column is left-aligned and the others right-aligned."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [[cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
             for row in [header, rule, *rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(folder, kind, facts, options, results):
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / f"{kind}-{datetime.now():%Y%m%d-%H%M%S}"
    settings = {"rounds": options.rounds, "quick": options.quick}
    if kind == "micro":
        settings["iterations"] = options.iterations
    if kind == "echo":
        settings["seconds"] = options.seconds

    text = f"# {results.title}\n\n"
    text += "".join(f"- {name}: {value}\n" for name, value in facts.facts.items())
    text += f"- Settings: {', '.join(f'{name} {value}' for name, value in settings.items())}\n"
    text += "".join(f"- **Warning**: {warning}\n" for warning in facts.warnings)
    if results.chart:
        base.with_suffix(".svg").write_text(results.chart, encoding="utf-8")
        text += f"\n![{results.title}]({base.name}.svg)\n"
    text += f"\n{results.text}\n"
    base.with_suffix(".md").write_text(text, encoding="utf-8")

    everything = {"kind": kind, "machine": facts.facts, "warnings": facts.warnings, "settings": settings,
                  "runs": results.runs}
    base.with_suffix(".json").write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{results.text}\n\nwritten to {base}.md")
