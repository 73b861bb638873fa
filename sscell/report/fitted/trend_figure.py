"""Each parameter along what was varied: cells as points with the error of their fit, the mean with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.fit.result import FitResult
from sscell.fit.series_result import SeriesResult, Trend
from sscell.report.canvas import INK, MUTED, ReportFigure, legend_below, panels, svg_image
from sscell.report.fitted.units import unit_text
from sscell.report.log_axes import log_ticks
from sscell.report.palette import SAMPLE_COLOURS
from sscell.rounding import power_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEAN, CELL = INK, SAMPLE_COLOURS[0]
# Where the largest value is so many times the smallest, a parameter is shown by its logarithm.
DECADES_WIDE = 8.0
# Errors wider than this (in powers of ten) leave the frame, else nothing but they would be seen.
FURTHEST_DECADES = 1.0
KNOWN_UNITS = frozenset(
    {"C", "K", "V", "mV", "mA", "h", "min", "s", "d", "percent", "MPa", "kPa", "bar", "nm", "um", "mm"}
)


def trend_figures(series: SeriesResult) -> list[ReportFigure]:
    """One figure with a panel a free parameter; none where nothing varies along the series."""
    trends = list(series.trends.values())
    if not trends:
        return []
    columns = min(3, len(trends))
    rows = -(-len(trends) // columns)

    def draw(figure: Figure) -> None:
        for ax, trend in zip(panels(figure, len(trends), columns), trends, strict=True):
            _draw_trend(ax, series, trend)
        legend_below(figure, _handles(series))

    image = svg_image(draw, 0.6 + 2.5 * rows)
    alt = f"{', '.join(t.name for t in trends)} along {series.along}"
    return [ReportFigure("trends", f"Parameters along {words_of(series.along)}", _caption(series), image, alt)]


def places_of(series: SeriesResult) -> dict[float | str, float]:
    """Condition -> place on the axis: numbers where they are, labels one after the other."""
    distinct = list(dict.fromkeys(series.conditions))
    if all(not isinstance(c, str) for c in distinct):
        return {c: float(c) for c in distinct}
    return {c: float(k) for k, c in enumerate(distinct)}


def words_of(key: str) -> str:
    """'anneal_temperature_C' -> 'anneal temperature / °C'."""
    stem, _, last = key.rpartition("_")
    unit = {"C": "°C", "percent": "%", "um": "µm"}.get(last, last)
    return f"{stem.replace('_', ' ')} / {unit}" if stem and last in KNOWN_UNITS else key.replace("_", " ")


def _draw_trend(ax: Axes, series: SeriesResult, trend: Trend) -> None:
    places = places_of(series)
    spacing = min(np.diff(sorted(places.values())), default=1.0)
    for x, fit in _beside(series, places, 0.34 * spacing) if _repeats(series) else ():
        value, error = fit.values[trend.name], fit.standard_errors[trend.name]
        if np.isfinite(error):
            low, high = (min(error, 0.999 * value), error) if trend.relative else (error, error)
            ax.errorbar([x], [value], yerr=[[low], [high]], fmt="o", color=CELL, markersize=3, elinewidth=0.9, zorder=2)
        else:
            ax.plot([x], [value], marker="o", color=CELL, markersize=3.5, markerfacecolor="white", linestyle="")
    at = np.array([places[m.condition] for m in trend.means])
    middle = np.array([m.value for m in trend.means])
    ends = np.array([m.interval for m in trend.means])
    known = _has_interval(series, trend)
    error = np.abs(ends - middle[:, None]).T
    if at.size > 1 and not isinstance(trend.means[0].condition, str):
        ax.plot(at, middle, color=MUTED, linewidth=0.9, zorder=1)
    ax.errorbar(
        at[known], middle[known], yerr=error[:, known], fmt="s", color=MEAN, markersize=4.5, elinewidth=1.4, capsize=4,
        zorder=3,
    )  # fmt: skip
    ax.plot(at[~known], middle[~known], "s", color=MEAN, markersize=4.5, markerfacecolor="white", zorder=3)
    _frame(ax, trend, [f.values[trend.name] for f in series.fits], ends[known])
    _condition_axis(ax, series, places)
    unit = f"{_shortened(ax)} {unit_text(trend.unit)}".strip()
    ax.set_ylabel(f"{trend.name} / {unit}" if unit else trend.name)
    if trend.spread is not None and known.any():
        ax.set_title(f"cell to cell: {spread_text(trend)}", fontsize=8, color=MUTED)


def at_bound(series: SeriesResult, trend: Trend) -> list[bool]:
    """For each condition, whether every fit of it ended at a bound: then its mean has no error that means anything."""
    return [
        not any(
            np.isfinite(fit.standard_errors[trend.name])
            for fit, condition in zip(series.fits, series.conditions, strict=True)
            if condition == mean.condition
        )
        for mean in trend.means
    ]


def _has_interval(series: SeriesResult, trend: Trend) -> np.ndarray:
    """For each condition, whether its mean has an interval that means anything."""
    ends = np.array([mean.interval for mean in trend.means])
    return np.asarray(np.isfinite(ends).all(1) & ~np.array(at_bound(series, trend)))


def spread_text(trend: Trend) -> str:
    """'± 4.1 %' or '± 0.012'; '–' without repeats."""
    if trend.spread is None:
        return "–"
    if trend.spread == 0:
        return "within fit error"
    if trend.relative:
        return f"± {100 * trend.spread:.2g} %"
    return f"± {trend.spread:.2g} {unit_text(trend.unit)}".strip()


def _repeats(series: SeriesResult) -> bool:
    """Whether a condition has several spectra; if not, each mean is its one spectrum."""
    return len(set(series.conditions)) < len(series.conditions)


def _beside(series: SeriesResult, places: dict, width: float) -> list[tuple[float, FitResult]]:
    """Place and fit of every spectrum; those of one condition stand side by side, right of the mean."""
    found, seen, count = [], dict.fromkeys(places, 0), dict.fromkeys(places, 0)
    for condition in series.conditions:
        count[condition] += 1
    for condition, fit in zip(series.conditions, series.fits, strict=True):
        seen[condition] += 1
        found.append((places[condition] + width * (0.25 + 0.75 * seen[condition] / count[condition]), fit))
    return found


def _frame(ax: Axes, trend: Trend, values: list[float], ends: np.ndarray) -> None:
    """A frame around all values and intervals, as far as they are sensible."""
    low, high = min(values), max(values)
    if trend.relative:
        reach = 10**FURTHEST_DECADES
        low = max(min([low, *ends[:, 0]]), low / reach)
        high = min(max([high, *ends[:, 1]]), high * reach)
        if high / low > DECADES_WIDE:
            ax.set_yscale("log")
            room = max(1.25, (high / low) ** 0.06)
            ax.set_ylim(low / room, high * room)
            log_ticks(ax)
            return
    else:
        low, high = min([low, *ends[:, 0]]), max([high, *ends[:, 1]])
    # Where nothing varies, a frame of 5 % about it has short numbers.
    room = max(0.12 * (high - low), 1e-3 * abs(high)) if high > low else 0.05 * abs(high) or 1.0
    ax.set_ylim(low - room, high + room)


def _shortened(ax: Axes) -> str:
    """Short numbers along a linear axis of very small or large values: the power of ten for its label, else ''."""
    from matplotlib.ticker import FuncFormatter

    high = max(np.abs(ax.get_ylim()))
    if ax.get_yscale() == "log" or 1e-2 <= high < 1e5:
        return ""
    exponent = int(np.floor(np.log10(high)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 10.0**exponent:.4g}"))
    return power_text(exponent)


def _condition_axis(ax: Axes, series: SeriesResult, places: dict) -> None:
    at = sorted(places.values())
    room = 0.5 * min(np.diff(at), default=1.0)
    ax.set_xlim(at[0] - room, at[-1] + 1.3 * room)
    if any(isinstance(c, str) for c in places):
        ax.set_xticks(list(places.values()), [str(c) for c in places])
    elif len(at) <= 8:
        ax.set_xticks(at)
    ax.set_xlabel(words_of(series.along))
    ax.tick_params(axis="x", labelsize=8)


def _handles(series: SeriesResult) -> list[Any]:
    from matplotlib.lines import Line2D

    spread = any(t.spread is not None for t in series.trends.values())
    holds = "fits and cell-to-cell spread" if spread else "errors of the fits alone"
    if not _repeats(series):
        return [Line2D([], [], color=MEAN, marker="s", linewidth=1.4, markersize=4.5, label="95 % interval of the fit")]
    return [
        Line2D([], [], color=CELL, marker="o", linewidth=0.9, markersize=3, label="each spectrum ± standard error"),
        Line2D([], [], color=MEAN, marker="s", linewidth=1.4, markersize=4.5, label=f"mean, 95 % interval ({holds})"),
    ]  # fmt: skip


def _caption(series: SeriesResult) -> str:
    cells = len(set(series.cells))
    words = f"{len(series.fits)} spectra of {cells} cell{'s' if cells > 1 else ''}. "
    if _repeats(series):
        words += (
            "Circles: each spectrum with the standard error of its own fit. "
            "Squares: the mean of each condition with its 95 % interval"
        )
    else:
        words += "One spectrum a condition: its value with the 95 % interval"
    if any(t.spread is not None for t in series.trends.values()):
        words += (
            ", which holds the errors of the fits and the spread from cell to cell; the spread stands above each panel."
        )
    else:
        words += "; no condition was repeated on another cell, so the spread from cell to cell is not in it."
    if series.shared:
        words += f" One value for the whole series: {', '.join(series.shared)}."
    if not all(_has_interval(series, trend).all() for trend in series.trends.values()):
        words += " Hollow: at a bound or not determined, so there is no interval."
    return words + " Axes are logarithmic where values span decades; bars that leave a panel are longer than it."
