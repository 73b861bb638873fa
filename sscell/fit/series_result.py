"""What a series of spectra says together: each fit, and each parameter along the condition that was varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

from sscell.fit.result import FitResult
from sscell.rounding import rounded, short, value_text

if TYPE_CHECKING:
    import pandas as pd

# So many conditions are printed at the most, half of them from either end.
MOST_PRINTED = 12


@dataclass(frozen=True, kw_only=True)
class ConditionMean:
    """A parameter under one condition, over its repeats.

    condition: the value of what was varied; cells: measured under it; used: how many of them determine the parameter,
    whose mean is value (geometric where searched by logarithm; of all where none does). interval: its 95 % interval,
    which holds both the errors of the fits and the cell-to-cell spread; standard_error: of the mean in the parameter's
    unit; fit_error: the part of it that comes from the fits; all NaN where no cell is used. note: 'not determined' or
    'at its bound' then, 'poorly determined' where every fit used is, else ''.
    """

    condition: float | str
    cells: int
    value: float
    standard_error: float
    interval: tuple[float, float]
    fit_error: float
    used: int
    note: str


@dataclass(frozen=True, kw_only=True)
class Trend:
    """One parameter along the series.

    means: one a condition, in rising order (labels: in the order given); spread: cell-to-cell standard deviation, as a
    share of the value where the parameter is searched by its logarithm (relative=True), else in its unit; None where
    there are no repeats. slope: change per unit of the condition (relative: of ln value), with its standard error;
    None for labels and for fewer than three conditions.
    """

    name: str
    unit: str
    relative: bool
    means: tuple[ConditionMean, ...]
    spread: float | None
    slope: float | None
    slope_standard_error: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class SeriesResult:
    """A series of spectra, fitted in one problem.

    along: name of what was varied; conditions, cells: (S,) its value and the cell of each spectrum; fits: one a
    spectrum, with the errors of the joint problem; shared: names of the parameters that have one value for all;
    trends: name -> Trend of each free parameter that is not shared; warnings: what the series cannot say.
    """

    along: str
    conditions: tuple[float | str, ...]
    cells: tuple[str, ...]
    fits: tuple[FitResult, ...]
    shared: tuple[str, ...]
    trends: Mapping[str, Trend]
    warnings: tuple[str, ...]

    def to_pandas(self) -> pd.DataFrame:
        """One row a parameter and condition: value, standard error, 95 % interval, numbers of cells, note."""
        import pandas as pd

        rows = [
            {
                "parameter": trend.name,
                self.along: mean.condition,
                "value": mean.value,
                "unit": trend.unit,
                "standard_error": mean.standard_error,
                "lower_95": mean.interval[0],
                "upper_95": mean.interval[1],
                "fit_error": mean.fit_error,
                "cells": mean.cells,
                "cells_used": mean.used,
                "note": mean.note,
            }
            for trend in self.trends.values()
            for mean in trend.means
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        head = f"SeriesResult along {self.along}: {len(self.fits)} fits of {self.fits[0].circuit}"
        shared = [
            f"  {name} {value_text(self.fits[0].values[name], self.fits[0].standard_errors[name])} "
            f"{_unit(self.fits[0], name)}, shared by all"
            for name in self.shared
        ]
        lines = [f"  {text}" for text in _table(self.along, tuple(self.trends.values()))]
        return "\n".join([head, *lines, *shared, *(f"  warning: {text}" for text in self.warnings)])


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One parameter under condition b against condition a.

    value_a, value_b: means over the cells compared; ratio: b over a (None for exponents), difference: b - a; each with
    its 95 % interval. distinct: whether the interval excludes no change. pairs: cells under both conditions that were
    compared each with itself; 0: all under either. obstacle: why the values cannot be compared (intervals NaN), such as
    'at its bound under 400'; '' where they can.
    """

    name: str
    unit: str
    value_a: float
    value_b: float
    ratio: float | None
    ratio_interval: tuple[float, float] | None
    difference: float
    difference_interval: tuple[float, float]
    distinct: bool
    pairs: int = 0
    obstacle: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Two conditions side by side: differences by parameter name; summary: one sentence; notes: on what it rests."""

    a: str
    b: str
    differences: Mapping[str, Difference]
    summary: str
    notes: tuple[str, ...]

    def to_pandas(self) -> pd.DataFrame:
        """One row a parameter."""
        import pandas as pd

        return pd.DataFrame([vars(d) for d in self.differences.values()]).set_index("name")

    def __repr__(self) -> str:
        width = max((len(name) for name in self.differences), default=0)
        lines = [f"Comparison of {self.a} with {self.b}: {self.summary}"]
        lines += [f"  {d.name:{width}s} {_difference_text(d)}" for d in self.differences.values()]
        return "\n".join(lines + [f"  note: {text}" for text in self.notes])


def condition_text(condition: float | str) -> str:
    """A condition for print: 250.0 -> '250'."""
    return f"{condition:.10g}" if isinstance(condition, Real) else str(condition)


def ratio_texts(ratio: float, interval: tuple[float, float]) -> tuple[str, str, str]:
    """A ratio and the ends of its interval, with as many digits as the width of the interval is worth."""
    low, high = interval
    half = (high - low) / 2
    if 0 < half < ratio / 2:
        first, second, third = (rounded(x, half)._replace(error="").text for x in (ratio, low, high))
    else:
        first, second, third = (short(x) for x in (ratio, low, high))
    return first, second, third


def _unit(fit: FitResult, name: str) -> str:
    return next(p.unit for p in fit.model.parameters if p.name == name)


def _table(along: str, trends: Sequence[Trend]) -> list[str]:
    """A line a condition, with a column a parameter, and the spread from cell to cell below."""
    if not trends:
        return []
    count = len(trends[0].means)
    half = MOST_PRINTED // 2
    shown = list(range(count)) if count <= MOST_PRINTED else [*range(half), None, *range(count - half, count)]
    first = [along, *("…" if k is None else condition_text(trends[0].means[k].condition) for k in shown), "spread"]
    columns = [first, *([_headed(t), *(_mean_text(t, k) for k in shown), _spread_text(t)] for t in trends)]
    widths = [max(map(len, column)) for column in columns]
    rows = list(zip(*columns, strict=True))
    if all(t.spread is None for t in trends):
        rows.pop()
    return ["  ".join(f"{text:>{w}s}" for text, w in zip(row, widths, strict=True)) for row in rows]


def _headed(trend: Trend) -> str:
    return f"{trend.name} / {trend.unit}" if trend.unit else trend.name


def _mean_text(trend: Trend, k: int | None) -> str:
    if k is None:
        return "…"
    mean = trend.means[k]
    if mean.used == 0:
        return f"{short(mean.value)} {mean.note}"
    words = [mean.note, "" if mean.used == mean.cells else f"{mean.used} of {mean.cells} cells"]
    said = ", ".join(filter(None, words))
    return value_text(mean.value, mean.standard_error) + (f" ({said})" if said else "")


def _spread_text(trend: Trend) -> str:
    if trend.spread is None:
        return "–"
    return f"{100 * trend.spread:.2g} %" if trend.relative else f"{trend.spread:.2g}"


def _difference_text(d: Difference) -> str:
    if d.obstacle:
        return f"{short(d.value_a)} -> {short(d.value_b)} {d.unit}: not comparable, {d.obstacle}".replace(" :", ":")
    if d.ratio is not None and d.ratio_interval is not None:
        change = "× {} ({} to {})".format(*ratio_texts(d.ratio, d.ratio_interval))
    else:
        low, high = d.difference_interval
        change = f"{d.difference:+.3g} ({low:+.3g} to {high:+.3g})"
    verdict = "changed" if d.distinct else "not shown to change"
    return f"{short(d.value_a, 4)} -> {short(d.value_b, 4)} {d.unit}: {change}, {verdict}".replace(" :", ":")
