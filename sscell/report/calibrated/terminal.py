"""A calibration on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sscell.report.calibrated.tables import between, datum_lines, shown
from sscell.report.calibrated.words import outcome, starts_words, warnings
from sscell.study.calibrate.result import Calibration

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 40


def print_calibration(calibration: Calibration, console: Console) -> None:
    """Parameters, data, what was predicted and compared, and what the data cannot tell."""
    from rich.markup import escape

    def say(text: str, style: str = "") -> None:
        console.print(escape(text), style=style, highlight=False)

    _table(
        console,
        calibration.study.title,
        ("Parameter", "Value", "95 %", "Unit", "Prior", "Told by"),
        [
            (k.name, shown(k.value), between(k.low, k.high), k.unit, k.prior, k.word or "the data")
            for k in calibration.known
        ],
    )
    _table(
        console,
        "Data",
        ("Datum", "Measured", "Calibrated", "95 %", "Off / σ"),
        [
            (d.datum, _cut(d.measured), shown(d.calibrated), between(d.low, d.high), f"{d.off:+.1f}")
            for d in datum_lines(calibration)
        ],
    )
    if calibration.predicted:
        _table(
            console,
            "Left out and predicted",
            ("Left out", "Datum", "Measured", "Predicted", "95 %", "Fitted"),
            [
                (p.left_out, p.datum, _cut(p.measured), shown(p.predicted), between(p.low, p.high), shown(p.fitted))
                for p in calibration.predicted
            ],
        )
    if calibration.trades:
        _table(
            console,
            "What gives way",
            ("Left out", "Not met", "Other figures met"),
            [
                (t.left_out or "nothing", ", ".join(t.unmet) or "–", f"{t.met} of {t.figures}")
                for t in calibration.trades
            ],
        )
    if calibration.widened:
        _table(
            console,
            "Known less without them",
            ("Left out", "Parameter", "95 % with all data", "95 % without", "Unit"),
            [
                (w.left_out, w.parameter, between(w.low_with, w.high_with), between(w.low, w.high), w.unit)
                for w in calibration.widened
            ],
        )
    if calibration.differences:
        _table(
            console,
            "Interface resistance compared, Ω cm²",
            ("Run", "Pair", "Part", "First", "Second", "Difference, 95 %", "P(first larger)"),
            [
                (
                    d.run,
                    f"{d.first}, {d.second}",
                    d.part,
                    shown(d.value_first),
                    shown(d.value_second),
                    f"{shown(d.difference)} ({between(d.low, d.high)})",
                    f"{d.larger:.2f}",
                )
                for d in calibration.differences
            ],
        )
    for sentence in [*calibration.together, starts_words(calibration)]:
        say(sentence)
    for sentence in outcome(calibration):
        say(sentence, "bold")
    for sentence in warnings(calibration):
        say(f"Warning: {sentence}", "yellow")
    if calibration.folder is not None:
        say(f"Report: {calibration.folder / 'report.html'}")


def _cut(text: str) -> str:
    """As much as a column of a terminal holds; the report has it all."""
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1].rstrip(', ')}…"


def _table(console: Console, title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left", box=None, padding=(0, 1), pad_edge=False)
    for k, head in enumerate(heads):
        table.add_column(head, overflow="fold", justify="left" if k < 2 else "right")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
    console.print()
