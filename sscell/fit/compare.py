"""`compare`: is one condition's interface different from another's, given the errors?"""

from __future__ import annotations

import numpy as np

from sscell.errors import require
from sscell.fit.series import trend_means
from sscell.fit.series_result import Comparison, Difference, SeriesResult, Trend
from sscell.fit.uncertainty import CONFIDENCE


def compare(series: SeriesResult, a: float | str, b: float | str) -> Comparison:
    """Every parameter under condition b against condition a, with 95 % intervals.

    The errors hold those of the fits and, where conditions were repeated, the spread from cell to cell. Raises
    InputError for a condition that the series does not have.
    """
    known = list(dict.fromkeys(series.conditions))
    for given in (a, b):
        require(
            given in known,
            f"compare: {given!r} is no condition of this series along {series.along}; it has "
            f"{', '.join(str(k) for k in known)}.",
        )
    require(a != b, f"compare: both conditions are {a!r}; name two different ones.")
    differences = {name: _difference(series, trend, a, b) for name, trend in series.trends.items()}
    return Comparison(
        a=f"{series.along} = {a}",
        b=f"{series.along} = {b}",
        differences=differences,
        summary=_summary(differences, a, b),
        notes=_notes(series, differences),
    )


def _difference(series: SeriesResult, trend: Trend, a: float | str, b: float | str) -> Difference:
    from scipy.stats import t as student

    conditions, means = trend_means(series, trend.name)
    i, j = conditions.index(a), conditions.index(b)
    change = float(means.mean[j] - means.mean[i])
    error = float(np.hypot(means.standard_error[i], means.standard_error[j]))
    half = error * float(student.ppf(0.5 + CONFIDENCE / 2, means.degrees))
    low, high = change - half, change + half
    first, second = trend.means[i].value, trend.means[j].value
    if trend.relative:
        ratio, ratio_interval = float(np.exp(change)), (float(np.exp(low)), float(np.exp(high)))
        interval = (first * (ratio_interval[0] - 1), first * (ratio_interval[1] - 1))
    else:
        ratio, ratio_interval, interval = None, None, (low, high)
    return Difference(
        name=trend.name,
        unit=trend.unit,
        value_a=first,
        value_b=second,
        ratio=ratio,
        ratio_interval=ratio_interval,
        difference=second - first,
        difference_interval=interval,
        distinct=low > 0 or high < 0,
    )


def _summary(differences: dict[str, Difference], a: float | str, b: float | str) -> str:
    changed = [_in_words(d) for d in differences.values() if d.distinct]
    same = [d.name for d in differences.values() if not d.distinct]
    words = (
        f"From {a} to {b}: {'; '.join(changed)}." if changed else f"From {a} to {b} no parameter is shown to change."
    )
    return words + (f" Not shown to change: {', '.join(same)}." if changed and same else "")


def _in_words(d: Difference) -> str:
    if d.ratio is not None and d.ratio_interval is not None:
        return (
            f"{d.name} is {d.ratio:.3g} times as large (95 %: {d.ratio_interval[0]:.3g} to {d.ratio_interval[1]:.3g})"
        )
    low, high = d.difference_interval
    return f"{d.name} changes by {d.difference:+.3g} (95 %: {low:+.3g} to {high:+.3g})"


def _notes(series: SeriesResult, differences: dict[str, Difference]) -> tuple[str, ...]:
    notes = [
        f"{len(differences)} parameters are compared at 95 % each: about one in 20 would seem to differ without cause."
    ]
    if all(trend.spread is None for trend in series.trends.values()):
        notes.append(
            "Without repeats the spread from cell to cell is unknown: the difference may be between two cells."
        )
    return tuple(notes)
