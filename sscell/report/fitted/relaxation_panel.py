"""The panel of a distribution of relaxation times with its peaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sscell.relaxation import DistributionOfRelaxationTimes
from sscell.relaxation.cautions import peaks_are_doubtful
from sscell.report.canvas import INK
from sscell.report.log_axes import log_axis_of_words
from sscell.report.palette import SAMPLE_COLOURS
from sscell.report.placed_names import Name, place_names
from sscell.report.spectrum_panels import few_digits
from sscell.rounding import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOUR, DOUBTFUL = SAMPLE_COLOURS[0], "#8b95a1"
TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def draw_relaxation(ax: Axes, found: DistributionOfRelaxationTimes, per_ohm: float, unit: str) -> None:
    """γ over τ with its 95 % interval; per_ohm: `unit` in an ohm. Grey and dashed where no peak can be relied on."""
    doubtful = peaks_are_doubtful(found.warnings)
    colour, line = (DOUBTFUL, "--") if doubtful or not found.peaks else (COLOUR, "-")
    highest = per_ohm * _highest_in_view(found)
    lower, upper = per_ohm * found.lower_ohm, per_ohm * found.upper_ohm
    ax.fill_between(found.tau_s, lower, upper, color=colour, alpha=0.18, linewidth=0)
    ax.plot(found.tau_s, per_ohm * found.gamma_ohm, color=colour, linestyle=line)
    for peak in found.peaks:
        ink = DOUBTFUL if doubtful else INK
        ax.plot(
            [peak.tau_s], [per_ohm * peak.height_ohm], marker="v", color=ink, markersize=5, linestyle="",
            markerfacecolor="white" if peak.extrapolated or doubtful else ink,
        )  # fmt: skip
    ax.set_ylim(-0.02 * highest, 1.4 * highest)
    log_axis_of_words(ax, found.tau_s.min(), found.tau_s.max(), time_words)
    ax.set(xlabel="τ", ylabel=f"γ / {unit}", title=_title(found, doubtful))


def name_peaks(ax: Axes, found: DistributionOfRelaxationTimes, per_ohm: float, unit: str) -> None:
    """τ and resistance of every peak, highest first; `canvas.settle` the figure first."""
    names = [
        Name(
            f"{time_words(peak.tau_s)}\n{short(per_ohm * peak.resistance_ohm, 3)} {unit}",
            peak.tau_s,
            per_ohm * peak.height_ohm,
            (0.0, 1.0),
        )
        for peak in sorted(found.peaks, key=lambda p: -p.height_ohm)
    ]
    place_names(ax, names, [np.stack([found.tau_s, per_ohm * found.gamma_ohm], axis=1)], every=True)


def _title(found: DistributionOfRelaxationTimes, doubtful: bool) -> str:
    if doubtful:
        return "Relaxation times: not to be relied on"
    return "Relaxation times" if found.peaks else "Relaxation times: no peak stands out"


def _highest_in_view(found: DistributionOfRelaxationTimes) -> float:
    """The highest peak; without one, the largest γ at a measured 1/ω: a rise beyond it is extrapolated."""
    if found.peaks:
        return max(peak.height_ohm for peak in found.peaks)
    omega = 2 * np.pi * found.frequency_Hz
    inside = (found.tau_s >= 1 / omega.max()) & (found.tau_s <= 1 / omega.min())
    return max(float(found.gamma_ohm[inside].max(initial=0.0)), 1e-12)


def time_words(tau_s: float) -> str:
    """'3.2 ms', '12 s'."""
    factor, unit = next(((f, u) for f, u in TIME_UNITS if tau_s >= 0.9995 * f), TIME_UNITS[-1])
    return f"{few_digits(tau_s / factor)} {unit}"
