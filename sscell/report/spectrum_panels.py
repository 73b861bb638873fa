"""Panels of a measured spectrum: Nyquist with equal axes and −Im up, Bode modulus and phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.records import Spectrum
from sscell.report.canvas import INK
from sscell.report.log_axes import log_axis_of_words, log_ticks
from sscell.report.palette import SAMPLE_COLOURS
from sscell.report.placed_names import Name, place_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURED, FIT, LEFT_OUT = "#111111", SAMPLE_COLOURS[1], "#b42318"
# The arcs get a frame of their own where the whole spectrum is so many times larger.
DWARFED = 8.0
ARC_PHASE_DEG = 5.0
# Height over width of a Nyquist panel.
FLATTEST, TALLEST = 0.36, 0.75


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """A spectrum to draw: impedance in `unit`, points that are good, and a curve (frequency, impedance) laid over.

    per_ohm: `unit` in an ohm; arcs_end_Hz: where its arcs end if the rest dwarfs them, else None.
    """

    frequency_Hz: np.ndarray
    z: np.ndarray
    unit: str
    per_ohm: float
    good: np.ndarray
    curve: tuple[np.ndarray, np.ndarray] | None = None
    arcs_end_Hz: float | None = None


def drawn_from_spectrum(
    spectrum: Spectrum, good: np.ndarray | None = None, curve: tuple[np.ndarray, np.ndarray] | None = None
) -> Drawn:
    """In Ω cm² where the area is known, else in Ω, with one prefix for all panels; curve: impedance in ohm."""
    areal = spectrum.area_m2 * 1e4 if spectrum.area_m2 is not None else 1.0
    frequency_Hz, z = spectrum.frequency_Hz, areal * spectrum.impedance_ohm
    closed_Hz = arcs_end_Hz(frequency_Hz, z)
    # Between the arcs and the whole, so that neither has many zeros.
    size = np.sqrt(np.abs(z[frequency_Hz >= (closed_Hz or 0.0)]).max() * np.abs(z).max())
    factor, unit = prefixed(float(size), "Ω cm²" if spectrum.area_m2 is not None else "Ω")
    return Drawn(
        frequency_Hz=frequency_Hz,
        z=z / factor,
        unit=unit,
        per_ohm=areal / factor,
        good=np.ones(len(spectrum), dtype=bool) if good is None else good,
        curve=(curve[0], curve[1] * (areal / factor)) if curve is not None else None,
        arcs_end_Hz=closed_Hz,
    )


def draw_nyquist(ax: Axes, drawn: Drawn, lowest_Hz: float = 0.0, *, small: bool = False) -> None:
    """Measured points (crosses: not good), the curve, and marks at whole decades; down to a frequency.

    One unit is as long along x as along y, and the box takes the shape of the data.
    """
    if drawn.curve is not None:
        use = drawn.curve[0] >= lowest_Hz
        ax.plot(drawn.curve[1].real[use], -drawn.curve[1].imag[use], color=FIT, zorder=3)
    for good, style in ((True, _points(small)), (False, _crosses(small))):
        use = (drawn.good == good) & (drawn.frequency_Hz >= lowest_Hz)
        ax.plot(drawn.z.real[use], -drawn.z.imag[use], **style)
    if not small:
        marks = np.array(list(decade_marks(drawn.frequency_Hz, drawn.z, lowest_Hz).values()))
        ax.plot(marks.real, -marks.imag, marker="o", color=INK, markersize=4.2, linestyle="", zorder=5)
    ax.axhline(0, color="#9aa5b1", linewidth=0.8, zorder=0)
    x0, x1, y0, y1 = nyquist_frame(drawn, lowest_Hz)
    ax.set_aspect("equal", adjustable="box", anchor="NW")
    ax.set(xlim=(x0, x1), ylim=(y0, y1), xlabel=f"Re Z / {drawn.unit}", ylabel=f"−Im Z / {drawn.unit}")
    ax.locator_params(axis="y", nbins=max(3, round(7 * (y1 - y0) / (x1 - x0))))


def nyquist_frame(drawn: Drawn, lowest_Hz: float = 0.0) -> tuple[float, float, float, float]:
    """x0, x1, y0, y1 around the points and the curve between them; a flat or narrow one is given some room."""
    shown = [drawn.z[drawn.frequency_Hz >= lowest_Hz]]
    if drawn.curve is not None:
        f, z = drawn.curve
        shown.append(z[(f >= max(lowest_Hz, drawn.frequency_Hz.min())) & (f <= drawn.frequency_Hz.max())])
    z = np.concatenate(shown)
    (x0, x1), (y0, y1) = _with_margin(z.real), _with_margin(-z.imag)
    # The real axis belongs to the picture where it is near.
    if y0 > 0 and y0 < 0.5 * (y1 - y0):
        y0 = -0.04 * y1
    missing = FLATTEST * (x1 - x0) - (y1 - y0)
    if missing > 0:
        y0, y1 = y0 - 0.15 * missing, y1 + 0.85 * missing
    missing = (y1 - y0) / TALLEST - (x1 - x0)
    if missing > 0:
        x0, x1 = x0 - 0.3 * missing, x1 + 0.7 * missing
    return x0, x1, y0, y1


def name_decades(ax: Axes, drawn: Drawn, lowest_Hz: float = 0.0) -> None:
    """Names of the marks at whole decades, where they have room; `canvas.settle` the figure first."""
    marks = decade_marks(drawn.frequency_Hz, drawn.z, lowest_Hz)
    order = np.argsort(drawn.frequency_Hz)
    f, z = drawn.frequency_Hz[order], drawn.z[order]
    points = np.stack([z.real, -z.imag], axis=1)[f >= lowest_Hz]
    curves = [points]
    if drawn.curve is not None:
        use = drawn.curve[0] >= lowest_Hz
        curves.append(np.stack([drawn.curve[1].real, -drawn.curve[1].imag], axis=1)[use])
    centre = points.mean(axis=0)
    names = []
    for frequency_Hz, at in _far_apart_first(marks):
        behind, ahead = _interpolated(f, z, frequency_Hz * 1.6), _interpolated(f, z, frequency_Hz / 1.6)
        outward = np.array([(ahead - behind).imag, (ahead - behind).real])
        side = 1.0 if outward @ (np.array([at.real, -at.imag]) - centre) >= 0 else -1.0
        across, up = side * outward
        names.append(Name(frequency_words(frequency_Hz), at.real, -at.imag, (float(across), float(up))))
    place_names(ax, names, curves)


def arcs_end_Hz(frequency_Hz: np.ndarray, z: np.ndarray) -> float | None:
    """Where a capacitive arc has closed before the impedance rises on, if the rest dwarfs it; None otherwise."""
    order = np.argsort(-frequency_Hz)
    f, z = frequency_Hz[order], z[order]
    phase = -np.degrees(np.angle(z))
    for k in range(2, f.size - 2):
        closes = phase[k] <= min(phase[k - 2 : k + 3]) and phase[:k].max() > phase[k] + ARC_PHASE_DEG
        if closes and abs(z[-1]) > DWARFED * abs(z[k]):
            beyond = f[np.abs(z) <= 1.6 * abs(z[k])]
            return float(beyond.min())
    return None


def decade_marks(frequency_Hz: np.ndarray, z: np.ndarray, lowest_Hz: float = 0.0) -> dict[float, complex]:
    """Powers of ten inside the measured range, highest first, with the impedance interpolated over log f."""
    order = np.argsort(frequency_Hz)
    log_f, z = np.log10(frequency_Hz[order]), z[order]
    low, high = max(log_f[0], np.log10(lowest_Hz) if lowest_Hz else -np.inf), log_f[-1]
    decades = np.arange(np.floor(high + 1e-9), np.ceil(low - 1e-9) - 1, -1)
    return {float(10.0**d): complex(np.interp(d, log_f, z.real), np.interp(d, log_f, z.imag)) for d in decades}


def draw_modulus(ax: Axes, drawn: Drawn) -> None:
    """|Z| over frequency, both by their logarithm."""
    if drawn.curve is not None:
        ax.plot(drawn.curve[0], np.abs(drawn.curve[1]), color=FIT, zorder=3)
    _over_frequency(ax, drawn, np.abs(drawn.z))
    ax.set_yscale("log")
    log_ticks(ax)
    ax.set_ylabel(f"|Z| / {drawn.unit}")


def draw_phase(ax: Axes, drawn: Drawn) -> None:
    """−phase in degrees over frequency: capacitive is up, as in the Nyquist plot."""
    if drawn.curve is not None:
        ax.plot(drawn.curve[0], -np.degrees(np.angle(drawn.curve[1])), color=FIT, zorder=3)
    _over_frequency(ax, drawn, -np.degrees(np.angle(drawn.z)))
    ax.set_ylabel("−Phase / °")


def nyquist_handles(left_out: str, *, curve: str = "") -> list[Any]:
    """Legend entries of measured points; left_out: words for the crosses, '' where there are none."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], label="measured", **_points(False))]
    if left_out:
        handles.append(Line2D([], [], label=left_out, **_crosses(False)))
    if curve:
        handles.append(Line2D([], [], color=FIT, label=curve))
    return handles


