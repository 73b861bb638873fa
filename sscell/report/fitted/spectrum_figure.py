"""The figure of one fitted spectrum, and all spectra small beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sscell.relaxation import DistributionOfRelaxationTimes
from sscell.report.canvas import ReportFigure, legend_below, panels, svg_image
from sscell.report.fitted.contents import Entry, FitReport
from sscell.report.fitted.relaxation_panel import draw_relaxation
from sscell.report.spectrum_panels import (
    Drawn,
    arcs_end_Hz,
    draw_modulus,
    draw_nyquist,
    draw_phase,
    draw_residuals,
    drawn_from_spectrum,
    frequency_words,
    nyquist_handles,
    residual_handles,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# One number of points for all curves, so that each circuit is compiled once for them.
CURVE_POINTS = 240
BEYOND_DECADES = 0.15
MOST_SMALL = 36


def drawn_entry(entry: Entry) -> Drawn:
    """Measured points, those that the fit left out as crosses, and the fit as a smooth curve a little beyond."""
    fit, f = entry.best, entry.spectrum.frequency_Hz
    reach = 10**BEYOND_DECADES
    curve_Hz = np.geomspace(f.max() * reach, f.min() / reach, CURVE_POINTS)
    return drawn_from_spectrum(entry.spectrum, fit.used, (curve_Hz, fit.impedance(curve_Hz)))


def spectrum_figure(entry: Entry) -> ReportFigure:
    """Nyquist (its arcs apart where the rest dwarfs them), relaxation times, Bode and residuals of one spectrum."""
    drawn, fit = drawn_entry(entry), entry.best
    closed_Hz = arcs_end_Hz(drawn.frequency_Hz, drawn.z)
    distribution = entry.distribution

    def draw(figure: Figure) -> None:
        upper = 1 + (closed_Hz is not None) + (distribution is not None)
        grid = figure.add_gridspec(2, 6, height_ratios=(1.25, 1))
        across = 6 // upper
        axes = [figure.add_subplot(grid[0, k * across : (k + 1) * across]) for k in range(upper)]
        draw_nyquist(axes[0], drawn)
        axes[0].set_title("Nyquist" if closed_Hz is None else "Nyquist, whole")
        if closed_Hz is not None:
            draw_nyquist(axes[1], drawn, closed_Hz)
            axes[1].set_title(f"Nyquist, down to {frequency_words(closed_Hz)}")
        if distribution is not None:
            draw_relaxation(axes[-1], distribution, _scale(entry), drawn.unit)
        lower = [figure.add_subplot(grid[1, 2 * k : 2 * k + 2]) for k in range(3)]
        draw_modulus(lower[0], drawn)
        draw_phase(lower[1], drawn)
        draw_residuals(lower[2], drawn.frequency_Hz, fit.residuals, fit.used)
        for ax, title in zip(lower, ("Modulus", "Phase", "Residuals of the fit"), strict=True):
            ax.set_title(title)
        crosses = not bool(fit.used.all())
        handles = nyquist_handles("not used for the fit" if crosses else "", curve="fit")
        legend_below(figure, [*handles, *residual_handles(limit=False)])

    image = svg_image(draw, 6.4)
    alt = f"Nyquist plot, Bode plots, residuals{' and relaxation times' if distribution else ''} of {entry.name}"
    return ReportFigure(entry.key, entry.name, _caption(entry, closed_Hz is not None, distribution), image, alt)


def overview_figure(report: FitReport) -> list[ReportFigure]:
    """Nyquist plots of all spectra with their fits, small; none for a single spectrum."""
    shown = report.entries[:MOST_SMALL]
    if len(report.entries) < 2:
        return []
    columns = min(4 if len(shown) > 6 else 3, len(shown))
    rows = -(-len(shown) // columns)

    def draw(figure: Figure) -> None:
        for ax, entry in zip(panels(figure, len(shown), columns), shown, strict=True):
            drawn = drawn_entry(entry)
            draw_nyquist(ax, drawn, arcs_end_Hz(drawn.frequency_Hz, drawn.z) or 0.0, small=True)
            ax.set_title(_wrapped(entry.name, 34 if columns == 4 else 46), fontsize=8)
            ax.tick_params(labelsize=7)
            ax.xaxis.label.set_fontsize(7.5)
            ax.yaxis.label.set_fontsize(7.5)
        crosses = any(not e.best.used.all() for e in shown)
        legend_below(figure, nyquist_handles("not used for the fit" if crosses else "", curve="fit"))

    left_out = len(report.entries) - len(shown)
    caption = (
        "Nyquist plot of every spectrum with its fit; each panel has its own equal axes, and shows the arcs alone "
        "where the low-frequency rise would dwarf them."
        + (f" The last {left_out} spectra are left out here; fits.csv has them." if left_out else "")
    )
    image = svg_image(draw, 0.5 + 2.15 * rows)
    alt = f"Small Nyquist plots of {len(shown)} spectra with their fits"
    return [ReportFigure("overview", "All spectra", caption, image, alt)]


def _scale(entry: Entry) -> float:
    return entry.spectrum.area_m2 * 1e4 if entry.spectrum.area_m2 is not None else 1.0


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
            "with its τ and resistance, hollow where its top lies outside the measured range."
        )
    return words


def _wrapped(name: str, width: int) -> str:
    """A long file name shortened in the middle, so that its number stays in view."""
    return name if len(name) <= width else f"{name[: width - 14]}…{name[-13:]}"
