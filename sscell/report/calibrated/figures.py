"""The figures of a calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sscell.report.calibrated.tables import datum_lines
from sscell.report.canvas import INK, MUTED, ReportFigure, cycle_axis, legend_below, panels, svg_image
from sscell.report.palette import sample_handles, sample_styles
from sscell.study.calibrate.profile import RISE_95
from sscell.study.calibrate.result import Beside, Calibration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAND, POINT = 0.18, "#b42318"
ROW_IN = 0.2
BINS = 40
# From so wide a range on a parameter is drawn on a logarithmic axis.
WIDE = 10


def drawn_figures(calibration: Calibration) -> list[ReportFigure]:
    """Those for which there is something to draw, in reading order."""
    parts = (_parameters, _residuals, _cycles, _spectra, _curves, _profiles, _posterior)
    return [figure for part in parts for figure in part(calibration)]


def _parameters(calibration: Calibration) -> list[ReportFigure]:
    rows = calibration.known

    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        place = np.arange(len(rows))[::-1]
        ax.axvspan(-1, 1, color="#e6e9ee", zorder=0)
        ax.axvline(0, color=MUTED, linewidth=0.8)
        for y, row, u in zip(place, rows, calibration.u, strict=False):
            ax.plot([u - 1.96 * row.error, u + 1.96 * row.error], [y, y], color="#0072b2", linewidth=3, alpha=0.6)
            ax.plot([u], [y], "o", color=INK, markersize=4)
        ax.set_yticks(place, [row.name.removeprefix("design.") for row in rows])
        ax.set_xlabel("Standard deviations of the prior from its centre")

    caption = (
        "Each free parameter (point) with its 95 % interval (bar), in units of its prior; the grey band is one "
        "standard deviation of the prior to either side."
    )
    image = svg_image(draw, 0.9 + 0.26 * len(rows))
    return [ReportFigure("parameters-figure", "Parameters against their priors", caption, image, caption)]


def _residuals(calibration: Calibration) -> list[ReportFigure]:
    lines = datum_lines(calibration)

    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        place = np.arange(len(lines))[::-1]
        ax.axvspan(-2, 2, color="#e6e9ee", zorder=0)
        ax.axvline(0, color=MUTED, linewidth=0.8)
        off = np.array([line.off for line in lines])
        ax.barh(place, off, height=0.6, color=np.where(np.abs(off) > 2, POINT, "#0072b2").tolist(), alpha=0.7)
        ax.hlines(place, [line.off_low for line in lines], [line.off_high for line in lines], color=INK, linewidth=0.9)
        ax.set_yticks(place, [line.datum for line in lines], fontsize=7)
        ax.set_ylim(-1, len(lines))
        ax.set_xlabel("Calibrated minus measured / standard deviations (bounds: what lies beyond)")

    caption = (
        "What is left between the calibrated model and each datum (bar), over the 95 % band of the posterior (line). "
        "Grey: two standard deviations."
    )
    image = svg_image(draw, 0.9 + ROW_IN * len(lines))
    return [ReportFigure("residuals", "Residuals", caption, image, caption)]


def _cycles(calibration: Calibration) -> list[ReportFigure]:
    found = [band for band in calibration.bands if band.discharge_mAh_per_g[1].size > 1]
    runs = list(dict.fromkeys(band.run for band in found))
    if not runs:
        return []
    styles = sample_styles(list(calibration.study.samples))

    def draw(figure: Figure) -> None:
        axes = panels(figure, 2 * len(runs), 2)
        for k, run in enumerate(runs):
            for band in (band for band in found if band.run == run):
                style = styles[band.sample]
                for ax, (low, middle, high) in zip(
                    axes[2 * k : 2 * k + 2], (band.discharge_mAh_per_g, band.efficiency_percent), strict=True
                ):
                    cycles = np.arange(1, middle.size + 1)
                    ax.fill_between(cycles, low, high, color=style.colour, alpha=BAND, linewidth=0)
                    ax.plot(cycles, middle, color=style.colour, linestyle=style.line, linewidth=1.1)
            axes[2 * k].set_title(run)
            axes[2 * k].set_ylabel("Discharge capacity / mAh g$^{-1}$")
            axes[2 * k + 1].set_ylabel("Coulomb efficiency / %")
            for ax in axes[2 * k : 2 * k + 2]:
                cycle_axis(ax)
        legend_below(figure, sample_handles(styles, [band.sample for band in found]))

    caption = (
        "Median and 95 % band over draws of the posterior; what varies from cell to cell is included where data speak "
        "of a cell."
    )
    image = svg_image(draw, 0.5 + 3.0 * len(runs))
    return [ReportFigure("cycles", "Cycling", caption, image, caption)]


def _spectra(calibration: Calibration) -> list[ReportFigure]:
    rows = [row for row in calibration.beside if row.datum.spectrum is not None]
    if not rows:
        return []

    def draw(figure: Figure) -> None:
        for row, pair in zip(rows, figure.subplots(len(rows), 2, squeeze=False), strict=True):
            _draw_spectrum(row, *pair)

    caption = (
        "Points: measured. Line: calibrated, with the 95 % band of the posterior. Left: the complex plane. Right: "
        "residuals over |Z|."
    )
    image = svg_image(draw, 0.4 + 3.2 * len(rows))
    return [ReportFigure("spectra", "Spectra", caption, image, caption)]


def _draw_spectrum(row: Beside, nyquist: Axes, residual: Axes) -> None:
    assert row.datum.judge is not None and row.datum.spectrum is not None
    n = row.values.size // 2
    target = row.datum.judge.target / np.diag(row.datum.judge.matrix)
    z, measured = row.values[:n] + 1j * row.values[n:], target[:n] + 1j * target[n:]
    nyquist.plot(measured.real, -measured.imag, "o", color=POINT, markersize=3, markerfacecolor="none")
    nyquist.plot(z.real, -z.imag, color=INK, linewidth=1.2)
    nyquist.fill_between(z.real, -row.low[n:], -row.high[n:], color="#0072b2", alpha=BAND, linewidth=0)
    nyquist.set_aspect("equal", adjustable="datalim")
    nyquist.set_xlabel("Re Z / Ω")
    nyquist.set_ylabel("−Im Z / Ω")
    nyquist.set_title(row.datum.name)
    off = 100 * (z - measured) / np.abs(measured)
    frequency = np.array(row.datum.spectrum.frequency_Hz)
    residual.semilogx(frequency, off.real, ".", color="#0072b2", label="real part")
    residual.semilogx(frequency, off.imag, ".", color="#d55e00", label="imaginary part")
    residual.axhline(0, color=MUTED, linewidth=0.8)
    residual.set_xlabel("Frequency / Hz")
    residual.set_ylabel("Calibrated − measured / % of |Z|")
    residual.legend()


def _curves(calibration: Calibration) -> list[ReportFigure]:
    rows = [row for row in calibration.beside if row.datum.name.partition(" ")[2].startswith("curve of ")]
    if not rows:
        return []

    def draw(figure: Figure) -> None:
        for ax, row in zip(panels(figure, len(rows), 2), rows, strict=True):
            assert row.datum.judge is not None
            target = row.datum.judge.target / np.diag(row.datum.judge.matrix)
            share = (np.arange(target.size - 1) + 0.5) / (target.size - 1)
            ax.plot(share * target[-1], target[:-1], "o", color=POINT, markersize=3, markerfacecolor="none")
            ax.plot(share * row.values[-1], row.values[:-1], color=INK)
            ax.fill_between(
                share * row.values[-1], row.low[:-1], row.high[:-1], color="#0072b2", alpha=BAND, linewidth=0
            )
            ax.set_xlabel("Charge passed / mAh g$^{-1}$")
            ax.set_ylabel("Voltage / V")
            ax.set_title(row.datum.name)

    caption = "Points: measured. Line: calibrated, with the 95 % band of the posterior."
    image = svg_image(draw, 0.4 + 3.0 * -(-len(rows) // 2))
    return [ReportFigure("curves", "Voltage curves", caption, image, caption)]


def _profiles(calibration: Calibration) -> list[ReportFigure]:
    rows = calibration.profiles
    if not rows:
        return []
    scales = calibration.study.parameters

    def draw(figure: Figure) -> None:
        for ax, row in zip(panels(figure, len(rows), 3), rows, strict=True):
            ax.plot(row.value, row.rise, "o-", color=INK)
            ax.axhline(RISE_95, color=POINT, linewidth=0.8, linestyle="--")
            ax.set_title(row.name.removeprefix("design."), fontsize=8)
            ax.set_ylabel("Rise of the cost")
            if scales[row.name].scale == "log" and row.value[-1] > WIDE * row.value[0]:
                ax.set_xscale("log")
            else:
                ax.locator_params(axis="x", nbins=4)

    caption = (
        "The least cost with one parameter held, all others free, above the least of all. Dashed: what a 95 % interval "
        "leaves."
    )
    image = svg_image(draw, 0.4 + 2.4 * -(-len(rows) // 3))
    return [ReportFigure("profiles", "Profile likelihoods", caption, image, caption)]


def _posterior(calibration: Calibration) -> list[ReportFigure]:
    sampled = calibration.posterior
    if sampled is None:
        return []

    def draw(figure: Figure) -> None:
        for k, (ax, row) in enumerate(zip(panels(figure, len(calibration.known), 4), calibration.known, strict=True)):
            draws = sampled.draws[:, k]
            span = np.linspace(draws.min(), draws.max(), BINS)
            ax.hist(draws, bins=span.tolist(), density=True, color="#0072b2", alpha=0.5)
            ax.plot(span, np.exp(-(span**2) / 2) / np.sqrt(2 * np.pi), color=MUTED, linewidth=0.9)
            ax.axvline(calibration.u[k], color=INK, linewidth=0.9)
            ax.set_title(row.name.removeprefix("design.").removeprefix("positive.material."), fontsize=7)
            ax.set_yticks([])

    caption = (
        "Draws by NUTS, in standard deviations of each prior from its centre. Grey: the prior. Line: the best point. "
        f"Of {sampled.weights.size} draws weighed by exact runs {sampled.effective:.0f} count."
    )
    image = svg_image(draw, 0.3 + 1.5 * -(-len(calibration.known) // 4))
    return [ReportFigure("posterior", "Posterior", caption, image, caption)]
