"""What a series of spectra says together: each fit, and each parameter along the condition that was varied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sscell.fit.result import FitResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class ConditionMean:
    """A parameter under one condition, over its repeats.

    condition: the value of what was varied; cells: repeats; value: their mean (geometric where searched by logarithm);
    interval: its 95 % interval, which holds both the errors of the fits and the cell-to-cell spread;
    standard_error: of the mean in the parameter's unit, NaN where every fit ended at a bound; fit_error: the part of it
    that comes from the fits.
    """

    condition: float | str
    cells: int
    value: float
    standard_error: float
    interval: tuple[float, float]
    fit_error: float


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
        """One row a parameter and condition: value, standard error, 95 % interval, number of cells."""
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
            }
            for trend in self.trends.values()
            for mean in trend.means
        ]
        return pd.DataFrame(rows)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One parameter under condition b against condition a.

    ratio: b over a (None for exponents), difference: b - a; each with its 95 % interval. distinct: whether the interval
    excludes no change; never where a value is one at its bound (intervals NaN).
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
