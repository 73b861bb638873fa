"""The outcome of a study on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sscell.report.columns import SUMMARY, number
from sscell.study.facts import score
from sscell.study.result import StudyResult

if TYPE_CHECKING:
    from rich.console import Console


def print_summary(study: StudyResult, console: Console) -> None:
    """Summary table, score, problems, warnings and where the report lies; fits 100 columns."""
    from rich.markup import escape
    from rich.table import Table

    columns = [c for c in SUMMARY if c.short]
    table = Table(title=escape(study.scenario.title), title_justify="left", box=None, padding=(0, 1), pad_edge=False)
    table.add_column("Sample", overflow="fold", vertical="bottom")
    for column in columns:
        table.add_column(f"{column.short}\n[dim]{column.unit}[/dim]", justify="right", no_wrap=True)
    for row in study.summary.to_dict(orient="records"):
        table.add_row(escape(str(row["sample"])), *(number(row[c.key]) for c in columns))
    console.print(table)
    console.print()
    if study.quick:
        console.print("Quick run: a short version of every part, for a smoke test only.", style="yellow")
    for line, style in _lines(study):
        console.print(escape(line), style=style, highlight=False, soft_wrap=line.startswith("Report:"))


def _lines(study: StudyResult) -> list[tuple[str, str]]:
    lines = [(line, "dim") for line in _ages(study)]
    if study.facts:
        s = score(study.facts)
        lines.append(
            (
                f"Facts: figures met {s['figures_met']}/{s['figures']}, bounds {s['bounds_met']}/{s['bounds']}, "
                f"checks {s['checks_met']}/{s['checks']}",
                "bold",
            )
        )
    lines += [(f"Failed: {problem}", "red") for problem in study.problems]
    lines += [(f"Warning: {warning}", "yellow") for warning in study.warnings]
    if study.folder is not None:
        lines.append((f"Report: {study.folder / 'report.html'}", ""))
    return lines


def _ages(study: StudyResult) -> list[str]:
    """After how many cycles the aged resistances hold, as they are not the same for every sample."""
    after: dict[str, list[str]] = {}
    for row in study.summary.to_dict(orient="records"):
        if row["aged_after"]:
            after.setdefault(row["aged_after"], []).append(str(row["sample"]))
    return [f"R_int aged after {when}: {', '.join(samples)}" for when, samples in after.items()]
