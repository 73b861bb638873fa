"""Nyquist plots: fresh beside aged, the arcs above the whole, decades of frequency marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sscell.records import Spectrum
from sscell.report.canvas import WIDTH_IN, ReportFigure, legend_above, legend_below, svg_image
from sscell.report.palette import measured_style, sample_handles, sample_styles
from sscell.report.runs import RunView, run_views
from sscell.report.spectra import (
    Curve,
    Window,
    cut,
    decades,
    filled,
    interpolated,
    spectrum_labels,
    state_words,
    window,
)
from sscell.study.arc import LOWEST_HZ
from sscell.study.result import MeasuredRecord, StudyResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DECADE_MARKS = {6: ("D", "1 MHz"), 3: ("s", "1 kHz"), 0: ("o", "1 Hz"), -3: ("^", "1 mHz")}


class Panel(NamedTuple):
    """One panel: the curves of a state down to a frequency, in a frame."""

    title: str
    curves: list[Curve]
    lowest_Hz: float
    frame: Window


class Column(NamedTuple):
    """The spectra of one state: its name, and its cycle and voltage in words."""

    label: str
    state: str
    curves: list[Curve]


def nyquists(study: StudyResult) -> list[ReportFigure]:
    """A figure a run with spectra; measured spectra are laid over the first."""
    measured = [r for r in study.measured if r.spectra]
    figures: list[ReportFigure] = []
    for view in run_views(study):
        columns = _columns(study, view)
        if columns:
            figures.append(_figure(study, columns, measured if not figures else [], view))
    if measured and not figures:
        figures.append(_figure(study, [Column("measured", "", [])], measured, None))
    return figures


def _columns(study: StudyResult, view: RunView) -> list[Column]:
    styles = sample_styles(list(study.scenario.samples))
    columns = []
    for label in spectrum_labels(view):
        found = [(job, s) for job in view.jobs for s in job.spectra if s.label == label]
        curves = [
            Curve(
                s.budget.frequency_Hz,
                s.budget.spectrum.impedance_ohm_cm2,
                {"color": styles[job.sample].colour, "linestyle": styles[job.sample].line},
                True,
            )
            for job, s in found
        ]
        columns.append(Column(label, state_words([s for _, s in found]), curves))
    return columns


def _figure(
    study: StudyResult, columns: list[Column], measured: list[MeasuredRecord], view: RunView | None
) -> ReportFigure:
    overlays = [
        Curve(s.frequency_Hz, s.impedance_ohm_cm2, measured_style(k), False)
        for k, record in enumerate(measured)
        for s in record.spectra
    ]
    columns = [Column(c.label, c.state, [*overlays, *c.curves]) for c in columns]
    rows = _rows(columns)
    shown = _panels(columns, rows)
    across = min(2, len(shown))
    width = WIDTH_IN / 2 - 0.9
    heights = [_height(shown[k : k + across], width) for k in range(0, len(shown), across)]

    def draw(figure: Figure) -> None:
        grid = figure.subplots(len(heights), across, squeeze=False, height_ratios=heights)
        for k, panel in enumerate(shown):
            _draw_panel(grid.flat[k], panel, heights[k // across] / width)
        styles = sample_styles(list(study.scenario.samples))
        handles = sample_handles(styles, view.samples if view is not None else [])
        legend_below(figure, [*handles, *_measured_handles(measured)])
        legend_above(figure, _decade_handles(columns))

    name = f" ({view.name})" if view is not None else ""
    key = f"nyquist-{view.name}" if view is not None else "nyquist"
    samples = f" of {', '.join(view.samples)}" if view is not None else ""
    alt = f"Nyquist plot{name}{samples}: " + "; ".join(f"{c.label} {c.state}" for c in columns)
    image = svg_image(draw, 0.8 + sum(h + 0.88 for h in heights), WIDTH_IN * (1 + across) / 3)
    return ReportFigure(key, f"Impedance{name}", _caption(study, view, measured, rows), image, alt)


def _rows(columns: Sequence[Column]) -> list[tuple[str, float]]:
    """(name, lowest frequency) of each row: arcs and whole, or the whole alone where nothing lies below the arcs."""
    lowest = min(float(c.frequency_Hz.min()) for column in columns for c in column.curves)
    highest = max(float(c.frequency_Hz.max()) for column in columns for c in column.curves)
    if lowest < LOWEST_HZ * 0.99 and highest > LOWEST_HZ:
        return [(f"arcs, to {LOWEST_HZ:g} Hz", LOWEST_HZ), (f"whole, to {lowest:.2g} Hz", 0.0)]
    return [("", 0.0)]


def _panels(columns: Sequence[Column], rows: Sequence[tuple[str, float]]) -> list[Panel]:
    """Row by row; the first row shares its frame, so that states can be compared."""
    shared = window([c for column in columns for c in column.curves], rows[0][1])
    return [
        Panel(
            f"{column.label}: " + ", ".join(filter(None, [column.state if row == 0 else "", name])),
            column.curves,
            lowest,
            shared if row == 0 else window(column.curves, lowest),
        )
        for row, (name, lowest) in enumerate(rows)
        for column in columns
    ]


def _height(shown: Sequence[Panel], width: float) -> float:
    """Height in inches of panels side by side, for equal axes, by the steepest frame."""
    steepest = max((y1 - y0) / (x1 - x0) for x0, x1, y0, y1 in (panel.frame for panel in shown))
    return float(np.clip(width * steepest, 1.2, 3.6))


def _draw_panel(ax: Axes, panel: Panel, ratio: float) -> None:
    for curve in panel.curves:
        _, z = cut(curve, panel.lowest_Hz)
        ax.plot(z.real, -z.imag, **curve.style)
        if curve.simulated:
            _mark_decades(ax, curve, panel.lowest_Hz)
    frame = filled(panel.frame, ratio)
    ax.set_title(panel.title.removesuffix(": "))
    ax.axhline(0, color="#9aa5b1", linewidth=0.8, zorder=0)
    ax.set_xlim(frame[:2])
    ax.set_ylim(frame[2:])
    ax.set_aspect("equal", adjustable="box", anchor="NW")
    ax.set(xlabel="Re Z / Ω cm²", ylabel="−Im Z / Ω cm²")


def _mark_decades(ax: Axes, curve: Curve, lowest_Hz: float) -> None:
    """A small mark at each power of ten, a shape of its own at 1 MHz, 1 kHz, 1 Hz, 1 mHz."""
    f, z = cut(curve, lowest_Hz)
    for decade in decades(curve):
        if 10.0**decade < lowest_Hz * 0.99:
            continue
        named, colour, at = decade in DECADE_MARKS, curve.style["color"], interpolated(f, z, 10.0**decade)
        ax.plot(
            [at.real],
            [-at.imag],
            marker=DECADE_MARKS[decade][0] if named else ".",
            color=colour,
            markersize=5 if named else 4,
            markerfacecolor="white" if named else colour,
            markeredgewidth=1.1,
        )


def _decade_handles(columns: Sequence[Column]) -> list[Any]:
    from matplotlib.lines import Line2D

    shown = {d for column in columns for c in column.curves if c.simulated for d in decades(c)}
    style: dict[str, Any] = {"color": "#52606d", "linestyle": "", "markeredgewidth": 1.1}
    handles = [
        Line2D([], [], marker=marker, markersize=5, markerfacecolor="white", label=words, **style)
        for decade, (marker, words) in DECADE_MARKS.items()
        if decade in shown
    ]
    if shown - set(DECADE_MARKS):
        handles.append(Line2D([], [], marker=".", markersize=4, label="other decades", **style))
    return handles


def _measured_handles(measured: Sequence[MeasuredRecord]) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], label=f"{record.label} (measured)", **measured_style(k)) for k, record in enumerate(measured)
    ]


def _caption(
    study: StudyResult, view: RunView | None, measured: Sequence[MeasuredRecord], rows: Sequence[tuple[str, float]]
) -> str:
    words = "Nyquist plot per pellet area, equal axes. "
    if view is not None:
        words += (
            f"Simulated: the cycling model itself, linearised at open circuit after {study.scenario.eis.rest_h:g} h of "
            f"rest, {view.cell}, {view.temperature_C:g} °C. "
        )
    if view is not None and len(spectrum_labels(view)) > 1:
        words += "The states differ in lithium content too, not only in age: the voltages say how far. "
        if len(rows) > 1:
            words += "Upper panels share their axes; the lower ones have their own, set by the rise of diffusion. "
    for record in measured:
        words += f"Measured: {record.label}, {_sweeps(record.spectra)}, as recorded. "
    if measured and view is not None:
        words += "Measured points outside the simulated range are cut off. "
    return words.strip()


def _sweeps(spectra: Sequence[Spectrum]) -> str:
    return "1 sweep" if len(spectra) == 1 else f"{len(spectra)} sweeps"
