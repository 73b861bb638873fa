"""Panels of a measured spectrum: Nyquist with equal axes and −Im up, Bode modulus and phase, residuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sscell.records import Spectrum
from sscell.report.canvas import INK, MUTED
from sscell.report.fitted.rounding import SUPERSCRIPTS
from sscell.report.palette import SAMPLE_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURED, FIT, LEFT_OUT = "#111111", SAMPLE_COLOURS[1], "#b42318"
REAL, IMAGINARY = SAMPLE_COLOURS[0], SAMPLE_COLOURS[1]
# The arcs get a frame of their own where the whole spectrum is so many times larger.
DWARFED = 8.0
ARC_PHASE_DEG = 5.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """A spectrum to draw: impedance in `unit`, points that are good, and a curve (frequency, impedance) laid over."""

    frequency_Hz: np.ndarray
    z: np.ndarray
    unit: str
    good: np.ndarray
    curve: tuple[np.ndarray, np.ndarray] | None = None


def drawn_from_spectrum(
    spectrum: Spectrum, good: np.ndarray | None = None, curve: tuple[np.ndarray, np.ndarray] | None = None
) -> Drawn:
    """In Ω cm² where the area is known, else in Ω; curve: frequencies and impedance in ohm."""
    scale = spectrum.area_m2 * 1e4 if spectrum.area_m2 is not None else 1.0
    return Drawn(
        frequency_Hz=spectrum.frequency_Hz,
        z=spectrum.impedance_ohm * scale,
        unit="Ω cm²" if spectrum.area_m2 is not None else "Ω",
        good=np.ones(len(spectrum), dtype=bool) if good is None else good,
        curve=(curve[0], curve[1] * scale) if curve is not None else None,
    )


def draw_nyquist(ax: Axes, drawn: Drawn, lowest_Hz: float = 0.0, *, small: bool = False) -> None:
    """Measured points (crosses: not good), the curve, and marks at whole decades; down to a frequency."""
    factor, unit = prefixed(np.abs(drawn.z[drawn.frequency_Hz >= lowest_Hz]).max(), drawn.unit)
    if drawn.curve is not None:
        use = drawn.curve[0] >= lowest_Hz
        ax.plot(drawn.curve[1].real[use] / factor, -drawn.curve[1].imag[use] / factor, color=FIT, zorder=3)
    for good, style in ((True, _points(small)), (False, _crosses(small))):
        use = (drawn.good == good) & (drawn.frequency_Hz >= lowest_Hz)
        ax.plot(drawn.z.real[use] / factor, -drawn.z.imag[use] / factor, **style)
    if not small:
        _mark_decades(ax, drawn, lowest_Hz, factor)
    ax.axhline(0, color="#9aa5b1", linewidth=0.8, zorder=0)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set(xlabel=f"Re Z / {unit}", ylabel=f"−Im Z / {unit}")


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


def draw_residuals(
    ax: Axes, frequency_Hz: np.ndarray, residuals: np.ndarray, good: np.ndarray, limit: np.ndarray | None = None
) -> None:
    """Real and imaginary residuals in percent of |Z|, zero in the middle; limit: the largest that passes."""
    for values, colour, marker in ((residuals.real, REAL, "o"), (residuals.imag, IMAGINARY, "s")):
        ax.plot(frequency_Hz[good], 100 * values[good], color=colour, marker=marker, markersize=3, linestyle="")
        ax.plot(frequency_Hz[~good], 100 * values[~good], color=colour, marker="x", markersize=4.5, linestyle="")
    largest = 100 * max(_robust_peak(residuals, good), 1e-6)
    if limit is not None:
        order = np.argsort(frequency_Hz)
        for sign in (1, -1):
            ax.plot(frequency_Hz[order], sign * 100 * limit[order], color=MUTED, linestyle="--", linewidth=1)
        largest = max(largest, 100 * float(np.median(limit)))
    ax.axhline(0, color="#9aa5b1", linewidth=0.8, zorder=0)
    ax.set_ylim(-1.25 * largest, 1.25 * largest)
    _frequency_axis(ax, frequency_Hz)
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
    _frequency_axis(ax, drawn.frequency_Hz)


def _frequency_axis(ax: Axes, frequency_Hz: np.ndarray) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    ax.set_xscale("log")
    low, high = np.log10(frequency_Hz.min()), np.log10(frequency_Hz.max())
    decades = np.arange(np.ceil(low - 1e-9), np.floor(high + 1e-9) + 1)
    step = max(1, int(np.ceil(decades.size / 6)))
    ax.set_xticks(10.0 ** decades[::step])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: frequency_words(value)))
    margin = 0.03 * max(high - low, 0.3)
    ax.set_xlim(10 ** (low - margin), 10 ** (high + margin))
    ax.tick_params(axis="x", labelsize=8)
    ax.set_xlabel("Frequency")


def log_ticks(ax: Axes) -> None:
    """Ticks at powers of ten; over fewer than two decades at 2 and 5 times them as well, over less than one evenly."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = ax.get_ylim()
    decades = np.log10(high / low)
    if decades < 1:
        ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    else:
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0,) if decades > 2 else (1.0, 2.0, 5.0), numticks=8))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _plain(value)))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _plain(value: float) -> str:
    """1000 as it is, 10⁶ as a power."""
    if 0.01 <= value < 1e5 or value <= 0:
        return f"{value:g}"
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{mantissa}·{power}"


