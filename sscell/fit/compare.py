"""`compare`: is one condition's interface different from another's, given the errors?"""

from __future__ import annotations

from numbers import Real

import numpy as np

from sscell.errors import require
from sscell.fit.series_result import Comparison, Difference, SeriesResult, Trend, condition_text, ratio_texts
from sscell.fit.trends import paired_values, trend_means
from sscell.fit.uncertainty import CONFIDENCE


def compare(series: SeriesResult, a: float | str, b: float | str) -> Comparison:
    """Every parameter under condition b against condition a, with 95 % intervals.

    Where two cells or more were measured under both conditions, or one and no other under either, their changes are
    compared, else the means of all cells under either; the notes say which. The errors hold those of the fits and the
    spread from cell to cell, where it is known. What is at its bound or not determined under a condition is not
    comparable. Raises InputError for a condition that the series does not have.
    """
    known = list(dict.fromkeys(series.conditions))
    for given in (a, b):
        require(
            given in known,
            f"compare: {_quoted(given)} is no condition of this series along {series.along}; it has "
            f"{', '.join(condition_text(k) for k in known)}.",
        )
    require(a != b, f"compare: both conditions are {_quoted(a)}; name two different ones.")
    differences = {name: _difference(series, trend, a, b) for name, trend in series.trends.items()}
    return Comparison(
        a=f"{series.along} = {condition_text(a)}",
        b=f"{series.along} = {condition_text(b)}",
        differences=differences,
        summary=_summary(differences, condition_text(a), condition_text(b)),
        notes=_notes(series, differences, a, b),
    )


def _quoted(condition: float | str) -> str:
    return condition_text(condition) if isinstance(condition, Real) else repr(condition)


def _difference(series: SeriesResult, trend: Trend, a: float | str, b: float | str) -> Difference:
    pair = paired_values(series, trend.name, a, b)
    if pair is not None:
        return _in_units(trend, pair.first, pair.second, pair.half_width, pair.pairs)
    from scipy.stats import t as student

    conditions, means = trend_means(series, trend.name)
    i, j = conditions.index(a), conditions.index(b)
    open_ = [(trend.means[k].note, conditions[k]) for k in (i, j) if trend.means[k].used == 0]
    error = float(np.hypot(means.standard_error[i], means.standard_error[j]))
    half = error * float(student.ppf(0.5 + CONFIDENCE / 2, means.degrees))
    return _in_units(trend, float(means.mean[i]), float(means.mean[j]), half, 0, _obstacle(open_))


def _obstacle(open_: list[tuple[str, float | str]]) -> str:
    """'not determined under 0 and 300', 'at its bound under 0, not determined under 300'; '' for none."""
    notes = dict.fromkeys(note for note, _ in open_)
    under = {note: " and ".join(condition_text(c) for own, c in open_ if own == note) for note in notes}
    return ", ".join(f"{note} under {where}" for note, where in under.items())


def _in_units(trend: Trend, first: float, second: float, half: float, pairs: int, obstacle: str = "") -> Difference:
    """first, second: in search coordinates; half: half width of the interval of their difference."""
    change = second - first
    low, high = change - half, change + half
    if trend.relative:
        value_a, value_b, ratio = float(np.exp(first)), float(np.exp(second)), float(np.exp(change))
        ratio_interval = (float(np.exp(low)), float(np.exp(high)))
        interval = (value_a * (ratio_interval[0] - 1), value_a * (ratio_interval[1] - 1))
    else:
        value_a, value_b, ratio, ratio_interval, interval = first, second, None, None, (low, high)
    return Difference(
        name=trend.name,
        unit=trend.unit,
        value_a=value_a,
        value_b=value_b,
        ratio=ratio,
        ratio_interval=ratio_interval,
        difference=value_b - value_a,
        difference_interval=interval,
        distinct=low > 0 or high < 0,
        pairs=pairs,
        obstacle=obstacle,
    )


def _summary(differences: dict[str, Difference], a: str, b: str) -> str:
    changed = [_in_words(d) for d in differences.values() if d.distinct]
    same = [d.name for d in differences.values() if not (d.distinct or d.obstacle)]
    open_ = [f"{d.name} ({d.obstacle})" for d in differences.values() if d.obstacle]
    if not (changed or same):
        words = f"From {a} to {b} no parameter could be compared"
        return f"{words}: {', '.join(open_)}." if open_ else f"{words}."
    if changed:
        words = f"From {a} to {b}: {'; '.join(changed)}."
        words += f" Not shown to change: {', '.join(same)}." if same else ""
    elif open_:
        words = f"From {a} to {b} none of the parameters that could be compared is shown to change: {', '.join(same)}."
    else:
        words = f"From {a} to {b} no parameter is shown to change."
    return words + (f" Could not be compared: {', '.join(open_)}." if open_ else "")


def _in_words(d: Difference) -> str:
    if d.ratio is not None and d.ratio_interval is not None:
        return "{} is {} times as large (95 %: {} to {})".format(d.name, *ratio_texts(d.ratio, d.ratio_interval))
    low, high = d.difference_interval
    return f"{d.name} changes by {d.difference:+.3g} (95 %: {low:+.3g} to {high:+.3g})"


def _notes(series: SeriesResult, differences: dict[str, Difference], a: float | str, b: float | str) -> tuple[str, ...]:
    compared = [d for d in differences.values() if not d.obstacle]
    if not compared:
        return ()
    verb = "parameter is" if len(compared) == 1 else "parameters are"
    notes = [f"{len(compared)} {verb} compared at 95 % each: about one in 20 would seem to differ without cause."]
    by_pairs = {n: [d.name for d in compared if d.pairs == n] for n in {d.pairs for d in compared}}
    for pairs, names in sorted(by_pairs.items(), reverse=True):
        who = "" if len(by_pairs) == 1 else f"{', '.join(names)}: "
        how = _how(series, pairs, a, b)
        notes.append((who + how) if who else how[0].upper() + how[1:])
    between = by_pairs.get(0, [])
    if between and all(series.trends[name].spread is None for name in between):
        notes.append(
            "Without repeats the spread from cell to cell is unknown: the difference may be between two cells."
        )
    return tuple(notes)


def _how(series: SeriesResult, pairs: int, a: float | str, b: float | str) -> str:
    if pairs == 1:
        return (
            "compared within the one cell that was measured under both conditions; the errors are those of its fits "
            "alone, and nothing is known of other cells."
        )
    if pairs:
        return f"compared within the {pairs} cells that were measured under both conditions."
    return f"the means of all cells under either condition are compared: {_why_between(series, a, b)}."


def _why_between(series: SeriesResult, a: float | str, b: float | str) -> str:
    under = [
        {cell for cell, c in zip(series.cells, series.conditions, strict=True) if c == condition}
        for condition in (a, b)
    ]
    both = len(under[0] & under[1])
    if both > 1:
        return "only in some cells that were measured under both conditions are both values determined"
    return "only one cell was measured under both conditions" if both else "no cell was measured under both conditions"