def prefixed(largest: float, unit: str) -> tuple[float, str]:
    """A factor and unit that keep axis numbers short: 1e3 and 'kΩ' for 12000 Ω."""
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ")):
        if largest >= 2 * factor or factor == 1e-6:
            return factor, prefix + unit
    raise AssertionError


def frequency_words(frequency_Hz: float) -> str:
    """'1 MHz', '50 kHz', '3 mHz'."""
    factor, unit = next(
        ((f, u) for f, u in ((1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz")) if frequency_Hz >= 0.9995 * f),
        (1e-6, "µHz"),
    )
    return f"{few_digits(frequency_Hz / factor)} {unit}"


def few_digits(value: float) -> str:
    """'1.05', '25', '1000': three digits, or all before the point."""
    return f"{value:.3g}" if value < 999.5 else f"{value:.0f}"


def _with_margin(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _far_apart_first(marks: dict[float, complex]) -> list[tuple[float, complex]]:
    """Marks that stand alone before those in a crowd, which may stay without a name."""

    def room(frequency_Hz: float) -> float:
        return min((abs(marks[frequency_Hz] - z) for other, z in marks.items() if other != frequency_Hz), default=0.0)

    return sorted(marks.items(), key=lambda mark: -room(mark[0]))


def _interpolated(frequency_Hz: np.ndarray, z: np.ndarray, at_Hz: float) -> complex:
    """Z over the logarithm of rising frequencies."""
    at, log_f = np.log10(at_Hz), np.log10(frequency_Hz)
    return complex(np.interp(at, log_f, z.real), np.interp(at, log_f, z.imag))


def _points(small: bool) -> dict[str, Any]:
    return {
        "color": MEASURED, "marker": "o", "linestyle": "", "markersize": 2.2 if small else 3.4,
        "markerfacecolor": "none", "markeredgewidth": 0.7 if small else 0.9,
    }  # fmt: skip


def _crosses(small: bool) -> dict[str, Any]:
    return {
        "color": LEFT_OUT, "marker": "x", "linestyle": "", "markersize": 3 if small else 5, "markeredgewidth": 1.1,
        "zorder": 4,
    }  # fmt: skip


def _over_frequency(ax: Axes, drawn: Drawn, values: np.ndarray) -> None:
    for good, style in ((True, _points(False)), (False, _crosses(False))):
        use = drawn.good == good
        ax.plot(drawn.frequency_Hz[use], values[use], **style)
    frequency_axis(ax, drawn.frequency_Hz)


def frequency_axis(ax: Axes, frequency_Hz: np.ndarray) -> None:
    """A logarithmic axis a little wider than the frequencies."""
    low, high = np.log10(frequency_Hz.min()), np.log10(frequency_Hz.max())
    margin = 0.03 * max(high - low, 0.3)
    log_axis_of_words(ax, 10 ** (low - margin), 10 ** (high + margin), frequency_words)
    ax.set_xlabel("Frequency")
