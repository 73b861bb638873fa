"""The panel of residuals over frequency; what lies beyond its frame is marked at the edge and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.report.canvas import MUTED
from sscell.report.palette import SAMPLE_COLOURS
from sscell.report.spectrum_panels import frequency_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REAL, IMAGINARY = SAMPLE_COLOURS[0], SAMPLE_COLOURS[1]


def draw_residuals(
    ax: Axes, frequency_Hz: np.ndarray, residuals: np.ndarray, good: np.ndarray, limit: np.ndarray | None = None
) -> None:
    """Real and imaginary residuals in percent of |Z|, zero in the middle; limit: the largest that passes.

    Values beyond the frame are arrows at its edge, and the panel says how many points have one.
    """
    edge = 1.25 * 100 * _largest(residuals, good, limit)
    for values, colour, marker in ((residuals.real, REAL, "o"), (residuals.imag, IMAGINARY, "s")):
        percent = 100 * values
        inside = np.abs(percent) <= edge
        for chosen, shape, size in ((good, marker, 3.0), (~good, "x", 4.5)):
            use = chosen & inside
            ax.plot(frequency_Hz[use], percent[use], color=colour, marker=shape, markersize=size, linestyle="")
        for sign, arrow in ((1, "^"), (-1, "v")):
            use = sign * percent > edge
            if use.any():  # a line that holds nothing and is not clipped would count as reaching to the paper's corner
                ax.plot(
                    frequency_Hz[use], np.full(int(use.sum()), sign * edge), color=colour, marker=arrow, markersize=5,
                    linestyle="", markeredgecolor="white", markeredgewidth=0.4, clip_on=False, zorder=5,
                )  # fmt: skip
    if limit is not None:
        order = np.argsort(frequency_Hz)
        for sign in (1, -1):
            ax.plot(frequency_Hz[order], sign * 100 * limit[order], color=MUTED, linestyle="--", linewidth=1)
    _count_beyond(ax, int((100 * np.maximum(np.abs(residuals.real), np.abs(residuals.imag)) > edge).sum()))
    ax.axhline(0, color="#9aa5b1", linewidth=0.8, zorder=0)
    ax.set_ylim(-edge, edge)
    frequency_axis(ax, frequency_Hz)
    ax.set_ylabel("Residual / % of |Z|")


def residual_handles(limit: bool) -> list[Any]:
    """Legend entries of `draw_residuals`."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=REAL, marker="o", linestyle="", markersize=3, label="residual, real"),
        Line2D([], [], color=IMAGINARY, marker="s", linestyle="", markersize=3, label="residual, imaginary"),
    ]
    if limit:
        handles.append(Line2D([], [], color=MUTED, linestyle="--", linewidth=1, label="threshold"))
    return handles


def _count_beyond(ax: Axes, count: int) -> None:
    """'3 points beyond' in a corner; nothing where all are in view."""
    from matplotlib.patheffects import withStroke

    if count:
        ax.text(
            0.02, 0.03, f"{count} point{'s' if count > 1 else ''} beyond (arrows)", transform=ax.transAxes,
            fontsize=7.5, color=MUTED, zorder=6, path_effects=[withStroke(linewidth=2.4, foreground="white")],
        )  # fmt: skip


def _largest(residuals: np.ndarray, good: np.ndarray, limit: np.ndarray | None) -> float:
    """Largest part among good points; a few bad ones far out may leave the frame, not squeeze the others."""
    parts = np.abs(np.concatenate([residuals.real, residuals.imag]))
    own = parts[np.concatenate([good, good])]
    inside = float(own.max()) if own.size else 0.0
    shown = max(min(float(parts.max()), max(5 * inside, float(np.median(parts)))), 1e-8)
    return shown if limit is None else max(shown, float(np.median(limit)))
