# SPDX-License-Identifier: MIT
"""One page that says where edo stands."""

from comparison import overview, profiles, report

NOTE = ("A bar is a figure that edo wants to reach, against the peer's best configuration with as many threads. "
        "Medians of this run, in which the contestants took turns. Figures within 3 % count as equal.")


def write(folder, facts, options, measured, skipped):
    """Writes summary.md and summary.json; yields what the terminal shows."""
    bars = [bar for results in measured.values() for bar in results.bars]
    met = sum(bool(bar[3]) for bar in bars)
    verdict = f"{met} of {len(bars)} bars met." if bars else "No bar was measured."
    missed = [bar for bar in bars if not bar[3]]
    text = f"# Where edo stands\n\n**{verdict}**\n"
    text += "".join(f"\n- {results.title}: {results.headline}"
                    for results in measured.values() if results.headline) + "\n"
    if options.quick:
        text += "\nOne short round: this shows that the programs work, and little else.\n"
    text += f"\n{conditions_and_skipped(facts, options, skipped)}\n"
    if chart := overview.chart(measured):
        (folder / "summary.svg").write_text(chart, encoding="utf-8")
        text += "![How far each bar is cleared](summary.svg)\n\n"
    if missed:
        text += f"## Missed\n\n{missed_table(missed)}\n\n"
    if met:
        text += f"## Met\n\n{bar_table([bar for bar in bars if bar[3]])}\n\n"
    text += f"{NOTE}\n\n## Groups\n\n{groups(measured)}"
    (folder / "summary.md").write_text(text, encoding="utf-8")
    report.write_json(folder / "summary.json", {
        "machine": facts.facts, "warnings": facts.warnings, "settings": report.settings_of(options),
        "skipped": skipped, "bars": [dict(zip(("bar", "measured", "limit", "met"), bar)) for bar in bars]})
    on_terminal = f"\n{bar_table(missed + [bar for bar in bars if bar[3]])}\n" if bars else ""
    for peer, reason in skipped.items():
        on_terminal += f"\nskipped: {peer}, in {reason}"
    return f"{on_terminal}\n{verdict}\nwritten to {folder}/summary.md"


def conditions_and_skipped(facts, options, skipped):
    text = report.conditions(facts, options)
    for peer, reason in skipped.items():
        text += f"- **Skipped**: {peer}, in {reason}\n"
    return text


def bar_table(bars):
    return report.table(["Bar", "Measured", "Limit", "Met"],
                        [[str(bar), str(measured), str(limit), "yes" if met else "**no**"]
                         for bar, measured, limit, met in bars])


def missed_table(bars):
    """Each with a link to the profile that says why, and what the limit is."""
    return report.table(["Bar", "Measured", "Limit", "Profile"],
                        [[str(bar), str(measured), str(limit), profiles.link(str(bar), report.DOCS)]
                         for bar, measured, limit, _ in bars])


def groups(measured):
    text = ""
    for name, results in measured.items():
        text += f"- [{results.title}]({name}.md), [every run]({name}.json)\n"
    for name, results in measured.items():
        if results.chart:
            text += f"\n![{results.title}]({name}.svg)\n"
    return text
