"""The figure of one fitted spectrum, and all spectra small beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sscell.relaxation import DistributionOfRelaxationTimes
from sscell.report.canvas import WIDTH_IN, ReportFigure, legend_below, panels, settle, svg_image
from sscell.report.fitted.contents import Entry, FitReport
from sscell.report.fitted.relaxation_panel import draw_relaxation, name_peaks
from sscell.report.residual_panel import draw_residuals, residual_handles
from sscell.report.spectrum_panels import (
    Drawn,
    draw_modulus,
    draw_nyquist,
    draw_phase,
    drawn_from_spectrum,
    frequency_words,
    name_decades,
    nyquist_frame,
    nyquist_handles,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# One number of points for all curves, so that each circuit is compiled once for them.
CURVE_POINTS = 240
BEYOND_DECADES = 0.15
MOST_SMALL = 36
# Heights of the row below and of the legend; what axis words take beside a Nyquist plot, and above and below it.
LOWER_IN, LEGEND_IN, BESIDE_IN, MARGIN_IN = 2.65, 0.35, 0.75, 0.75


def drawn_entry(entry: Entry) -> Drawn:
    """Measured points, those that the fit left out as crosses, and the fit as a smooth curve a little beyond."""
    fit, f = entry.best, entry.spectrum.frequency_Hz
    reach = 10**BEYOND_DECADES
    curve_Hz = np.geomspace(f.max() * reach, f.min() / reach, CURVE_POINTS)
    return drawn_from_spectrum(entry.spectrum, fit.used, (curve_Hz, fit.impedance(curve_Hz)))


def spectrum_figure(entry: Entry) -> ReportFigure:
    """Nyquist (its arcs apart where the rest dwarfs them), relaxation times, Bode and residuals of one spectrum."""
    drawn, fit = drawn_entry(entry), entry.best
    closed_Hz = drawn.arcs_end_Hz
    distribution = entry.distribution
    ends_Hz = [0.0] if closed_Hz is None else [0.0, closed_Hz]
    upper = len(ends_Hz) + (distribution is not None)
    top_in = _nyquist_height_in([(drawn, end_Hz) for end_Hz in ends_Hz], WIDTH_IN / upper, least_in=MARGIN_IN + 1.4)

    def draw(figure: Figure) -> None:
        grid = figure.add_gridspec(2, 6, height_ratios=(top_in, LOWER_IN))
        across = 6 // upper
        axes = [figure.add_subplot(grid[0, k * across : (k + 1) * across]) for k in range(upper)]
        for ax, end_Hz in zip(axes, ends_Hz, strict=False):
            draw_nyquist(ax, drawn, end_Hz)
            ax.set_title(f"Nyquist, down to {frequency_words(end_Hz)}" if end_Hz else "Nyquist, whole")
        if closed_Hz is None:
            axes[0].set_title("Nyquist")
        if distribution is not None:
            draw_relaxation(axes[-1], distribution, drawn.per_ohm, drawn.unit)
        lower = [figure.add_subplot(grid[1, 2 * k : 2 * k + 2]) for k in range(3)]
        draw_modulus(lower[0], drawn)
        draw_phase(lower[1], drawn)
        draw_residuals(lower[2], drawn.frequency_Hz, fit.residuals, fit.used)
        for ax, title in zip(lower, ("Modulus", "Phase", "Residuals of the fit"), strict=True):
            ax.set_title(title)
        crosses = not bool(fit.used.all())
        handles = nyquist_handles("not used for the fit" if crosses else "", curve="fit")
        legend_below(figure, [*handles, *residual_handles(limit=False)])
        settle(figure)
        for ax, end_Hz in zip(axes, ends_Hz, strict=False):
            name_decades(ax, drawn, end_Hz)
        if distribution is not None:
            name_peaks(axes[-1], distribution, drawn.per_ohm, drawn.unit)

    image = svg_image(draw, top_in + LOWER_IN + LEGEND_IN)
    alt = f"Nyquist plot, Bode plots, residuals{' and relaxation times' if distribution else ''} of {entry.name}"
    return ReportFigure(entry.key, entry.name, _caption(entry, closed_Hz is not None, distribution), image, alt)


def overview_figure(report: FitReport) -> list[ReportFigure]:
    """Nyquist plots of all spectra with their fits, small; none for a single spectrum."""
    shown = report.entries[:MOST_SMALL]
    if len(report.entries) < 2:
        return []
    columns = min(4 if len(shown) > 6 else 3, len(shown))
    every = [drawn_entry(entry) for entry in shown]
    rows = [
        _nyquist_height_in([(d, d.arcs_end_Hz or 0.0) for d in every[k : k + columns]], WIDTH_IN / columns)
        for k in range(0, len(every), columns)
    ]

    def draw(figure: Figure) -> None:
        grid = panels(figure, len(shown), columns, height_ratios=rows)
        for ax, entry, drawn in zip(grid, shown, every, strict=True):
            draw_nyquist(ax, drawn, drawn.arcs_end_Hz or 0.0, small=True)
            ax.set_title(_wrapped(entry.name, 34 if columns == 4 else 46), fontsize=8)
            ax.tick_params(labelsize=7)
            ax.xaxis.label.set_fontsize(7.5)
            ax.yaxis.label.set_fontsize(7.5)
        crosses = any(not e.best.used.all() for e in shown)
        legend_below(figure, nyquist_handles("not used for the fit" if crosses else "", curve="fit"))
        settle(figure)

    left_out = len(report.entries) - len(shown)
    caption = (
        "Nyquist plot of every spectrum with its fit; each panel has its own equal axes, and shows the arcs alone "
        "where the low-frequency rise would dwarf them."
        + (f" The last {left_out} spectra are left out here; fits.csv has them." if left_out else "")
    )
    image = svg_image(draw, LEGEND_IN + sum(rows))
    alt = f"Small Nyquist plots of {len(shown)} spectra with their fits"
    return [ReportFigure("overview", "All spectra", caption, image, alt)]


def _nyquist_height_in(shown: Sequence[tuple[Drawn, float]], width_in: float, least_in: float = 0.0) -> float:
    """The height of a row in which the highest of Nyquist plots, each down to a frequency, fills its width."""
    frames = [nyquist_frame(drawn, end_Hz) for drawn, end_Hz in shown]
    highest = max((y1 - y0) / (x1 - x0) for x0, x1, y0, y1 in frames)
    return max(MARGIN_IN + highest * (width_in - BESIDE_IN), least_in)


def _caption(entry: Entry, apart: bool, distribution: DistributionOfRelaxationTimes | None) -> str:
    fit, f = entry.best, entry.spectrum.frequency_Hz
    used = f[fit.used]
    words = (
        f"{fit.circuit} fitted to {fit.points} of {len(entry.spectrum)} points, {frequency_words(used.min())} to "
        f"{frequency_words(used.max())}; equal axes in the Nyquist plot, filled marks at whole decades. Residuals: "
        "measured less fit, over |Z|."
    )
    if distribution is not None:
        words += (
            " Relaxation times: γ per natural logarithm of τ from the same points, its 95 % interval shaded; each peak "
            "with its τ and resistance, hollow where its top lies outside the measured range. Grey and dashed: no peak "
            "can be relied on."
        )
    return words


def _wrapped(name: str, width: int) -> str:
    """A long file name shortened in the middle, so that its number stays in view."""
    return name if len(name) <= width else f"{name[: width - 14]}…{name[-13:]}"
