"""Each parameter of a series along what was varied: means over repeats, spread from cell to cell, slope."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sscell.fit.determination import Determination
from sscell.fit.result import FitResult
from sscell.fit.series_result import ConditionMean, SeriesResult, Trend
from sscell.fit.space import Coordinate
from sscell.fit.spread import GroupMeans, PairedMeans, group_means, paired_means, slope
from sscell.fit.uncertainty import CONFIDENCE

FEWEST_FOR_SLOPE = 3


def trends_from_fits(
    fits: Sequence[FitResult], names: Sequence[str], conditions: Sequence[float | str], cells: Sequence[str]
) -> dict[str, Trend]:
    """Name -> Trend of the named free parameters; conditions, cells: of each fit."""
    values, group = _groups(conditions)
    return {name: _trend(fits, fits[0].free.index(name), name, values, group, cells) for name in names}


def trend_means(series: SeriesResult, name: str) -> tuple[list, GroupMeans]:
    """The conditions and the means of a parameter in search coordinates."""
    values, group = _groups(series.conditions)
    return values, _means(series.fits, series.fits[0].free.index(name), group, series.cells)


def paired_values(series: SeriesResult, name: str, a: float | str, b: float | str) -> PairedMeans | None:
    """A parameter under two conditions over the cells that were measured under both, in search coordinates."""
    k = series.fits[0].free.index(name)
    first, second = (np.array([c == condition for c in series.conditions]) for condition in (a, b))
    return paired_means(*_values(series.fits, k), first, second, series.cells)


def _groups(conditions: Sequence[float | str]) -> tuple[list, np.ndarray]:
    """Distinct conditions (numbers rising, labels as they come) and the index of each spectrum's."""
    distinct = list(dict.fromkeys(conditions))
    if not isinstance(distinct[0], str):
        distinct = sorted(distinct)
    return distinct, np.array([distinct.index(c) for c in conditions])


def _means(fits: Sequence[FitResult], k: int, group: np.ndarray, cells: Sequence[str]) -> GroupMeans:
    return group_means(*_values(fits, k), group, cells)


def _values(fits: Sequence[FitResult], k: int) -> tuple[np.ndarray, np.ndarray]:
    """(S,) a search coordinate of each fit, and its error: NaN at a bound and where the data leave it open."""
    found = [fit.task.standard_errors[k] for fit in fits]
    known = [not fit.determination[fit.free[k]].open for fit in fits]
    return np.array([fit.task.coordinates[k] for fit in fits]), np.where(known, found, np.nan)


def _trend(
    fits: Sequence[FitResult], k: int, name: str, conditions: list, group: np.ndarray, cells: Sequence[str]
) -> Trend:
    coordinate = fits[0].task.problem.space.coordinates[k]
    means = _means(fits, k, group, cells)
    known = np.isfinite(means.standard_error)
    numeric = not isinstance(conditions[0], str) and known.sum() >= FEWEST_FOR_SLOPE
    at = np.array(conditions)[known]
    value, error = slope(at, means.mean[known], means.standard_error[known]) if numeric else (None, None)
    under = [[i for i, of in enumerate(group) if of == g] for g in range(len(conditions))]
    return Trend(
        name=name,
        unit=next(p.unit for p in fits[0].model.parameters if p.name == name),
        relative=coordinate.logarithmic,
        means=tuple(
            _mean(
                means,
                coordinate,
                g,
                condition,
                len({cells[i] for i in own}),
                _note([fits[i].determination[name] for i in own]),
            )
            for g, (condition, own) in enumerate(zip(conditions, under, strict=True))
        ),
        spread=means.spread,
        slope=value,
        slope_standard_error=error,
    )


def _note(found: list[Determination]) -> str:
    """What a mean says of itself, from its fits: that of a value the data leave open, or of none but poor ones."""
    known = [each for each in found if not each.open]
    if not known:
        return Determination.NOT if Determination.NOT in found else Determination.AT_BOUND
    return Determination.POOR if Determination.WELL not in known else Determination.WELL


def _mean(
    means: GroupMeans, coordinate: Coordinate, g: int, condition: float | str, cells: int, note: str
) -> ConditionMean:
    from scipy.stats import t as student

    half = means.standard_error[g] * float(student.ppf(0.5 + CONFIDENCE / 2, means.degrees))
    ends = np.clip(
        [means.mean[g] - half, means.mean[g] + half],
        *(
            np.log([coordinate.lower, coordinate.upper])
            if coordinate.logarithmic
            else [coordinate.lower, coordinate.upper]
        ),
    )
    value = float(np.exp(means.mean[g])) if coordinate.logarithmic else float(means.mean[g])
    scale = value if coordinate.logarithmic else 1.0
    low, high = (float(e) for e in (np.exp(ends) if coordinate.logarithmic else ends))
    return ConditionMean(
        condition=condition,
        cells=cells,
        used=int(means.cells[g]),
        note=str(note),
        value=value,
        standard_error=float(scale * means.standard_error[g]),
        interval=(low, high),
        fit_error=float(scale * means.fit_error[g]),
    )
