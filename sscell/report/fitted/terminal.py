"""Fits on the terminal: one table a circuit, then what to be wary of and where the report lies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sscell.fit.result import FitResult
from sscell.report.fitted.contents import FitReport
from sscell.report.fitted.lines import circuit_lines, common_exponent, note_of, number_of
from sscell.report.fitted.tables import condition_of
from sscell.report.fitted.text_tables import MARKS, NOTES
from sscell.report.fitted.units import unit_text
from sscell.report.fitted.words import outcome, summed_warnings
from sscell.rounding import power_text

if TYPE_CHECKING:
    from rich.console import Console


def print_fits(report: FitReport, folder: Path | None, console: Console) -> None:
    """Values with errors in brackets, circuits beside each other, comparisons, warnings, problems."""
    from rich.markup import escape

    for circuit in report.circuits:
        _print_values(report, circuit, console)
        console.print()
    if circuit_lines(report):
        _print_circuits(report, console)
        console.print()
    lines = [(outcome(report), "bold")]
    lines += [(pair.summary, "") for pair in report.comparisons]
    lines += [(f"Warning: {warning}", "yellow") for warning in summed_warnings(report)]
    if report.series is not None:
        lines += [(f"Warning: {warning}", "yellow") for warning in report.series.warnings]
    lines += [(f"Failed: {problem}", "red") for problem in report.problems]
    if folder is not None:
        lines.append((f"Report: {folder / 'report.html'}", ""))
    for line, style in lines:
        console.print(escape(line), style=style, highlight=False, soft_wrap=True)


def _print_values(report: FitReport, circuit: str, console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    found = [(e, r.fit) for e in report.entries for r in e.fits if r.fit.circuit == circuit]
    parameters = found[0][1].model.parameters
    powers = {p.name: common_exponent([fit for _, fit in found], p.name) for p in parameters}
    table = Table(title=escape(circuit), title_justify="left", box=None, padding=(0, 1), pad_edge=False)
    table.add_column("Spectrum", overflow="fold", vertical="bottom")
    for key in condition_of(report, found[0][0]):
        table.add_column(escape(key), vertical="bottom")
    for p in parameters:
        unit = f"{power_text(powers[p.name])} {unit_text(p.unit)}".strip()
        table.add_column(f"{p.name}\n[dim]{unit}[/dim]", justify="right", no_wrap=True)
    for entry, fit in found:
        conditions = [c if isinstance(c, str) else f"{c:g}" for c in condition_of(report, entry).values()]
        values = [_cell(fit, k, powers[p.name]) for k, p in enumerate(parameters)]
        table.add_row(escape(entry.name), *map(escape, conditions), *values)
    console.print(table)
    notes = {note_of(fit, p) for _, fit in found for p in parameters}
    marks = [f"{MARKS[note]} {words}" for note, words in NOTES.items() if note in notes]
    console.print(
        "; ".join(["Brackets: standard error of the last digits", *marks]) + ".", style="dim", highlight=False
    )


def _cell(fit: FitResult, k: int, power: int | None) -> str:
    parameter = fit.model.parameters[k]
    number = number_of(fit, parameter.name, power)
    mark = MARKS.get(note_of(fit, parameter), "")
    text = number.compact if power is not None or not number.exponent else f"{number.compact}e{number.exponent}"
    return f"{text} {mark}".strip()


def _print_circuits(report: FitReport, console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for heading in ("Circuit", "Free", "AICc", "Difference", "BIC", "Akaike weight", "Best for", "No warnings"):
        table.add_column(heading, justify="left" if heading == "Circuit" else "right", no_wrap=heading != "Circuit")
    for line in circuit_lines(report):
        table.add_row(
            escape(line.circuit), str(line.free), line.aicc, line.difference, line.bic, line.weight, line.best_of,
            line.clean,
        )  # fmt: skip
    console.print(table)
