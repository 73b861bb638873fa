"""Logarithmic axes: ticks that have room for their words, and one notation along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sscell.rounding import SUPERSCRIPTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The room that '100 kHz' needs at 8 points; before the layout panels are given a fifth less than they will have.
WORD_IN = 0.5
# Numbers are written out along an axis whose ticks all lie between these, and as powers of ten along any other.
SMALLEST_PLAIN, LARGEST_PLAIN = 0.01, 10000.0


def log_axis_of_words(ax: Axes, low: float, high: float, words: Callable[[float], str]) -> None:
    """A logarithmic x axis from low to high with a tick at whole decades, named in words, as many as have room."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    ax.set_xscale("log")
    ax.set_xticks(_decades(low, high, _room(ax)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words(value)))
    ax.tick_params(axis="x", labelsize=8)
    ax.set_xlim(low, high)


def log_ticks(ax: Axes) -> None:
    """Ticks at powers of ten; over few decades at multiples of them as well, over a small part of one evenly."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = ax.get_ylim()
    decades = np.log10(high / low)
    if decades < 0.6:
        ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    else:
        subs = (1.0,) if decades > 2 else (1.0, 2.0, 5.0) if decades > 1 else (1.0, 2.0, 3.0, 5.0)
        ax.yaxis.set_major_locator(LogLocator(subs=subs, numticks=8))
    shown = [tick for tick in ax.yaxis.get_major_locator()() if low <= tick <= high]
    plain = not shown or (min(shown) >= 0.999 * SMALLEST_PLAIN and max(shown) <= 1.001 * LARGEST_PLAIN)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if plain else power_words(value)))
    ax.yaxis.set_minor_formatter(NullFormatter())


def power_words(value: float) -> str:
    """'10⁶', '2·10⁻³', '10⁰'."""
    if value <= 0:
        return f"{value:g}"
    mantissa, _, exponent = f"{value:.3e}".partition("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return power if float(mantissa) == 1 else f"{float(mantissa):g}·{power}"


def _room(ax: Axes) -> int:
    """How many words stand beside each other along x."""
    figure = ax.figure
    width_in = ax.get_position(original=True).width * figure.get_figwidth()  # type: ignore[union-attr]
    return max(2, int(width_in / WORD_IN))


def _decades(low: float, high: float, room: int) -> np.ndarray:
    """Powers of ten from low to high, evenly thinned to the room; 1, 2 and 5 times them where there are too few."""
    bottom, top = np.log10(low), np.log10(high)
    whole = np.arange(np.ceil(bottom - 1e-9), np.floor(top + 1e-9) + 1)
    if whole.size >= 2:
        return np.asarray(10.0 ** whole[:: int(np.ceil(whole.size / room))])
    fine = np.concatenate([np.array([1.0, 2.0, 5.0]) * 10.0**d for d in np.arange(np.floor(bottom), np.ceil(top) + 1)])
    inside = fine[(fine >= low * (1 - 1e-9)) & (fine <= high * (1 + 1e-9))]
    return np.asarray(inside[:: max(1, int(np.ceil(inside.size / room)))])
