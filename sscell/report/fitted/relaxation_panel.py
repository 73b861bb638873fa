"""The panel of a distribution of relaxation times with its peaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sscell.relaxation import DistributionOfRelaxationTimes
from sscell.report.canvas import INK, MUTED
from sscell.report.fitted.rounding import short
from sscell.report.palette import SAMPLE_COLOURS
from sscell.report.spectrum_panels import few_digits, prefixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOUR = SAMPLE_COLOURS[0]
TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def draw_relaxation(ax: Axes, found: DistributionOfRelaxationTimes, scale: float, unit: str) -> None:
    """γ over τ with its 95 % interval; scale: from ohm to `unit`."""
    highest = _highest_in_view(found)
    factor, shown = prefixed(highest * scale, unit)
    s = scale / factor
    ax.fill_between(found.tau_s, s * found.lower_ohm, s * found.upper_ohm, color=COLOUR, alpha=0.18, linewidth=0)
    ax.plot(found.tau_s, s * found.gamma_ohm, color=COLOUR)
    ax.set_ylim(-0.02 * s * highest, 1.32 * s * highest)
    named: list[float] = []
    for peak in sorted(found.peaks, key=lambda p: -p.height_ohm):
        at = s * peak.height_ohm
        ax.plot(
            [peak.tau_s], [at], marker="v", color=INK, markersize=5, linestyle="",
            markerfacecolor="white" if peak.extrapolated else INK,
        )  # fmt: skip
        if all(abs(np.log10(peak.tau_s / other)) > 1.1 for other in named):
            named.append(peak.tau_s)
            words = f"{time_words(peak.tau_s)}\n{short(scale * peak.resistance_ohm, 3)} {unit}"
            ax.annotate(
                words, (peak.tau_s, at), xytext=(0, 5), textcoords="offset points", ha="center", va="bottom",
                fontsize=7.5, color=MUTED,
            )  # fmt: skip
    _time_axis(ax, found)
    ax.set(ylabel=f"γ / {shown}", title="Relaxation times")


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


def _time_axis(ax: Axes, found: DistributionOfRelaxationTimes) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    ax.set_xscale("log")
    ax.set_xlim(found.tau_s.min(), found.tau_s.max())
    low, high = np.log10(found.tau_s.min()), np.log10(found.tau_s.max())
    decades = np.arange(np.ceil(low), np.floor(high) + 1)
    ax.set_xticks(10.0 ** decades[:: max(1, int(np.ceil(decades.size / 6)))])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: time_words(value)))
    ax.tick_params(axis="x", labelsize=8)
    ax.set_xlabel("τ")
