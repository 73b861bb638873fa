"""The fact table as people read it: paper beside simulation, the verdict in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from sscell.report.columns import number
from sscell.study.facts import FactRow

KINDS = {"approx": "about ", "lower_bound": "at least ", "upper_bound": "at most "}
LONGEST = 24  # characters of a figure with its unit; longer ones are words, which may break
GROUPS = (
    ("fit", "Figures and bounds to be met", "counted in the score"),
    ("check", "Checks", "they follow from other facts or are qualitative; not counted in the score"),
    ("input", "Inputs", "they go into the model, so they prove nothing"),
)


class FactLine(NamedTuple):
    """One row of the table; css: met, missed or open; figures: paper and simulation are numbers, not words."""

    id: str
    quantity: str
    samples: str
    paper: str
    simulated: str
    difference: str
    verdict: str
    scored: str
    css: str
    figures: tuple[bool, bool]


class FactGroup(NamedTuple):
    """Facts of one use."""

    title: str
    note: str
    lines: list[FactLine]


def fact_groups(rows: Sequence[FactRow]) -> list[FactGroup]:
    """The facts by use, in the facts file's order; uses that are not known come last."""
    known = {use for use, _, _ in GROUPS}
    others = [(use, use, "") for use in dict.fromkeys(r.use for r in rows) if use not in known]
    groups = [
        FactGroup(title, note, [_line(row) for row in rows if row.use == use])
        for use, title, note in [*GROUPS, *others]
    ]
    return [group for group in groups if group.lines]


def _line(row: FactRow) -> FactLine:
    verdict, css = {True: ("✓ met", "met"), False: ("✗ not met", "missed"), None: ("not compared", "open")}[row.within]
    return FactLine(
        id=row.id,
        quantity=row.quantity,
        samples=row.samples,
        paper=(KINDS.get(row.kind, "") if row.paper[:1].isdigit() else "") + row.paper,
        simulated=", ".join(pair.replace(" ", "\u00a0") for pair in row.simulated.split(", ")) or "–",
        difference=_difference(row),
        verdict=verdict,
        scored="scored" if row.scored else "not scored",
        css=css,
        figures=(row.paper[:1].isdigit() and len(row.paper) < LONGEST, len(row.simulated.split()) < 2),
    )


def _difference(row: FactRow) -> str:
    """Signed against a number, how far outside for a range or a bound given in words."""
    words_for_a_bound = row.kind.endswith("bound") and not row.paper[:1].isdigit()
    if not math.isfinite(row.difference) or not (row.kind == "range" or words_for_a_bound):
        return _signed(row.difference)
    return "within" if row.within else f"{abs(row.difference):.3g} outside"


def _signed(value: float) -> str:
    if not math.isfinite(value):
        return number(value)
    return f"{value:+.3g}".replace("-", "−") if abs(value) >= 1e-9 else "0"
