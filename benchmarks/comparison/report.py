# SPDX-License-Identifier: MIT
"""Writes the results of a group down."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime

DOCS = "../../../docs/"  # seen from the folder of a run
NOISE = 0.03  # two equal programs differ by as much from run to run
EVERY_RUN = re.compile(r", \[every run\]\([a-z_]+\.json\)")


@dataclass
class Results:
    title: str
    text: str  # Markdown
    runs: list  # every line of JSON that a program printed
    chart: str | None = None  # SVG
    bars: list = field(default_factory=list)  # (bar, measured, limit, met)
    headline: str = ""  # one sentence for the summary


def ratio(mine, other):
    return f"{mine / other:.2f}" if other else "–"


def table(header, rows):
    """A Markdown table whose first column is left-aligned and the others right-aligned."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [[cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
             for row in [header, rule, *rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def new_folder(results):
    """A folder for this run; `latest` leads there."""
    folder = results / datetime.now().strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    latest = results / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(folder.name)
    return folder


def publish(folder, target):
    """Copies the pages and charts of a run, without the single runs, into the documentation."""
    target.mkdir(parents=True, exist_ok=True)
    for file in [*folder.glob("*.md"), *folder.glob("*.svg")]:
        content = file.read_text(encoding="utf-8")
        content = EVERY_RUN.sub("", content).replace(f"]({DOCS}", "](../")
        (target / file.name).write_text(content, encoding="utf-8")


def settings_of(options):
    return {"rounds": options.rounds, "quick": options.quick, "iterations": options.iterations,
            "seconds": options.seconds}


def conditions(facts, options):
    """Where the numbers come from, as Markdown."""
    text = "".join(f"- {name}: {value}\n" for name, value in facts.facts.items())
    text += f"- Settings: {', '.join(f'{name} {value}' for name, value in settings_of(options).items())}\n"
    return text + "".join(f"- **Warning**: {warning}\n" for warning in facts.warnings)


def write_json(path, content):
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write(folder, group, facts, options, results):
    text = f"# {results.title}\n\n{conditions(facts, options)}"
    if results.chart:
        (folder / f"{group}.svg").write_text(results.chart, encoding="utf-8")
        text += f"\n![{results.title}]({group}.svg)\n"
    text += f"\n{results.text}\n"
    (folder / f"{group}.md").write_text(text, encoding="utf-8")
    write_json(folder / f"{group}.json", {
        "kind": group, "machine": facts.facts, "warnings": facts.warnings, "settings": settings_of(options),
        "bars": results.bars, "runs": results.runs})
    print(f"\n{results.text}\n\nwritten to {folder / group}.md")