def _robust_peak(residuals: np.ndarray, good: np.ndarray) -> float:
    """Largest part among good points; a few bad ones far out may leave the frame, not squeeze the others."""
    parts = np.abs(np.concatenate([residuals.real, residuals.imag]))
    own = parts[np.concatenate([good, good])]
    inside = float(own.max()) if own.size else 0.0
    return min(float(parts.max()), max(5 * inside, float(np.median(parts))))


def _mark_decades(ax: Axes, drawn: Drawn, lowest_Hz: float, factor: float) -> None:
    """A filled mark at each power of ten, by interpolation, named where there is room."""
    marks = decade_marks(drawn.frequency_Hz, drawn.z / factor, lowest_Hz)
    shown = drawn.z[drawn.frequency_Hz >= lowest_Hz] / factor
    span = max(np.ptp(shown.real), np.ptp(shown.imag), 1e-30)
    named: list[complex] = []
    for frequency_Hz, z in marks.items():
        ax.plot([z.real], [-z.imag], marker="o", color=INK, markersize=4.2, linestyle="", zorder=5)
        if all(abs((z - n).real) > 0.17 * span or abs((z - n).imag) > 0.09 * span for n in named):
            named.append(z)
            step = _towards(drawn, frequency_Hz, factor) - z
            rising = 0 < -step.imag < 3 * step.real
            ax.annotate(
                frequency_words(frequency_Hz), (z.real, -z.imag), xytext=(-4 if rising else 4, 3),
                textcoords="offset points", ha="right" if rising else "left", fontsize=7.5, color=MUTED, zorder=6,
            )  # fmt: skip


def _towards(drawn: Drawn, frequency_Hz: float, factor: float) -> complex:
    """The impedance a little below a frequency: where the curve goes on, so that a name can stand outside it."""
    order = np.argsort(drawn.frequency_Hz)
    at, log_f, z = np.log10(frequency_Hz / 1.6), np.log10(drawn.frequency_Hz[order]), drawn.z[order] / factor
    return complex(np.interp(at, log_f, z.real), np.interp(at, log_f, z.imag))


def decade_marks(frequency_Hz: np.ndarray, z: np.ndarray, lowest_Hz: float = 0.0) -> dict[float, complex]:
    """Powers of ten inside the measured range, highest first, with the impedance interpolated over log f."""
    order = np.argsort(frequency_Hz)
    log_f, z = np.log10(frequency_Hz[order]), z[order]
    low, high = max(log_f[0], np.log10(lowest_Hz) if lowest_Hz else -np.inf), log_f[-1]
    decades = np.arange(np.floor(high + 1e-9), np.ceil(low - 1e-9) - 1, -1)
    return {float(10.0**d): complex(np.interp(d, log_f, z.real), np.interp(d, log_f, z.imag)) for d in decades}
